import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { describeStartUp, loopbackUrl, type NetworkAddress, startUpJson, startUpOf } from "./start-up.ts";

const ADDRESSES: readonly NetworkAddress[] = [
  { name: "lo", address: "127.0.0.1", family: "IPv4", internal: true },
  { name: "lo", address: "::1", family: "IPv6", internal: true },
  { name: "eth0", address: "2001:db8::7", family: "IPv6", internal: false },
  { name: "eth0", address: "fe80::7", family: "IPv6", internal: false },
  { name: "eth0", address: "192.0.2.7", family: "IPv4", internal: false },
];

function serversOf(host: string, port = 1935): string[] {
  return startUpOf("1.2.3", [{ protocol: "rtmp", host, port }], ADDRESSES).urls.map(({ server }) => server);
}

test("a listener on every address is reached by loopback and by the network", () => {
  deepEqual(serversOf("::"), [
    "rtmp://127.0.0.1:1935/live",
    "rtmp://192.0.2.7:1935/live",
    "rtmp://[2001:db8::7]:1935/live",
  ]);
  deepEqual(serversOf("0.0.0.0", 2935), ["rtmp://127.0.0.1:2935/live", "rtmp://192.0.2.7:2935/live"]);
});

test("a listener on one address is reached there only", () => {
  deepEqual(serversOf("127.0.0.1"), ["rtmp://127.0.0.1:1935/live"]);
  deepEqual(serversOf("::1"), ["rtmp://[::1]:1935/live"]);
  deepEqual(serversOf("live.example"), ["rtmp://live.example:1935/live"]);
});

test("two listeners do not give the same URL twice", () => {
  const listeners = ["::", "127.0.0.1"].map((host) => ({ protocol: "rtmp", host, port: 1935 }));
  const servers = startUpOf("1.2.3", listeners, []).urls.map(({ server }) => server);
  deepEqual(servers, ["rtmp://127.0.0.1:1935/live"]);
});

test("people get the server, the key, a test picture, a player, and the demo", () => {
  const startUp = startUpOf("1.2.3", [{ protocol: "rtmp", host: "::", port: 1935 }], ADDRESSES);
  const text = describeStartUp(startUp, (_format, words) => words);
  equal(
    text,
    `millrace 1.2.3 takes RTMP on [::]:1935

Publish to it (OBS: Settings, Stream, Service: Custom):
  server      rtmp://127.0.0.1:1935/live      on this machine
              rtmp://192.0.2.7:1935/live      from the network, by eth0
              rtmp://[2001:db8::7]:1935/live  from the network, by eth0
  stream key  test

Send a test picture:
  ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440 -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60 -c:a aac -f flv rtmp://127.0.0.1:1935/live/test

  Or run npx millrace demo instead of this: it sends a clip, without any encoder.

Play it, in any RTMP player:
  rtmp://127.0.0.1:1935/live/test
  ffplay -fflags nobuffer rtmp://127.0.0.1:1935/live/test

Ctrl+C stops the server.

`,
  );
});

test("the demo tells what to play, and nothing about encoders", () => {
  const startUp = startUpOf("1.2.3", [{ protocol: "rtmp", host: "127.0.0.1", port: 1935 }], [], "demo");
  equal(startUp.testPicture, undefined);
  equal(startUp.url, "rtmp://127.0.0.1:1935/live/demo");
  const text = describeStartUp(startUp, (_format, words) => words);
  ok(text.includes("ffplay -fflags nobuffer rtmp://127.0.0.1:1935/live/demo\n"));
  ok(!text.includes("ffmpeg"));
});

test("emphasis is asked for by name, so that it can be left out", () => {
  const startUp = startUpOf("1.2.3", [{ protocol: "rtmp", host: "127.0.0.1", port: 1935 }], []);
  const text = describeStartUp(startUp, (format, words) => `<${format}>${words}</${format}>`);
  ok(text.startsWith("<bold>millrace 1.2.3</bold> takes RTMP"));
  ok(text.includes("stream key  <cyan>test</cyan>"));
});

test("programs get one line of JSON with the same", () => {
  const startUp = startUpOf("1.2.3", [{ protocol: "rtmp", host: "::1", port: 1935 }], []);
  const text = startUpJson(startUp);
  ok(text.endsWith("}\n") && text.indexOf("\n") === text.length - 1);
  const object = JSON.parse(text);
  equal(object.event, "listening");
  deepEqual(object.listeners, [{ protocol: "rtmp", host: "::1", port: 1935 }]);
  deepEqual(object.urls, [{ server: "rtmp://[::1]:1935/live", reach: "on this machine" }]);
  equal(object.url, "rtmp://[::1]:1935/live/test");
  equal(object.play, "ffplay -fflags nobuffer 'rtmp://[::1]:1935/live/test'");
});

test("our own client reaches a server on every address by loopback", () => {
  equal(loopbackUrl({ host: "::", port: 5 }, "live"), "rtmp://127.0.0.1:5/live");
  equal(loopbackUrl({ host: "::1", port: 5 }, "live"), "rtmp://[::1]:5/live");
  equal(loopbackUrl({ host: "192.0.2.1", port: 5 }, "a/b"), "rtmp://192.0.2.1:5/a/b");
});
