import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { RtmpPeer, settle } from "../../test/support/rtmp-peer.ts";
import { player, publisher, TestServer } from "../../test/support/test-server.ts";
import { hex } from "../bytes/hex.ts";
import type { ProtocolErrorCode } from "../errors.ts";
import { encodeStandalone, standaloneLength } from "../rtmp/chunk/standalone-message.ts";
import { memoryStreamPair } from "../transport/memory-stream.ts";
import { ALLOW, type StreamRequest } from "./hooks.ts";
import { createMediaServer } from "./media-server.ts";
import type { ServerTimeouts } from "./options.ts";

const keyframe = hex`17 01 000000 00000001 65`;
const interFrame = hex`27 01 000000 00000001 41`;

async function connected(server: TestServer): Promise<RtmpPeer> {
  const peer = server.connect();
  peer.connect("live");
  await settle();
  peer.take();
  return peer;
}

function hasClosedWith(server: TestServer, code: ProtocolErrorCode): boolean {
  return server.log.some((line) => line.startsWith("warn") && line.includes(`"code":"${code}"`));
}

/** A whole message of an unknown type, on any chunk stream, in chunks of 128 bytes. */
function messageOf(length: number, chunkStreamId: number): Uint8Array {
  const bytes = new Uint8Array(standaloneLength(length, 0, 128, chunkStreamId));
  const message = { type: 77, timestamp: 0, streamId: 0, payload: new Uint8Array(length) };
  encodeStandalone(bytes, 0, message, chunkStreamId, 128);
  return bytes;
}

describe("connections", () => {
  for (const limits of [{ maxConnections: 2 }, { maxConnectionsPerAddress: 2 }]) {
    test(`${Object.keys(limits).join()}: two are served, the third is closed, and another when one has left`, async (t) => {
      const server = createMediaServer({ limits });
      t.after(() => server.stop());
      const peers = Array.from({ length: 3 }, () => {
        const [near, far] = memoryStreamPair();
        server.accept(near);
        return new RtmpPeer(far);
      });
      const connect = async (peer: RtmpPeer): Promise<string> => {
        peer.connect("live");
        await settle();
        return peer.take().at(-1) ?? "";
      };
      const served = "_result 1 NetConnection.Connect.Success";
      deepEqual(await Promise.all(peers.map(connect)), [served, served, "closed"]);
      peers[0]?.stream.destroy();
      await settle();
      const [near, far] = memoryStreamPair();
      server.accept(near);
      equal(await connect(new RtmpPeer(far)), served);
    });
  }
});

describe("messages", () => {
  test("maxMessageBytes: 5000 pass, 5001 do not", async () => {
    const server = new TestServer({ limits: { maxMessageBytes: 5000 } });
    const peer = await connected(server);
    peer.stream.write([messageOf(5000, 9)]);
    await settle();
    deepEqual(peer.take(), []);
    peer.stream.write([messageOf(5001, 9)]);
    await server.pass(500);
    ok(hasClosedWith(server, "chunk.message-limit"));
  });

  test("maxChunkStreams: five pass, the sixth does not", async () => {
    // The handshake's peer has used number 3, for connect.
    const server = new TestServer({ limits: { maxChunkStreams: 5 } });
    const peer = await connected(server);
    for (const id of [60, 61, 62, 63]) peer.stream.write([messageOf(1, id)]);
    await settle();
    ok(!hasClosedWith(server, "chunk.stream-limit"));
    peer.stream.write([messageOf(1, 59)]);
    await settle();
    ok(hasClosedWith(server, "chunk.stream-limit"));
  });

  test("maxPartialBytes: 6000 pass, one more does not", async () => {
    const server = new TestServer({ limits: { maxPartialBytes: 6000 } });
    const peer = await connected(server);
    const begun = messageOf(6001, 60);
    peer.stream.write([begun.subarray(0, -1)]);
    await settle();
    ok(!hasClosedWith(server, "chunk.partial-limit"));
    peer.stream.write([messageOf(10, 61).subarray(0, -1)]);
    await settle();
    ok(hasClosedWith(server, "chunk.partial-limit"));
  });
});

