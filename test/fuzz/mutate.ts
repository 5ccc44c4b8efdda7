import { concatBytes } from "../../src/bytes/concat.ts";
import type { Random } from "./random.ts";
import type { SessionParts } from "./session-parts.ts";

const EXTREMES = [0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** What fields of message headers and AMF become. */
const HEADER_BYTES = 12;

type Mutation = (chunks: Uint8Array[], random: Random, others: readonly SessionParts[]) => void;

/** Changes a recorded session in one to six ways; the handshake in one of eight rounds. The pieces are to be sent in order. */
export function mutateSession(sessions: readonly SessionParts[], random: Random): Uint8Array[] {
  const session = random.of(sessions);
  const handshake = session.handshake.slice();
  const chunks = session.chunks.map((bytes) => bytes.slice());
  // In some rounds little media stands between the beginning and the end.
  if (random.below(3) === 0) chunks.splice(12, Math.max(0, chunks.length - 12 - random.below(40)));
  for (let count = 1 + random.below(6); count > 0; count--) random.of(MUTATIONS)(chunks, random, sessions);
  if (random.below(8) === 0) flipBits(handshake, random);
  const pieces = [handshake, ...chunks];
  if (random.below(8) === 0) pieces.length = random.below(pieces.length);
  if (random.below(8) === 0) change(pieces, random, (bytes) => bytes.subarray(0, random.below(bytes.length)));
  return pieces;
}

const MUTATIONS: readonly Mutation[] = [
  (chunks, random) => change(chunks, random, (bytes) => flipBits(bytes, random)),
  (chunks, random) => change(chunks, random, (bytes) => setExtreme(bytes, random, bytes.length)),
  (chunks, random) => change(chunks, random, (bytes) => setExtreme(bytes, random, HEADER_BYTES)),
  (chunks, random) => change(chunks, random, (bytes) => setHeaderLength(bytes, random)),
  (chunks, random) => change(chunks, random, (bytes) => insertBytes(bytes, random)),
  (chunks, random) => change(chunks, random, (bytes) => deleteBytes(bytes, random)),
  (chunks, random) => change(chunks, random, (bytes) => repeatBytes(bytes, random)),
  (chunks, random) => change(chunks, random, (bytes) => setHeaderByte(bytes, random)),
  swapChunks,
  repeatChunk,
  (chunks, random) => void chunks.splice(random.below(chunks.length), 1 + random.below(4)),
  (chunks, random) => void chunks.splice(random.below(chunks.length), 0, randomControl(random)),
  splice,
  (chunks, random) => void chunks.splice(random.below(chunks.length)),
];

/** Commands stand at the beginning: there half of the changes are made. */
function change(chunks: Uint8Array[], random: Random, how: (bytes: Uint8Array) => Uint8Array): void {
  const index = random.below(random.below(2) === 0 ? Math.min(12, chunks.length) : chunks.length);
  const bytes = chunks[index];
  if (bytes !== undefined) chunks[index] = how(bytes);
}

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

/** A field of 1 to 4 bytes somewhere below `end` becomes as small or as large as it can be. */
function setExtreme(bytes: Uint8Array, random: Random, end: number): Uint8Array {
  const at = random.below(Math.min(end, bytes.length));
  const value = random.of(EXTREMES);
  for (let index = 0, size = 1 + random.below(4); index < size && at + index < bytes.length; index++) {
    bytes[at + index] = value >>> (8 * index);
  }
  return bytes;
}

/** The length of the message, where the header has one. */
function setHeaderLength(bytes: Uint8Array, random: Random): Uint8Array {
  const value = random.of([0, 1, bytes.length, bytes.length * 2, 0xffff, 0xffffff, random.u32() & 0xffffff]);
  bytes.set([value >> 16, value >> 8, value].slice(0, Math.max(0, bytes.length - 4)), Math.min(4, bytes.length));
  return bytes;
}

/** Format and chunk stream, or type, or stream id. */
function setHeaderByte(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.of([0, 0, 7, 7, 8, 11]);
  if (at < bytes.length) bytes[at] = at === 7 ? random.below(25) : random.u32();
  return bytes;
}

function insertBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  return concatBytes([bytes.subarray(0, at), random.bytes(1 + random.below(20)), bytes.subarray(at)]);
}

function deleteBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  return concatBytes([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(20))]);
}

function repeatBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const part = bytes.subarray(at, at + 1 + random.below(60));
  return concatBytes([
    bytes.subarray(0, at),
    ...Array.from({ length: random.below(50) }, () => part),
    bytes.subarray(at),
  ]);
}

function swapChunks(chunks: Uint8Array[], random: Random): void {
  const [first, second] = [random.below(chunks.length), random.below(chunks.length)];
  const [left, right] = [chunks[first], chunks[second]];
  if (left === undefined || right === undefined) return;
  chunks[first] = right;
  chunks[second] = left;
}

function repeatChunk(chunks: Uint8Array[], random: Random): void {
  const index = random.below(chunks.length);
  const bytes = chunks[index];
  if (bytes === undefined) return;
  const copies = Array.from({ length: 1 + random.below(30) }, () => bytes.slice());
  chunks.splice(random.below(chunks.length), 0, ...copies);
}

/** A control message on chunk stream 2 with any number. */
function randomControl(random: Random): Uint8Array {
  const type = 1 + random.below(7);
  const value = random.below(2) === 0 ? random.of(EXTREMES) : random.u32() >>> random.below(32);
  const payload = [value >>> 24, value >>> 16, value >>> 8, value, random.below(3)];
  const length = random.of([0, 2, 4, 5]);
  return Uint8Array.from([2, 0, 0, 0, 0, 0, length, type, 0, 0, 0, 0, ...payload.slice(0, length)]);
}

/** Goes on with another session from some chunk of it. */
function splice(chunks: Uint8Array[], random: Random, others: readonly SessionParts[]): void {
  const other = random.of(others).chunks;
  const from = random.below(other.length);
  const part = other.slice(from, from + random.below(60)).map((bytes) => bytes.slice());
  chunks.splice(random.below(chunks.length), random.below(2) === 0 ? 0 : chunks.length, ...part);
}
