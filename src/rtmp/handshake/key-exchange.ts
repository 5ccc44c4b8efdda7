import { type DigestLayout, digestOffset, keyOffset, PUBLIC_KEY_LENGTH } from "./digest.ts";
import type { CipherPair, HandshakeCrypto } from "./handshake.ts";
import { BLOCK_LENGTH } from "./plain.ts";
import { Rc4 } from "./rc4.ts";

const CIPHER_KEY_LENGTH = 16;

/** The public key of the peer, where the layout of its digest puts it: a copy. */
export function readPublicKey(challenge: Uint8Array, layout: DigestLayout): Uint8Array {
  const offset = keyOffset(challenge, layout);
  return challenge.slice(offset, offset + PUBLIC_KEY_LENGTH);
}

/** Writes the public key where the layout puts it. Before the block is signed. */
export function writePublicKey(challenge: Uint8Array, layout: DigestLayout, publicKey: Uint8Array): void {
  challenge.set(publicKey, keyOffset(challenge, layout));
}

/** Whether the public key may stand in the slots of both layouts: neither slot meets the digest, nor any pointer that counts. */
export function hasRoomForBothKeys(challenge: Uint8Array, layout: DigestLayout, other: DigestLayout): boolean {
  const digest = { start: digestOffset(challenge, layout), length: 32 };
  const pointers = [layout.digestPointer, layout.keyPointer, other.keyPointer].map((start) => ({ start, length: 4 }));
  const slots = [layout, other].map((each) => ({ start: keyOffset(challenge, each), length: PUBLIC_KEY_LENGTH }));
  const ranges = [digest, ...pointers, ...slots].sort((left, right) => left.start - right.start);
  return ranges.every(({ start, length }, index) => start + length <= (ranges[index + 1]?.start ?? BLOCK_LENGTH));
}

/** What comes behind the handshake. Each side encrypts with a key that is made of the other side's public key. */
export function createCiphers(
  secret: Uint8Array,
  own: Uint8Array,
  peers: Uint8Array,
  crypto: HandshakeCrypto,
): CipherPair {
  const incoming = cipherFor(own, secret, crypto);
  const outgoing = cipherFor(peers, secret, crypto);
  return {
    decrypt: (bytes) => incoming.apply(bytes),
    encrypt: (bytes) => outgoing.apply(bytes),
  };
}

function cipherFor(publicKey: Uint8Array, secret: Uint8Array, crypto: HandshakeCrypto): Rc4 {
  const cipher = new Rc4(crypto.hmacSha256(secret, publicKey).subarray(0, CIPHER_KEY_LENGTH));
  // As if C2 and S2 had been encrypted too.
  cipher.skip(BLOCK_LENGTH);
  return cipher;
}
