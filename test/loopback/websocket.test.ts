import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { connect as connectSocket } from "node:net";
import { describe, it, type TestContext, test } from "node:test";
import { connect, playFrom } from "../../src/client/index.ts";
import type { ConnectionInfo, Decision } from "../../src/server/hooks.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { parseRtmpUrl } from "../../src/transport/rtmp-url.ts";
import { connectWebSocket } from "../../src/transport/websocket/websocket-connect.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { clientPlay, clientPublish } from "../support/client.ts";
import { compareTags } from "../support/compare-tags.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { encodeFrame, Opcode, openRawWebSocket } from "../support/raw-websocket.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type Setting = {
  readonly live: LiveServer;
  readonly port: number;
  readonly url: string;
  dial(): Promise<ByteStream>;
};

async function startSetting(
  t: TestContext,
  options: Omit<MediaServerOptions, "listen" | "log"> = {},
): Promise<Setting> {
  const live = await startLiveServer(t, options);
  const { port } = live;
  const url = `ws://127.0.0.1:${port}/live/key`;
  const target = parseRtmpUrl(url);
  const dial = (): Promise<ByteStream> =>
    connectWebSocket(connectSocket(port, "127.0.0.1"), target, new AbortController());
  return { live, port, url, dial };
}

describe("what goes through WebSockets arrives bit by bit, and mixes with plain TCP", { concurrency: 2 }, () => {
  const clips: readonly ClipName[] = ["h264-aac", "av1-opus", "aac-only"];
  for (const name of clips) {
    for (const interleave of ["message", "chunk"] as const) {
      it(`${name}, ${interleave} by ${interleave}`, async (t) => {
        const { live, url } = await startSetting(t, { play: { interleave } });
        const tags = flvTags(clip(name));
        const played = [clientPlay(t, url), clientPlay(t, live.url())];
        await live.until("playing", 2);
        await clientPublish(t, url, tags, { interleave });
        for (const received of await Promise.all(played)) {
          compareTags(tags, received, { untilEnd: true, sameOrder: interleave === "message" });
        }
      });
    }
  }

  it("inside TLS", async (t) => {
    const transports: string[] = [];
    const onConnect = ({ transport }: ConnectionInfo): Decision => {
      transports.push(transport);
      return { allow: true };
    };
    const options = { tls: { selfSignedFolder: temporaryFolder(t) }, hooks: { onConnect } };
    const { live, port } = await startSetting(t, options);
    const url = `wss://127.0.0.1:${port}/live/key`;
    await rejects(playFrom(url), /its certificate is self-signed/);
    const tls = { insecure: true };
    const tags = flvTags(clip("h264-aac"));
    const played = clientPlay(t, url, { tls });
    await live.until("playing");
    await clientPublish(t, url, tags, { tls });
    compareTags(tags, await played, { untilEnd: true, sameOrder: true });
    deepEqual(transports, ["wss", "wss"]);
  });

  it("in frames of any length, from one byte on", async (t) => {
    const { live, url, dial } = await startSetting(t);
    const tags = flvTags(clip("h264-aac"));
    const played = clientPlay(t, url, { stream: inFrames(await dial(), [1, 2, 3]) });
    await live.until("playing");
    await clientPublish(t, url, tags, { stream: inFrames(await dial(), [1, 7, 125, 126, 127, 1500]) });
    compareTags(tags, await played, { untilEnd: true, sameOrder: true });
  });

  it("in pictures that are longer than a frame may be", async (t) => {
    const { live, url } = await startSetting(t);
    const tags = [5_000_000, 9_000_000].map((length, index): FlvTag => {
      const payload = Buffer.alloc(length, index + 1);
      payload.set([0x17, 1]);
      return { type: "video", timestamp: index * 40, payload };
    });
    const played = clientPlay(t, url);
    await live.until("playing");
    await clientPublish(t, url, tags, { chunkSize: 0xffffff });
    compareTags(tags, await played, { untilEnd: true, minFrames: 2 });
  });
});

