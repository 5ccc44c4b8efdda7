import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { createClientHandshake } from "../../rtmp/handshake/client-handshake.ts";
import type { CipherPair } from "../../rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../../rtmp/handshake/server-handshake.ts";
import { Wire } from "../../rtmp/session/wire.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import { SharedOutput } from "./viewer-outputs.ts";

/** Takes bytes at once, as a kernel does, or keeps what it was given until `take`. */
class FakeSocket implements ByteStream {
  readonly transport = "tcp";
  readonly remoteAddress = "192.0.2.1:50000";
  readonly bytesRead = 0;
  bytesWritten = 0;
  isFull = false;
  readonly taken: Uint8Array[] = [];
  #kept: Uint8Array[] = [];

  get unsentBytes(): number {
    return concatBytes(this.#kept).length;
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#kept.push(...pieces);
    if (!this.isFull) this.take();
  }

  take(): void {
    for (const piece of this.#kept) this.taken.push(new Uint8Array(piece));
    this.#kept = [];
  }

  start(): void {}
  pause(): void {}
  resume(): void {}
  close(): void {}
  destroy(): void {}
}

type EncryptedViewer = { readonly socket: FakeSocket; readonly output: SharedOutput; received(): Uint8Array };

/** One whose handshake is over. */
function encryptedViewer(): EncryptedViewer {
  const common = { nowMs: 0, crypto: nodeCrypto };
  const client = createClientHandshake({ ...common, form: "encrypted" });
  const wire = new Wire({ handshake: createServerHandshake(common) });
  wire.push(concatBytes(client.takeOutput()));
  client.push(concatBytes(wire.takeOutput()));
  wire.push(concatBytes(client.takeOutput()));
  const ciphers: CipherPair | undefined = client.result?.ciphers;
  ok(ciphers !== undefined && wire.ciphers !== undefined);
  const socket = new FakeSocket();
  const output = new SharedOutput({ stream: socket, wire, pump() {}, closeSlow() {} }, 1, () => {});
  return {
    socket,
    output,
    received() {
      const bytes = concatBytes(socket.taken);
      ciphers.decrypt(bytes);
      return bytes;
    },
  };
}

function media(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * seed) & 255);
}

test("viewers of RTMPE that keep up, fall behind and come back all get what is theirs", () => {
  const quick = encryptedViewer();
  const slow = encryptedViewer();
  const pieces = [[media(10_000, 3)], [media(370, 5), media(9_000, 7)], [media(65_536, 11)], [media(70_000, 13)]];
  for (const [index, piece] of pieces.entries()) {
    // Only the first and the third are taken at once.
    slow.socket.isFull = index % 2 === 1;
    slow.output.write(piece);
    quick.output.write(piece);
    if (index === 1) slow.socket.take();
  }
  slow.socket.take();
  const whole = concatBytes(pieces.flat());
  deepEqual(quick.received(), whole);
  deepEqual(slow.received(), whole);
});

test("what is shared by all viewers is not changed for one that is encrypted", () => {
  const viewer = encryptedViewer();
  const shared = media(1000, 3);
  viewer.output.write([shared]);
  deepEqual(shared, media(1000, 3));
  equal(viewer.socket.taken.length, 1);
});
