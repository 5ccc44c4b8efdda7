import type { HandshakeCrypto } from "./handshake.ts";

/** Length of C1, S1, C2 and S2 in bytes. */
export const BLOCK_LENGTH = 1536;

/** Everything that one side sends: version, challenge, answer. */
export const HANDSHAKE_LENGTH: number = 1 + 2 * BLOCK_LENGTH;

/** C1 or S1 without a signature: time, four zero bytes, random bytes. RTMP 1.0 section 5.2.3. */
export function encodePlainChallenge(nowMs: number, crypto: HandshakeCrypto): Uint8Array {
  return encodeChallenge(nowMs, 0, crypto);
}

/** C1 or S1 before any signature; `version` is one byte a part, the first on top. */
export function encodeChallenge(nowMs: number, version: number, crypto: HandshakeCrypto): Uint8Array {
  const block = new Uint8Array(BLOCK_LENGTH);
  const view = new DataView(block.buffer);
  view.setUint32(0, nowMs);
  view.setUint32(4, version);
  block.set(crypto.randomBytes(BLOCK_LENGTH - 8), 8);
  return block;
}

/**
 * C2 or S2 without a signature. Bytes 4-7 should tell when the challenge was read (RTMP 1.0 section 5.2.4), but librtmp
 * warns and StreamPack stops unless it gets back exactly what it sent: docs/interop.md.
 */
export function encodePlainAnswer(challenge: Uint8Array): Uint8Array {
  return challenge.slice();
}

/** Whether bytes 4-7 of C1 or S1 are zero, as only the plain form has them. */
export function isPlainChallenge(challenge: Uint8Array): boolean {
  return versionOf(challenge) === 0;
}

/** The product's version in bytes 4-7, such as `9.0.124.2`, for notes. */
export function describeProductVersion(challenge: Uint8Array): string {
  return challenge.subarray(4, 8).join(".");
}

function versionOf(challenge: Uint8Array): number {
  return new DataView(challenge.buffer, challenge.byteOffset, challenge.byteLength).getUint32(4);
}