/** Sends what is written in frames of these lengths, in turn. */
function inFrames(stream: ByteStream, lengths: readonly number[]): ByteStream {
  let turns = 0;
  const write = (pieces: readonly Uint8Array[]): void => {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        const end = at + (lengths[turns++ % lengths.length] ?? 1);
        stream.write([piece.subarray(at, end)]);
        at = end;
      }
    }
  };
  return {
    transport: stream.transport,
    remoteAddress: stream.remoteAddress,
    get unsentBytes() {
      return stream.unsentBytes;
    },
    get bytesRead() {
      return stream.bytesRead;
    },
    get bytesWritten() {
      return stream.bytesWritten;
    },
    write,
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    close: (graceMs) => stream.close(graceMs),
    destroy: () => stream.destroy(),
    start: (events) => stream.start(events),
  };
}

test("a client that stops in order, and a server that does, are told from a broken line", async (t) => {
  const { live, port } = await startSetting(t);
  const left = await connect(`ws://127.0.0.1:${port}/live`);
  equal((await left.close()).kind, "closed");
  await live.until("connection closed");
  match(String(live.lines.at(-1)?.details["reason"]), /^the client/);

  const drained = await connect(`ws://127.0.0.1:${port}/live`);
  await live.server.drain();
  const { kind, description } = await drained.closed;
  equal(kind, "server");
  match(description, /the server closed the connection: NetConnection\.Connect\.AppShutdown/);

  const other = await startSetting(t);
  const lost = await connect(`ws://127.0.0.1:${other.port}/live`);
  await other.live.server.stop();
  match((await lost.closed).description, /was lost: the connection broke off without a close frame/);
});

test("half a frame, and then nothing, ends when the time for the handshake is over", async (t) => {
  const { live, port } = await startSetting(t, { timeouts: { handshakeMs: 100 } });
  const raw = await openRawWebSocket(t, port);
  const frame = encodeFrame({ opcode: Opcode.Binary, payload: Buffer.alloc(1537, 3) });
  raw.socket.write(frame.subarray(0, 700));
  await raw.rest();
  await live.until("connection closed");
  ok(JSON.stringify(live.lines).includes("timeout.handshake"));
});

test("pings and empty frames are no sign of life", async (t) => {
  const { live, port } = await startSetting(t, { timeouts: { handshakeMs: 100 } });
  const raw = await openRawWebSocket(t, port);
  const timer = setInterval(() => raw.send({ opcode: Opcode.Ping }, { opcode: Opcode.Binary }), 20);
  t.after(() => clearInterval(timer));
  await raw.rest();
  await live.until("connection closed");
  ok(JSON.stringify(live.lines).includes("timeout.handshake"));
});

test("who plays and does not read is found out, as over TCP", async (t) => {
  const { live, url, dial } = await startSetting(t, { play: { blockedTimeoutMs: 300 } });
  const stream = await dial();
  const player = await playFrom(url, { stream });
  stream.pause();
  const tags = Array.from({ length: 400 }, (_, index): FlvTag => {
    const payload = Buffer.alloc(100_000, index);
    payload.set([index % 10 === 0 ? 0x17 : 0x27, 1]);
    return { type: "video", timestamp: index * 40, payload };
  });
  const publisher = clientPublish(t, live.url(), tags);
  await live.until("connection closed", 2);
  await publisher;
  ok(JSON.stringify(live.lines).includes("viewer.slow"));
  stream.resume();
  ok((await player.ended).error instanceof Error);
});

test("what is no RTMP is refused over a WebSocket as over TCP", async (t) => {
  const { live, port } = await startSetting(t);
  const raw = await openRawWebSocket(t, port);
  raw.send({ opcode: Opcode.Binary, payload: Buffer.from("GET / HTTP/1.1\r\n\r\n") });
  await raw.rest();
  await live.until("connection closed");
  const { details } = live.lines.find(({ message }) => message === "connection closed") ?? {};
  match(String(details?.["reason"]), /^handshake\./);
  deepEqual(live.server.connectionCount, 0);
});
