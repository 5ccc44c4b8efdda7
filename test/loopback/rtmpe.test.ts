import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { describe, it, test } from "node:test";
import { connectOn } from "../../src/client/connect-on.ts";
import { connect, type NetConnection, playFrom, publishTo } from "../../src/client/index.ts";
import { nodePlatform } from "../../src/client/node-platform.ts";
import type { ClientPlatform } from "../../src/client/platform.ts";
import type { HandshakeCrypto } from "../../src/rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../../src/rtmp/handshake/server-handshake.ts";
import { SWF_VERIFICATION_REQUEST, verifySwfResponse } from "../../src/rtmp/handshake/swf-verification.ts";
import { encodeUserControl } from "../../src/rtmp/message/control.ts";
import { createMediaServer, type MediaServer } from "../../src/server/media-server.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";
import type { CleanUp } from "../support/peer-process.ts";
import { ScriptedServer } from "./scripted-server.ts";

const RTMP = "rtmp://example.org/live";
const RTMPE = "rtmpe://example.org/live";

function startServer(owner: CleanUp, options: MediaServerOptions = {}): MediaServer {
  const server = createMediaServer(options);
  owner.after(() => server.stop());
  return server;
}

/** A connection to the server, in memory. */
function dial(server: MediaServer): ByteStream {
  const [client, end] = memoryStreamPair();
  server.accept(end);
  return client;
}

type Got = { readonly kind: string; readonly timestamp: number; readonly payload: Uint8Array };

