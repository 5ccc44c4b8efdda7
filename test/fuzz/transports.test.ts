import { deepEqual, ok } from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { concatBytes } from "../../src/bytes/concat.ts";
import { ProtocolError } from "../../src/errors.ts";
import { createClientHandshake } from "../../src/rtmp/handshake/client-handshake.ts";
import { createServerHandshake } from "../../src/rtmp/handshake/server-handshake.ts";
import { createMediaServer } from "../../src/server/media-server.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";
import { Attacker } from "../hostile/attacker.ts";
import { connectBytes, latin1, openTunnel, postBytes, requestBytes } from "../hostile/http-bytes.ts";
import { encodeFrame, Opcode } from "../support/raw-websocket.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { fuzzSettings } from "./fuzz-settings.ts";
import { mutateSession } from "./mutate.ts";
import { Random } from "./random.ts";
import type { SessionParts } from "./session-parts.ts";

/** So many connections at a time. */
const BATCH = 25;
const MAX_CLOSE_MS = 10_000;

/** What clients of tunnels and WebSockets send, a request or frame a piece, and how connections begin. */
function sessionsOf(tunnelId: string): readonly SessionParts[] {
  const rtmp = connectBytes("live");
  const post = (command: string, number: number, body: Uint8Array | string): Uint8Array =>
    postBytes(`/${command}/${tunnelId}/${number}`, body);
  const upgrade = requestBytes([
    "GET /live HTTP/1.1",
    "Host: a",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]);
  const frames = Array.from({ length: 12 }, (_, index) =>
    encodeFrame({ opcode: Opcode.Binary, payload: rtmp.subarray(index * 270, (index + 1) * 270) }),
  );
  return [
    {
      handshake: post("send", 0, rtmp),
      chunks: [
        post("idle", 1, "\0"),
        post("send", 2, "x"),
        post("idle", 2, "\0"),
        post("idle", 3, "\0"),
        post("close", 4, "\0"),
      ],
    },
    {
      handshake: postBytes("/fcs/ident2"),
      chunks: [
        requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"], "1\r\n\0\r\n0\r\n\r\n"),
        requestBytes(["POST /open/1 HTTP/1.0", "Content-Length: 1", "Expect: 100-continue"], "\0"),
        requestBytes(["OPTIONS * HTTP/1.1", "Host: a", "X-Forwarded-For: 192.0.2.1, 127.0.0.1"]),
      ],
    },
    { handshake: upgrade, chunks: frames },
    {
      handshake: upgrade,
      chunks: [
        encodeFrame({ opcode: Opcode.Binary, payload: rtmp.subarray(0, 1000), isFinal: false }),
        encodeFrame({ opcode: Opcode.Ping, payload: latin1("ping") }),
        encodeFrame({ opcode: Opcode.Continuation, payload: rtmp.subarray(1000) }),
        encodeFrame({ opcode: Opcode.Close, payload: Uint8Array.of(3, 232) }),
      ],
    },
    {
      handshake: latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935\r\n"),
      chunks: [rtmp],
    },
    {
      handshake: Uint8Array.from([13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12]),
      chunks: [new Uint8Array(12).fill(9), rtmp],
    },
    { handshake: Uint8Array.from([0x16, 3, 1, 0, 80, 1, 0, 0, 76, 3, 3]), chunks: [new Uint8Array(74)] },
  ];
}

test("whatever becomes of the bytes of tunnels, WebSockets and balancers, the server closes, and lives", async (t) => {
  const { rounds, seed } = fuzzSettings(1000);
  const faults: unknown[] = [];
  const server = createMediaServer({
    listen: [
      { host: "127.0.0.1", port: 0 },
      { host: "127.0.0.1", port: 0, proxyProtocolFrom: ["127.0.0.1"], forwardedFrom: ["127.0.0.1"] },
    ],
    tls: { selfSignedFolder: temporaryFolder(t) },
    limits: { maxTunnels: 1_000_000 },
    timeouts: { requestMs: 1000, handshakeMs: 1000, connectMs: 1000, tunnelMs: 1000 },
    log: { debug() {}, info() {}, warn() {}, error: (details, message) => void faults.push(details, message) },
  });
  await server.start();
  t.after(() => server.stop());
  const ports = server.listeners.map(({ port }) => port);
  for (let first = 0; first < rounds; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, rounds - first) }, (_, index) => seed + first + index);
    await Promise.all(batch.map((each) => attempt(ports, new Random(each), each)));
    deepEqual(faults, [], `MILLRACE_FUZZ_SEED=${seed + first} MILLRACE_FUZZ_ROUNDS=${BATCH}`);
  }
});

/** One connection; the server must close it once the client ends, whatever was said before. */
async function attempt(ports: readonly number[], random: Random, seed: number): Promise<void> {
  const opener = new Attacker(ports[0] ?? 0);
  const id = await openTunnel(opener);
  opener.destroy();
  const pieces = mutateSession(sessionsOf(id), random);
  const socket = connect(random.of(ports), "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  const closed = new Promise<true>((resolve) => socket.once("close", () => resolve(true)));
  await Promise.race([once(socket, "connect"), closed]);
  for (const piece of pieces) {
    socket.write(piece);
    if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  const timer = AbortSignal.timeout(MAX_CLOSE_MS);
  const isClosed = await Promise.race([closed, once(timer, "abort").then(() => false)]);
  ok(isClosed, `MILLRACE_FUZZ_SEED=${seed} MILLRACE_FUZZ_ROUNDS=1: the connection is still open`);
}

test("whatever becomes of the bytes of an encrypted handshake, either side goes on or says why not", (t) => {
  const { rounds, seed } = fuzzSettings(1500);
  const outcomes = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const random = new Random(seed + round);
    const client = createClientHandshake({ form: "encrypted", nowMs: 0, crypto: nodeCrypto });
    const server = createServerHandshake({ nowMs: 0, crypto: nodeCrypto });
    const isClientAttacked = random.below(2) === 0;
    const hello = concatBytes(client.takeOutput());
    const outcome = outcomeOf(() => {
      server.push(isClientAttacked ? hello : mutated(hello, random));
      const answer = concatBytes(server.takeOutput());
      client.push(isClientAttacked ? mutated(answer, random) : answer);
      server.push(concatBytes(client.takeOutput()));
      return client.result === undefined || server.result === undefined ? "waits" : "over";
    });
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  for (const [outcome, count] of outcomes) t.diagnostic(`${count} × ${outcome}`);
});

function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const parts: SessionParts = {
    handshake: bytes.subarray(0, 1),
    chunks: [bytes.subarray(1, 9), bytes.subarray(9, 772), bytes.subarray(772, 776), bytes.subarray(776)],
  };
  return concatBytes(mutateSession([parts], random));
}

/** Only what a caller can be told: anything else is a fault of ours. */
function outcomeOf(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}