describe("commands", () => {
  test("maxNetStreams: three are created, the fourth is not", async () => {
    const server = new TestServer({ limits: { maxNetStreams: 3 } });
    const peer = await connected(server);
    for (let id = 2; id <= 4; id++) peer.command("createStream", id, 0);
    await settle();
    deepEqual(peer.take(), ["_result 2", "_result 3", "_result 4"]);
    peer.command("createStream", 5, 0);
    await settle();
    ok(hasClosedWith(server, "session.stream-limit"));
  });

  test("maxCommandsPerSecond: twice as many at once, then so many a second, and not one more", async () => {
    const server = new TestServer({ limits: { maxCommandsPerSecond: 10 } });
    const peer = server.connect();
    peer.connect("live");
    await server.pass(1000);
    await server.pass(1000);
    for (let count = 0; count < 20; count++) peer.command("_checkbw", 0, 0);
    await settle();
    await server.pass(1000);
    for (let count = 0; count < 10; count++) peer.command("_checkbw", 0, 0);
    await settle();
    ok(!hasClosedWith(server, "session.flood"), server.log.join("\n"));
    peer.command("_checkbw", 0, 0);
    await settle();
    ok(hasClosedWith(server, "session.flood"));
  });

  for (const interleave of ["message", "chunk"] as const) {
    test(`maxUnreadReplyBytes, by ${interleave}: what a client leaves unread ends it one answer beyond`, async () => {
      const ask = async (maxUnreadReplyBytes: number): Promise<number> => {
        const limits = { maxUnreadReplyBytes, maxCommandsPerSecond: 100_000 };
        const server = new TestServer({ limits, play: { interleave } });
        const peer = await connected(server);
        peer.stream.pause();
        let asked = 0;
        while (!hasClosedWith(server, "session.reply-limit") && asked < 20_000) {
          peer.command("_checkbw", 7, 0);
          asked++;
          await settle();
        }
        return asked;
      };
      const [few, more] = [await ask(4096), await ask(8192)];
      // An answer of 21 bytes takes one more on the wire, and counts 64 more in the queue.
      const answersIn4096 = 4096 / (interleave === "message" ? 22 : 21 + 64);
      ok(Math.abs(more - few - answersIn4096) < 1, `${few} answers, then ${more}`);
    });
  }
});

