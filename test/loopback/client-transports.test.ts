import { equal, match, ok, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it, type TestContext, test } from "node:test";
import { type ConnectOptions, connect } from "../../src/client/index.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { type Certificate, createCertificate } from "../support/certificates.ts";
import { clientPlay, clientPublish } from "../support/client.ts";
import { compareTags } from "../support/compare-tags.ts";
import { startCuttingRelay } from "../support/cutting-relay.ts";
import { flvTags } from "../support/flv-tags.ts";
import { startHttpProxy } from "../support/http-proxy.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SCHEMES: readonly RtmpScheme[] = ["rtmps", "rtmpt", "rtmpts", "rtmpte", "wss"];
const CLIPS: readonly ClipName[] = ["h264-aac", "aac-only"];

let certificate: Certificate;
let trusting: ConnectOptions;
before(async () => {
  certificate = await createCertificate(["localhost", "127.0.0.1", "example.org"]);
  trusting = { tls: { ca: certificate.cert } };
});

/** A server that takes every scheme on one port. */
async function startServer(
  t: TestContext,
  options: Omit<MediaServerOptions, "listen" | "log"> = {},
): Promise<LiveServer> {
  const certificateFile = join(temporaryFolder(t), "server.pem");
  writeFileSync(certificateFile, certificate.cert + certificate.key);
  return await startLiveServer(t, { ...options, tls: { certificates: [{ certificateFile }] } });
}

describe("what the client carries by other ways arrives bit by bit, and mixes with plain TCP", {
  concurrency: 2,
}, () => {
  for (const scheme of SCHEMES) {
    for (const name of CLIPS) {
      for (const interleave of ["message", "chunk"] as const) {
        it(`${scheme}, ${name}, ${interleave} by ${interleave}`, async (t) => {
          const live = await startServer(t, { play: { interleave } });
          const url = live.url("live/key", scheme);
          const tags = flvTags(clip(name));
          const played = [clientPlay(t, url, trusting), clientPlay(t, live.url())];
          await live.until("playing", 2);
          await clientPublish(t, url, tags, { ...trusting, interleave });
          for (const received of await Promise.all(played)) {
            compareTags(tags, received, { untilEnd: true, sameOrder: interleave === "message" });
          }
        });
      }
    }
  }
});

test("RTMPE goes inside RTMPT over HTTPS", async (t) => {
  const live = await startServer(t);
  const options = { ...trusting, handshake: "encrypted" } as const;
  const tags = flvTags(clip("aac-only"));
  const played = clientPlay(t, live.url("live/key", "rtmpts"), options);
  await live.until("playing");
  await clientPublish(t, live.url("live/key", "rtmpts"), tags, options);
  compareTags(tags, await played, { untilEnd: true, sameOrder: true });
});

test("a tunnel loses nothing while its connections break again and again", async (t) => {
  const live = await startServer(t);
  // A connection carries one answer of 64 KiB and one request of 256 KiB whole, so that what is repeated arrives.
  const relay = await startCuttingRelay(t, live.port, { fromServer: 150_000, fromClient: 600_000 });
  const url = `rtmpt://127.0.0.1:${relay.port}/live/key`;
  const tags = flvTags(clip("h264-aac-4s-gop"));
  const played = [clientPlay(t, url), clientPlay(t, url)];
  await live.until("playing", 2);
  await clientPublish(t, url, tags);
  for (const received of await Promise.all(played)) {
    compareTags(tags, received, { untilEnd: true, sameOrder: true });
  }
  ok(relay.cuts > 2, `${relay.cuts} connections broke`);
});

test("the proxies of the environment carry tunnels and WebSockets, and leave other ways alone", async (t) => {
  const live = await startServer(t);
  const redirectTo = { host: "127.0.0.1", port: live.port };
  const http = await startHttpProxy(t, { redirectTo, credentials: "me:secret" });
  const https = await startHttpProxy(t, { redirectTo });
  setEnvironment(t, {
    http_proxy: `http://me:secret@${http.address}`,
    https_proxy: `http://${https.address}`,
    no_proxy: "example.com",
  });
  for (const scheme of ["rtmpt", "rtmpts", "rtmpte", "ws", "wss"] as const) {
    const connection = await connect(`${scheme}://example.org/live`, trusting);
    await connection.close();
  }
  equal(http.requests[0], "POST http://example.org/open/1");
  equal(http.requests.at(-1), "CONNECT example.org:80");
  equal(https.requests.join(), "CONNECT example.org:443,CONNECT example.org:443");
  const sofar = http.requests.length;
  for (const scheme of ["rtmp", "rtmps", "rtmpt", "ws"] as const) {
    const connection = await connect(live.url("live", scheme), trusting);
    await connection.close();
  }
  equal(http.requests.length, sofar);
  const connection = await connect("rtmpt://example.com/live", { httpProxy: `me:secret@${http.address}` });
  await connection.close();
  ok(http.requests.includes("POST http://example.com/open/1"));
  await rejects(
    connect("rtmpt://example.org/live", { httpProxy: http.address }),
    /cannot open a tunnel to http:\/\/example\.org:80: it answers 407 .*the HTTP proxy wants user and password/,
  );
  await rejects(
    connect("wss://example.org/live", { httpProxy: http.address }),
    /the HTTP proxy 127\.0\.0\.1:\d+ refused example\.org:443: 407 /,
  );
});

function setEnvironment(t: TestContext, settings: Readonly<Record<string, string>>): void {
  const previous = { ...process.env };
  Object.assign(process.env, settings);
  t.after(() => {
    for (const name of Object.keys(settings)) delete process.env[name];
    Object.assign(process.env, previous);
  });
}

test("the tcUrl has the scheme of the URL, and the server sees how the client came", async (t) => {
  const seen: string[] = [];
  const live = await startServer(t, {
    hooks: {
      onConnect({ tcUrl }) {
        seen.push(tcUrl.replace(/:\d+\//, "/"));
        return { allow: true };
      },
    },
  });
  for (const scheme of SCHEMES) await (await connect(live.url("live", scheme), trusting)).close();
  equal(seen.join(), SCHEMES.map((scheme) => `${scheme}://127.0.0.1/live`).join());
});

test("a certificate that nobody vouches for is refused on every way with TLS, or accepted on request", async (t) => {
  const live = await startServer(t);
  for (const scheme of ["rtmps", "rtmpts", "wss"] as const) {
    await rejects(connect(live.url("live", scheme)), /its certificate is self-signed\. Name it in tls\.caFile/);
    const connection = await connect(live.url("live", scheme), { tls: { insecure: true } });
    await connection.close();
  }
});

test("a publisher in a tunnel that leaves is gone at once", async (t) => {
  const live = await startServer(t);
  const connection = await connect(live.url("live", "rtmpt"));
  const stream = await connection.publish("key");
  stream.write({ kind: "audio", timestamp: 0, payload: Uint8Array.of(0xaf, 1, 2) });
  await live.until("publishing");
  await connection.close();
  await live.until("connection closed");
  const closed = live.lines.find(({ message }) => message === "connection closed");
  match(JSON.stringify(closed?.details), /"the client ended the connection"/);
});

test("a server that ends a tunnel tells its client why", async (t) => {
  const live = await startServer(t);
  const connection = await connect(live.url("live", "rtmpt"));
  await live.server.drain();
  const { description } = await connection.closed;
  match(description, /NetConnection\.Connect\.AppShutdown/);
});
