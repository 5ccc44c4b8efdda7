import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import { createClientHandshake } from "../handshake/client-handshake.ts";
import type { HandshakeCrypto } from "../handshake/handshake.ts";
import { createServerHandshake } from "../handshake/server-handshake.ts";
import { type Message, MessageType } from "../message/message.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** The same power always: a handshake costs nothing, and both sides have the same secret. */
const crypto: HandshakeCrypto = {
  ...nodeCrypto,
  modularPower: (
    (power) => () =>
      power
  )(nodeCrypto.modularPower?.(Uint8Array.of(2), new Uint8Array(128).fill(9)) ?? new Uint8Array()),
};

function clientWire(options: Partial<WireOptions> = {}): Wire {
  return new Wire({ handshake: createClientHandshake({ form: "encrypted", nowMs: 0, crypto }), ...options });
}

function serverWire(options: Partial<WireOptions> = {}): Wire {
  return new Wire({ handshake: createServerHandshake({ nowMs: 0, crypto }), ...options });
}

function video(timestamp: number, length: number): Message {
  return { type: MessageType.Video, timestamp, streamId: 1, payload: new Uint8Array(length).fill(timestamp) };
}

function output(wire: Wire): Uint8Array {
  return concatBytes(wire.takeOutput());
}

function* messagesOf(wire: Wire): Generator<Message> {
  for (let message = wire.next(); message !== undefined; message = wire.next()) {
    yield { ...message, payload: message.payload.slice() };
  }
}

const SENT = [video(1, 10), video(2, 5000), video(3, 1)];

test("what stands behind C2 in the same read is decrypted, wherever it is cut", () => {
  const client = clientWire();
  const c0c1 = output(client);
  const first = serverWire();
  first.push(c0c1.slice());
  for (const message of SENT) client.send(message);
  client.push(output(first));
  const c2 = output(client);
  ok(c2.length > 1536 + 5011);
  for (let cut = 1500; cut < c2.length; cut += cut < 1600 ? 1 : 501) {
    // Every server draws other blocks, but the secret and the keys are the same: so are the ciphers.
    const server = serverWire();
    server.push(c0c1.slice());
    server.push(c2.slice(0, cut));
    const received = [...messagesOf(server)];
    server.push(c2.slice(cut));
    received.push(...messagesOf(server));
    deepEqual(received, SENT, `cut at ${cut}`);
  }
});

test("what stands behind S2 in the same read is decrypted", () => {
  const client = clientWire();
  const server = serverWire();
  server.push(output(client));
  const answer = output(server);
  server.push(new Uint8Array(1536));
  for (const message of SENT) server.send(message);
  client.push(concatBytes([answer, output(server)]));
  deepEqual([...messagesOf(client)], SENT);
});

for (const interleave of ["message", "chunk"] as const) {
  test(`both ways in small pieces, and with bytes written past the wire; interleaved by ${interleave}`, () => {
    const client = clientWire({ interleave });
    const server = serverWire({ interleave });
    server.push(output(client));
    client.push(output(server));
    server.push(output(client));
    deepEqual([client.isOpen, server.isOpen], [true, true]);
    const clear = Uint8Array.of(0x04, 0, 0, 9, 0, 0, 2, MessageType.Audio, 1, 0, 0, 0, 0xaf, 0x01);
    for (const message of SENT) server.send(message);
    const pieces: Uint8Array[] = [];
    for (let piece = output(server); piece.length > 0; piece = concatBytes(server.takeOutput(100))) pieces.push(piece);
    const past = clear.slice();
    server.noteBytesWritten(server.bytesSent + past.length);
    server.ciphers?.encrypt(past);
    notDeepEqual(past, clear);
    server.send(video(4, 3));
    const received: Message[] = [];
    for (const byte of concatBytes([...pieces, past, output(server)])) {
      client.push(Uint8Array.of(byte));
      received.push(...messagesOf(client));
    }
    const audio = { type: MessageType.Audio, timestamp: 9, streamId: 1, payload: Uint8Array.of(0xaf, 0x01) };
    deepEqual(received, [...SENT, audio, video(4, 3)]);
  });
}

test("a message that was sent is not changed by the encryption", () => {
  const client = clientWire();
  const server = serverWire();
  server.push(output(client));
  client.push(output(server));
  const message = video(7, 300);
  client.send(message);
  output(client);
  equal(
    message.payload.every((byte) => byte === 7),
    true,
  );
});