/** Plays until so many messages have come. */
async function collect(url: string, stream: ByteStream, count: number): Promise<Got[]> {
  const player = await playFrom(`${url}/key`, { stream });
  const got: Got[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  player.onMessage(({ kind, timestamp, payload }) => {
    got.push({ kind, timestamp, payload: payload.slice() });
    if (got.length === count) resolve();
  });
  await promise;
  await player.close();
  return got;
}

/** A keyframe larger than any buffer, then pictures and sounds. */
function broadcast(): Got[] {
  const messages: Got[] = [];
  for (let index = 0; index < 60; index++) {
    const isVideo = index % 3 === 0;
    const length = index === 0 ? 300_000 : isVideo ? 4000 + index : 200 + index;
    const payload = new Uint8Array(length).fill(index + 1);
    payload.set(isVideo ? [index === 0 ? 0x17 : 0x27, 1] : [0xaf, 1]);
    messages.push({ kind: isVideo ? "video" : "audio", timestamp: index * 20, payload });
  }
  return messages;
}

describe("plain viewers and those of RTMPE watch one broadcast together", () => {
  for (const interleave of ["message", "chunk"] as const) {
    for (const publisherUrl of [RTMP, RTMPE]) {
      it(`interleaved by ${interleave}, published by ${publisherUrl.slice(0, 5)}`, async (t) => {
        const server = startServer(t, { play: { interleave } });
        const sent = broadcast();
        const publisher = await publishTo(`${publisherUrl}/key`, { stream: dial(server) });
        const [first, ...rest] = sent;
        ok(first?.kind === "video");
        publisher.write({ kind: "video", timestamp: first.timestamp, payload: first.payload });
        // Some come while the keyframe is there: what they get first is made of the log too.
        const viewers = [RTMP, RTMPE, RTMP, RTMPE].map((url) => collect(url, dial(server), sent.length));
        for (const { kind, timestamp, payload } of rest) {
          ok(kind === "video" || kind === "audio");
          publisher.write({ kind, timestamp, payload });
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const got of await Promise.all(viewers)) deepEqual(sorted(got), sorted(sent));
        await publisher.close();
      });
    }
  }
});

/** Chunks of sounds may overtake those of pictures. */
function sorted(messages: readonly Got[]): Got[] {
  return messages.toSorted((left, right) => left.timestamp - right.timestamp);
}

for (const type of [6, 8, 9] as const) {
  test(`the client takes version ${type} where the server is set to it, and the hooks know of it`, async (t) => {
    const seen: boolean[] = [];
    const hooks = {
      onConnect: ({ isRtmpe }: { isRtmpe: boolean }): { allow: true } => {
        seen.push(isRtmpe);
        return { allow: true };
      },
    };
    const server = startServer(t, { rtmpe: { type }, hooks });
    const connection = await connect(RTMPE, { stream: dial(server) });
    ok((await connection.ping()) >= 0);
    await connection.close();
    deepEqual(seen, [true]);
  });
}

test("a URL of rtmpe:// never goes on in clear: a server that answers 3 gets no connect", async () => {
  const [stream, far] = memoryStreamPair();
  let received = 0;
  far.start({
    onBytes(bytes) {
      received += bytes.length;
      if (received === 1537) far.write([Uint8Array.of(3), new Uint8Array(3072)]);
    },
    onDrain() {},
    onEnd() {},
    onClose() {},
  });
  await rejects(connect(RTMPE, { stream }), { code: "handshake.version", message: /must not go on in clear/ });
  equal(received, 1537);
});

/** The first so many secrets begin with a zero byte. */
function shortSecrets(count: number): HandshakeCrypto {
  let left = count;
  return {
    ...nodeCrypto,
    modularPower(base, exponent): Uint8Array {
      const power = Uint8Array.from(nodeCrypto.modularPower?.(base, exponent) ?? []);
      const isPublicKey = base.every((byte, index) => byte === (index === 127 ? 2 : 0));
      if (!isPublicKey && left-- > 0) power[0] = 0;
      return power;
    },
  };
}

/** Connects to the server in memory, and notes what each connection sends. */
function platformOf(server: MediaServer, crypto: HandshakeCrypto): ClientPlatform & { readonly dialled: ByteStream[] } {
  const dialled: ByteStream[] = [];
  return {
    ...nodePlatform,
    crypto,
    dialled,
    async openStream(): Promise<ByteStream> {
      const stream = dial(server);
      dialled.push(stream);
      return stream;
    },
  };
}

test("a secret that begins with a zero byte makes the client connect anew, before it has sent C2", async (t) => {
  for (const [shortOnes, connections] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const) {
    const platform = platformOf(startServer(t), shortSecrets(shortOnes));
    const connection: NetConnection = await connectOn(platform, RTMPE);
    equal(platform.dialled.length, connections);
    for (const given of platform.dialled.slice(0, -1)) equal(given.bytesWritten, 1537);
    await connection.close();
  }
});

test("the third such secret is taken as it is, and no fourth connection made", async (t) => {
  const platform = platformOf(startServer(t), shortSecrets(3));
  // The server's secret is another one here: it cannot read what comes.
  await rejects(connectOn(platform, RTMPE, { timeouts: { answerMs: 5000 } }));
  equal(platform.dialled.length, 3);
  ok((platform.dialled[2]?.bytesWritten ?? 0) > 3073);
});

test("a stream of the caller's own is used once: the secret is taken as it is", async (t) => {
  const platform = platformOf(startServer(t), shortSecrets(1));
  const stream = dial(startServer(t));
  await rejects(connectOn(platform, RTMPE, { stream, timeouts: { answerMs: 5000 } }));
  equal(platform.dialled.length, 0);
  ok(stream.bytesWritten > 3073);
});

const SWF = { hash: new Uint8Array(32).fill(5), byteLength: 4321 };

test("the client answers the request for its SWF file, with the handshake of either kind", async () => {
  for (const [url, form] of [
    [RTMP, "digest"],
    [RTMPE, "encrypted"],
  ] as const) {
    const handshake = createServerHandshake({ nowMs: 0, crypto: nodeCrypto });
    const server = new ScriptedServer({ handshake });
    const connection = await connect(url, { stream: server.clientStream, swf: SWF });
    server.send(encodeUserControl({ kind: "swf-verify-request", data: SWF_VERIFICATION_REQUEST }));
    await connection.publish("key");
    const tail = handshake.result?.serverSignatureTail;
    ok(tail, form);
    const [response] = server.controls.filter(({ kind }) => kind === "swf-verify-response");
    ok(response?.kind === "swf-verify-response");
    equal(verifySwfResponse(response.data, [SWF], tail, nodeCrypto), SWF);
    await connection.close();
  }
});

test("another SWF file is cut off by our server, which says why", async (t) => {
  const server = startServer(t, { swfVerification: { allowed: [SWF] } });
  for (const url of [RTMP, RTMPE]) {
    const right = await playFrom(`${url}/key`, { stream: dial(server), swf: SWF });
    const wrong = await playFrom(`${url}/key`, { stream: dial(server), swf: { ...SWF, byteLength: 1 } });
    const { description } = await wrong.ended;
    ok(description.includes("SWF file that is not allowed"), description);
    await right.close();
    equal((await right.ended).kind, "closed");
  }
});

test("a client without `swf` is told why it is cut off, and notes for itself that it was asked", async (t) => {
  const warnings: string[] = [];
  const log = { debug() {}, warn: (_: object, text: string): void => void warnings.push(text) };
  const server = startServer(t, { swfVerification: { allowed: [SWF] }, timeouts: { swfVerificationMs: 100 } });
  const stream = dial(server);
  const player = await playFrom(`${RTMP}/key`, { stream, handshake: "digest", log });
  const { description } = await player.ended;
  ok(description.includes("did not prove its SWF file within 100 ms"), description);
  deepEqual(warnings, ["the server asks for an SWF file, and no `swf` was given"]);
  await rejects(playFrom(`${RTMP}/key`, { stream: dial(server) }), /handshake is not signed/);
});
