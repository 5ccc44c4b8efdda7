import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { ListenerInfo } from "../server/media-server.ts";
import { RTMP_SCHEMES } from "../transport/rtmp-url.ts";
import type { NetworkAddress } from "./server-urls.ts";
import { describeStartUp, type RunningServer, type StartUp, startUpJson, startUpOf } from "./start-up.ts";

const ADDRESSES: readonly NetworkAddress[] = [
  { name: "lo", address: "127.0.0.1", family: "IPv4", internal: true },
  { name: "eth0", address: "2001:db8::7", family: "IPv6", internal: false },
  { name: "eth0", address: "192.0.2.7", family: "IPv4", internal: false },
];

const ANYWHERE: ListenerInfo = { protocol: "rtmp", host: "::", port: 1935, accepts: RTMP_SCHEMES };
const PLAIN: ListenerInfo = { protocol: "rtmp", host: "127.0.0.1", port: 1935, accepts: ["rtmp"] };

function start(server: Partial<RunningServer>, addresses: readonly NetworkAddress[] = []): StartUp {
  return startUpOf(
    { version: "1.2.3", listeners: [PLAIN], workers: 1, media: { flv: true, hls: true }, ...server },
    addresses,
  );
}

function textOf(startUp: StartUp): string {
  return describeStartUp(startUp, (_format, words) => words);
}

test("several processes are told of, for people and for programs", () => {
  const startUp = start({ workers: 4 });
  equal(textOf(startUp).split("\n")[0], "millrace 1.2.3 takes RTMP on 127.0.0.1:1935, in 4 processes");
  equal(JSON.parse(startUpJson(startUp)).workers, 4);
});

test("people get the server, the key, a test picture, a player, the demo, and the other ways in", () => {
  const accepts = RTMP_SCHEMES.filter((scheme) => !["rtmps", "rtmpts", "wss"].includes(scheme));
  equal(
    textOf(start({ listeners: [{ ...ANYWHERE, accepts }] }, ADDRESSES)),
    `millrace 1.2.3 takes RTMP on [::]:1935

Publish to it (OBS: Settings, Stream, Service: Custom):
  server      rtmp://127.0.0.1:1935/live      on this machine
              rtmp://192.0.2.7:1935/live      from the network, by eth0
              rtmp://[2001:db8::7]:1935/live  from the network, by eth0
  stream key  test

Send a test picture:
  ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440 -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60 -c:a aac -f flv rtmp://127.0.0.1:1935/live/test

  Or run npx millrace demo instead of this: it sends a clip without an encoder.

Play it, in any RTMP player:
  rtmp://127.0.0.1:1935/live/test
  ffplay -fflags nobuffer rtmp://127.0.0.1:1935/live/test

Other ways in:
  rtmpt://127.0.0.1:1935/live  inside HTTP, where nothing else passes
  ws://127.0.0.1:1935/live     RTMP in a WebSocket, for players in browsers
  rtmpe://127.0.0.1:1935/live  for old players; its encryption protects nothing

Ctrl+C stops the server.

`,
  );
});

test("with a certificate there is RTMPS, and what clients must be told of one that nobody vouches for", () => {
  const web: ListenerInfo = { protocol: "rtmp", host: "::", port: 443, accepts: ["rtmps", "wss"] };
  const listeners: readonly ListenerInfo[] = [PLAIN, web];
  const known = textOf(start({ listeners }));
  ok(known.startsWith("millrace 1.2.3 takes RTMP on 127.0.0.1:1935, [::]:443\n"));
  const section = `
Other ways in:
  rtmps://127.0.0.1:443/live  encrypted, by TLS
  wss://127.0.0.1:443/live    RTMP in a WebSocket, for players in browsers
`;
  ok(known.includes(`${section}\nCtrl+C`), known);
  const selfSigned = textOf(start({ listeners, selfSignedCertificate: "certificates/self-signed-certificate.pem" }));
  ok(selfSigned.includes(`${section}  The certificate is self-signed. FFmpeg takes it as it is;`), selfSigned);
  ok(selfSigned.includes('needs tls: { caFile: "certificates/self-signed-certificate.pem" }.\n\nCtrl+C'), selfSigned);
});