describe("names", () => {
  test("maxNameBytes: ten bytes pass, eleven do not, by bytes and not by characters", async () => {
    const server = new TestServer({ limits: { maxNameBytes: 10 } });
    ok((await player(server, "12345")).take().includes("onStatus/1 NetStream.Play.Start"));
    ok((await player(server, "///12345///")).take().includes("onStatus/1 NetStream.Play.Start"));
    const refused = await player(server, "123456");
    ok(refused.take().includes("onStatus/1 NetStream.Play.StreamNotFound"));
    match(refused.lastDescription, /longer than 10 bytes/);
    ok((await player(server, "äää")).take().includes("onStatus/1 NetStream.Play.StreamNotFound"));
  });

  test("maxNameBytes: an application that is too long is refused at once, and not logged", async () => {
    const server = new TestServer({ limits: { maxNameBytes: 10 } });
    const peer = server.connect();
    peer.connect("a".repeat(10));
    await settle();
    deepEqual(peer.take(), ["_result 1 NetConnection.Connect.Success"]);
    const late = server.connect();
    late.connect("a".repeat(11));
    await settle();
    deepEqual(late.take(), ["_error 1 NetConnection.Connect.Rejected"]);
    match(late.lastDescription, /longer than 10 bytes/);
    ok(!server.log.join().includes("aaaaaaaaaaa"));
  });

  test("maxQueryBytes: ten bytes pass, eleven do not", async () => {
    const server = new TestServer({ limits: { maxQueryBytes: 10 } });
    ok((await player(server, "key?token=1234")).take().includes("onStatus/1 NetStream.Play.Start"));
    for (const key of ["key?token=12345", "key?token=12ä3"]) {
      const refused = await player(server, key);
      ok(refused.take().includes("onStatus/1 NetStream.Play.StreamNotFound"));
      match(refused.lastDescription, /query is longer than 10 bytes/);
    }
  });

  test("maxBroadcasts: two names are waited for, the third is refused until one is forgotten", async () => {
    const server = new TestServer({ limits: { maxBroadcasts: 2 } });
    const first = await player(server, "a");
    await player(server, "b");
    const refused = await player(server, "c");
    ok(refused.take().includes("onStatus/1 NetStream.Play.StreamNotFound"));
    match(refused.lastDescription, /too many broadcasts/);
    first.stream.destroy();
    await settle();
    ok((await player(server, "d")).take().includes("onStatus/1 NetStream.Play.Start"));
  });

  test("maxBroadcasts: two are published, the third is refused; names that are waited for keep no publisher out", async () => {
    const server = new TestServer({ limits: { maxBroadcasts: 2 } });
    await player(server, "a");
    await player(server, "b");
    ok((await publisher(server, "c")).take().includes("onStatus/1 NetStream.Publish.Start"));
    ok((await publisher(server, "d")).take().includes("onStatus/1 NetStream.Publish.Start"));
    const refused = await publisher(server, "e");
    ok(refused.take().includes("onStatus/1 NetStream.Publish.BadName"));
    match(refused.lastDescription, /too many broadcasts/);
  });

  test("the line of a closed connection names 16 of the streams that it played", async () => {
    const server = new TestServer();
    const peer = await connected(server);
    for (let count = 0; count < 20; count++) peer.command("play", 0, 1, `name ${count}`);
    await settle();
    peer.stream.close();
    await settle();
    const line = server.log.find((entry) => entry.startsWith("info connection closed")) ?? "";
    deepEqual(JSON.parse(line.slice(line.indexOf("{"))).played.length, 16);
  });

  test("what a client calls itself is kept and logged up to 200 characters, and so is a method", async () => {
    const server = new TestServer();
    const peer = server.connect();
    peer.connect("live", { flashVer: "v".repeat(1000) });
    peer.command("m".repeat(1000), 7, 0);
    await settle();
    ok(peer.lastDescription.length < 250);
    equal(server.connections[0]?.info.flashVersion.length, 200);
  });
});

describe("what is kept for newcomers", () => {
  /** What a newcomer gets after a keyframe and as many pictures as fill the log up to this. */
  async function newcomerAfter(
    byteLength: number,
    limits: { maxGopBytes?: number; maxLogMessages?: number },
  ): Promise<number> {
    const server = new TestServer({ limits });
    const source = await publisher(server);
    const rest = new Uint8Array(byteLength - 2 * 12 - keyframe.length);
    rest.set(interFrame);
    source.video(1, 0, keyframe);
    source.video(1, 40, rest);
    await settle();
    return (await player(server)).media.filter(({ type }) => type === 9).length;
  }

  test("maxGopBytes: as many are there, with one more there is nothing but what comes next", async () => {
    equal(await newcomerAfter(10_000, { maxGopBytes: 10_000 }), 2);
    equal(await newcomerAfter(10_001, { maxGopBytes: 10_000 }), 0);
  });

  test("maxLogMessages: as many are there, with one more there is nothing but what comes next", async () => {
    equal(await newcomerAfter(1000, { maxLogMessages: 2 }), 2);
    equal(await newcomerAfter(1000, { maxLogMessages: 1 }), 0);
  });

  test("maxConfigBytes: as many are kept, and with one more the publisher is closed and told why", async () => {
    const server = new TestServer({ limits: { maxConfigBytes: 4096 } });
    const source = await publisher(server);
    const metadata = (length: number): void => source.data(1, 0, "onMetaData", "x".repeat(length));
    // The name takes 13 bytes, the string 3 more than its text, the entry 512.
    metadata(4096 - 512 - 13 - 3);
    await settle();
    ok(!hasClosedWith(server, "publish.config-limit"));
    metadata(4096 - 512 - 13 - 3 + 1);
    await settle();
    ok(hasClosedWith(server, "publish.config-limit"));
    ok(source.take().includes("onStatus/1 NetStream.Failed"));
  });
});

