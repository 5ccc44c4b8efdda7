import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../../test/support/rtmp-peer.ts";
import { player, publisher, TestServer } from "../../../test/support/test-server.ts";
import { hex, parseHex } from "../../bytes/hex.ts";
import { createClientHandshake } from "../../rtmp/handshake/client-handshake.ts";
import { PRIME } from "../../rtmp/handshake/diffie-hellman.ts";
import { LAYOUT_A, LAYOUT_B, signChallenge } from "../../rtmp/handshake/digest.ts";
import { PLAYER_KEY } from "../../rtmp/handshake/genuine-keys.ts";
import { writePublicKey } from "../../rtmp/handshake/key-exchange.ts";
import { encodeChallenge } from "../../rtmp/handshake/plain.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import { memoryStreamPair } from "../../transport/memory-stream.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import { RtmpConnection } from "./connection.ts";

/** A client of which the test writes the bytes. */
function rawClient(server: TestServer): {
  readonly stream: ByteStream;
  readonly state: { isClosed: boolean; received: number };
} {
  const [near, far] = memoryStreamPair();
  const connection = new RtmpConnection(server.context, near, "raw", () => {});
  server.connections.push(connection);
  connection.start();
  const state = { isClosed: false, received: 0 };
  far.start({
    onBytes: (bytes) => {
      state.received += bytes.length;
    },
    onDrain() {},
    onEnd() {},
    onClose: () => {
      state.isClosed = true;
    },
  });
  return { stream: far, state };
}

const P = BigInt(`0x${Buffer.from(PRIME).toString("hex")}`);

test("hostile keys and digests end their connection at once, with a code, and nobody else's", async () => {
  const server = new TestServer();
  const encoder = await publisher(server);
  const viewer = await player(server, "test", "live", "encrypted");
  for (const layout of [LAYOUT_A, LAYOUT_B]) {
    for (const key of [0n, 1n, P - 1n, P]) {
      const c1 = encodeChallenge(0, 0x80000302, nodeCrypto);
      writePublicKey(c1, layout, parseHex(key.toString(16).padStart(256, "0")));
      signChallenge(c1, layout, PLAYER_KEY, nodeCrypto);
      const { stream, state } = rawClient(server);
      stream.write([hex`06 ${c1}`]);
      await settle();
      deepEqual(state, { isClosed: true, received: 0 });
      match(server.log.splice(0).join("\n"), /"code":"handshake.public-key"/);
    }
  }
  for (const c1 of [new Uint8Array(1536), encodeChallenge(0, 0x80000302, nodeCrypto)]) {
    const { stream, state } = rawClient(server);
    stream.write([hex`06 ${c1}`]);
    await settle();
    deepEqual(state, { isClosed: true, received: 0 });
    match(server.log.splice(0).join("\n"), /"code":"handshake.signature"/);
  }
  encoder.video(1, 40, hex`17 01 000000 65`);
  await settle();
  equal(viewer.media.length, 1);
});

test("a handshake of RTMPE that stops anywhere is closed at its time", async () => {
  const server = new TestServer();
  const [c0c1 = hex``] = createClientHandshake({ form: "encrypted", nowMs: 0, crypto: nodeCrypto }).takeOutput();
  const whole = hex`${c0c1} ${new Uint8Array(1535)}`;
  const clients = [1, 2, 1536, 1537, 1538, 3072].map((length) => {
    const { stream, state } = rawClient(server);
    stream.write([whole.subarray(0, length)]);
    return state;
  });
  await server.pass(9500);
  ok(clients.every(({ isClosed }) => !isClosed));
  await server.pass(1000);
  ok(clients.every(({ isClosed }) => isClosed));
  equal(server.log.filter((line) => line.includes('"code":"timeout.handshake"')).length, clients.length);
});

test("garbage behind the handshake, as by a wrong key, ends the connection for a reason", async () => {
  const server = new TestServer();
  const { stream, state } = rawClient(server);
  const [c0c1 = hex``] = createClientHandshake({ form: "encrypted", nowMs: 0, crypto: nodeCrypto }).takeOutput();
  stream.write([hex`${c0c1} ${new Uint8Array(1536)}`]);
  await settle();
  stream.write([new Uint8Array(100_000)]);
  await settle();
  await server.pass(11_000);
  ok(state.isClosed);
  match(server.log.join("\n"), /"isRtmpe":true/);
});