test("who serves by HTTP says where, with as much as is on", () => {
  const listeners: readonly ListenerInfo[] = [PLAIN, { ...PLAIN, port: 8080, accepts: ["http"] }];
  const { flv, hls } = start({ listeners });
  deepEqual([flv, hls], ["http://127.0.0.1:8080/live/test.flv", "http://127.0.0.1:8080/live/test/index.m3u8"]);
  const text = textOf(start({ listeners, media: { flv: false, hls: true }, demoKey: "demo" }));
  ok(
    text.includes(
      "\nPlay it by HTTP:\n  http://127.0.0.1:8080/live/demo/index.m3u8  HLS: for every browser, phone and TV\n\n",
    ),
  );
  ok(!textOf(start({ listeners, media: { flv: false, hls: false } })).includes("by HTTP:"));
});

test("a listener for one way has no others", () => {
  ok(!textOf(start({})).includes("Other ways"));
});

test("no line but those to copy is wider than 80 columns", () => {
  const text = textOf(
    start({ listeners: [ANYWHERE], selfSignedCertificate: "certificates/self-signed-certificate.pem" }, ADDRESSES),
  );
  const wide = text.split("\n").filter((line) => line.length > 80 && !line.startsWith("  ffmpeg "));
  deepEqual(wide, []);
});

test("where FFmpeg has no way in, nothing is said of it", () => {
  const startUp = start({ listeners: [{ ...PLAIN, port: 80, accepts: ["ws"] }] });
  equal(startUp.url, "ws://127.0.0.1:80/live/test");
  deepEqual([startUp.play, startUp.testPicture], [undefined, undefined]);
  equal(
    textOf(startUp),
    `millrace 1.2.3 takes RTMP on 127.0.0.1:80

Publish to it:
  server      ws://127.0.0.1:80/live  on this machine
  stream key  test

Ctrl+C stops the server.

`,
  );
});

test("the demo tells what to play, and nothing about encoders", () => {
  const startUp = start({ demoKey: "demo" });
  equal(startUp.testPicture, undefined);
  equal(startUp.url, "rtmp://127.0.0.1:1935/live/demo");
  const text = textOf(startUp);
  ok(text.includes("A clip is being published, over and over:\n"));
  ok(text.includes("ffplay -fflags nobuffer rtmp://127.0.0.1:1935/live/demo\n"));
  ok(!text.includes("ffmpeg"));
});

test("emphasis is asked for by name, so that it can be left out", () => {
  const text = describeStartUp(start({ listeners: [ANYWHERE] }), (format, words) => `<${format}>${words}</${format}>`);
  ok(text.startsWith("<bold>millrace 1.2.3</bold> takes RTMP"));
  ok(text.includes("stream key  <cyan>test</cyan>"));
  ok(text.includes("<bold>Other ways in:</bold>\n  <cyan>rtmps://127.0.0.1:1935/live</cyan>  <dim>encrypted"));
});

test("programs get one line of JSON with the same", () => {
  const accepts = ["rtmp", "ws"] as const;
  const text = startUpJson(start({ listeners: [{ ...PLAIN, host: "::1", accepts }] }));
  ok(text.endsWith("}\n") && text.indexOf("\n") === text.length - 1);
  const object = JSON.parse(text);
  equal(object.event, "listening");
  deepEqual(object.listeners, [{ protocol: "rtmp", host: "::1", port: 1935, accepts }]);
  deepEqual(object.urls, [
    { scheme: "rtmp", server: "rtmp://[::1]:1935/live", reach: "on this machine" },
    { scheme: "ws", server: "ws://[::1]:1935/live", reach: "on this machine" },
  ]);
  equal(object.url, "rtmp://[::1]:1935/live/test");
  equal(object.play, "ffplay -fflags nobuffer 'rtmp://[::1]:1935/live/test'");
  deepEqual([object.selfSignedCertificate, object.isDemo], [undefined, false]);
});