describe("times", () => {
  const quiet = { pingIntervalMs: 1_000_000, idleMs: 1_000_000, publisherSilenceMs: 1_000_000 };
  const never = (): Promise<never> => new Promise(() => {});

  /** A client that does what the limit is about, at the server's time 1000. */
  type Silence = {
    readonly limit: keyof ServerTimeouts;
    readonly code: ProtocolErrorCode;
    begin(server: TestServer): unknown;
  };
  const silences: readonly Silence[] = [
    { limit: "connectMs", code: "timeout.connect", begin: (server) => server.connect() },
    { limit: "idleMs", code: "timeout.idle", begin: (server) => player(server) },
    { limit: "publisherSilenceMs", code: "timeout.publisher", begin: (server) => publisher(server) },
    { limit: "hookMs", code: "timeout.hook", begin: (server) => player(server) },
  ];
  for (const { limit, code, begin } of silences) {
    test(`${limit}: 4000 ms pass, more does not`, async () => {
      const hooks = limit === "hookMs" ? { onPlay: never } : {};
      const server = new TestServer({ timeouts: { ...quiet, [limit]: 4000 }, hooks });
      begin(server);
      await settle();
      await server.pass(4000);
      ok(!hasClosedWith(server, code));
      await server.pass(500);
      ok(hasClosedWith(server, code), server.log.join("\n"));
    });
  }

  test("hookMs holds before connect is answered too, and no other deadline counts meanwhile", async () => {
    const server = new TestServer({ timeouts: { hookMs: 20_000, connectMs: 1000 }, hooks: { onConnect: never } });
    const peer = server.connect();
    peer.connect("live");
    await settle();
    await server.pass(20_000);
    deepEqual(peer.take(), []);
    await server.pass(500);
    deepEqual(peer.take(), ["closed"]);
    ok(hasClosedWith(server, "timeout.hook"));
  });

  test("a client is not blamed for the time that a hook took", async () => {
    const { promise, resolve } = Promise.withResolvers<{ allow: true }>();
    const hooks = {
      onPublish: (request: StreamRequest) => (request.streamKey === "late" ? promise : ALLOW),
    };
    const server = new TestServer({ timeouts: { publisherSilenceMs: 2000, pingIntervalMs: 1_000_000 }, hooks });
    const source = await publisher(server);
    source.command("publish", 0, 2, "late");
    await settle();
    await server.pass(10_000);
    resolve({ allow: true });
    await settle();
    await server.pass(2000);
    ok(!hasClosedWith(server, "timeout.publisher"));
    await server.pass(500);
    ok(hasClosedWith(server, "timeout.publisher"));
  });

  test("pingIntervalMs: a client is pinged when it was silent for so long", async () => {
    const server = new TestServer({ timeouts: { pingIntervalMs: 3000 } });
    const peer = await connected(server);
    const { bytesRead } = peer.stream;
    await server.pass(2500);
    equal(peer.stream.bytesRead, bytesRead);
    await server.pass(500);
    ok(peer.stream.bytesRead > bytesRead);
  });

  test("blockedTimeoutMs: a viewer may take nothing for so long, and not longer", async () => {
    const server = new TestServer({ timeouts: quiet, play: { blockedTimeoutMs: 3000 } });
    const source = await publisher(server);
    const stuck = await player(server);
    stuck.stream.pause();
    source.video(1, 0, keyframe);
    await settle();
    // The first look finds bytes that were taken, and the second none.
    await server.pass(1000 + 3000);
    ok(!hasClosedWith(server, "viewer.slow"));
    await server.pass(500);
    ok(hasClosedWith(server, "viewer.slow"));
  });
});
