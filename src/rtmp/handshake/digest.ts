import { equalBytes } from "../../bytes/concat.ts";
import type { HandshakeCrypto } from "./handshake.ts";
import { BLOCK_LENGTH, encodeChallenge } from "./plain.ts";
import { scrambleSignature } from "./signature-scrambling.ts";
import { HandshakeVersion } from "./version.ts";

export const DIGEST_LENGTH = 32;

/** Room for a Diffie-Hellman public key: random filler unless the connection is encrypted. */
export const PUBLIC_KEY_LENGTH = 128;

/** Where C2 and S2 carry their signature, which covers everything before it. */
const SIGNATURE_OFFSET: number = BLOCK_LENGTH - DIGEST_LENGTH;

/** Each half of a signed challenge: one has the digest and its pointer, the other the key and its pointer. */
const HALF_LENGTH = 764;
const DIGEST_SPREAD: number = HALF_LENGTH - 4 - DIGEST_LENGTH;
const KEY_SPREAD: number = HALF_LENGTH - 4 - PUBLIC_KEY_LENGTH;

/**
 * Where a signed C1 or S1 keeps its digest and its key. A pointer is four bytes whose sum counts from the base,
 * modulo the room there is.
 */
export type DigestLayout = {
  readonly name: "A" | "B";
  readonly digestPointer: number;
  readonly digestBase: number;
  readonly keyPointer: number;
  readonly keyBase: number;
};

/** The digest in the first half, the key in the second. */
export const LAYOUT_A: DigestLayout = { name: "A", digestPointer: 8, digestBase: 12, keyPointer: 1532, keyBase: 772 };

/** The key in the first half, the digest in the second. */
export const LAYOUT_B: DigestLayout = { name: "B", digestPointer: 772, digestBase: 776, keyPointer: 768, keyBase: 8 };

/** Offset of the digest in the 1536 bytes of C1 or S1. */
export function digestOffset(challenge: Uint8Array, layout: DigestLayout): number {
  return layout.digestBase + (sumOfFour(challenge, layout.digestPointer) % DIGEST_SPREAD);
}

/** Offset of the public key in the 1536 bytes of C1 or S1. */
export function keyOffset(challenge: Uint8Array, layout: DigestLayout): number {
  return layout.keyBase + (sumOfFour(challenge, layout.keyPointer) % KEY_SPREAD);
}

/** Writes the digest of everything else into C1 or S1; returns it as a view of the block. */
export function signChallenge(
  challenge: Uint8Array,
  layout: DigestLayout,
  key: Uint8Array,
  crypto: HandshakeCrypto,
): Uint8Array {
  const offset = digestOffset(challenge, layout);
  challenge.set(digestAt(challenge, offset, key, crypto), offset);
  return challenge.subarray(offset, offset + DIGEST_LENGTH);
}

export type SignedChallenge = {
  readonly block: Uint8Array;
  /** A view of the block. */
  readonly digest: Uint8Array;
  readonly layout: DigestLayout;
};

export type SignedChallengeOptions = {
  readonly nowMs: number;
  /** One byte a part: 0x0a002d02 is 10.0.45.2. Players look for a digest where the first part is 3 or more. */
  readonly productVersion: number;
  readonly layout: DigestLayout;
  readonly key: Uint8Array;
  readonly crypto: HandshakeCrypto;
};

/** C1 or S1 in the digest form. */
export function encodeSignedChallenge(options: SignedChallengeOptions): SignedChallenge {
  const { nowMs, productVersion, layout, key, crypto } = options;
  const block = encodeChallenge(nowMs, productVersion, crypto);
  return { block, digest: signChallenge(block, layout, key, crypto), layout };
}

/** Looks for a valid digest in the layouts in turn; undefined when there is none. */
export function findDigest(
  challenge: Uint8Array,
  layouts: readonly DigestLayout[],
  key: Uint8Array,
  crypto: HandshakeCrypto,
): SignedChallenge | undefined {
  for (const layout of layouts) {
    const offset = digestOffset(challenge, layout);
    const digest = challenge.subarray(offset, offset + DIGEST_LENGTH);
    if (equalBytes(digest, digestAt(challenge, offset, key, crypto))) return { block: challenge, digest, layout };
  }
  return undefined;
}

/**
 * C2 or S2 in the digest form: what the peer sent, with a signature at the end that depends on the peer's digest. The
 * version, that of S0, says whether the signature is scrambled.
 */
export function encodeSignedAnswer(
  challenge: SignedChallenge,
  key: Uint8Array,
  crypto: HandshakeCrypto,
  version: HandshakeVersion = HandshakeVersion.Clear,
): Uint8Array {
  const answer = challenge.block.slice();
  answer.set(answerSignature(answer, challenge.digest, key, crypto, version), SIGNATURE_OFFSET);
  return answer;
}

/** Whether C2 or S2 is signed for the challenge with this digest. */
export function isSignedAnswer(
  answer: Uint8Array,
  challengeDigest: Uint8Array,
  key: Uint8Array,
  crypto: HandshakeCrypto,
  version: HandshakeVersion = HandshakeVersion.Clear,
): boolean {
  const expected = answerSignature(answer, challengeDigest, key, crypto, version);
  return equalBytes(answer.subarray(SIGNATURE_OFFSET), expected);
}

/** The key of one answer's signature, made of the peer's digest. */
export function answerKey(challengeDigest: Uint8Array, key: Uint8Array, crypto: HandshakeCrypto): Uint8Array {
  return crypto.hmacSha256(key, challengeDigest);
}

function answerSignature(
  answer: Uint8Array,
  challengeDigest: Uint8Array,
  key: Uint8Array,
  crypto: HandshakeCrypto,
  version: HandshakeVersion,
): Uint8Array {
  const signatureKey = answerKey(challengeDigest, key, crypto);
  const signature = crypto.hmacSha256(signatureKey, answer.subarray(0, SIGNATURE_OFFSET));
  scrambleSignature(signature, signatureKey, version);
  return signature;
}

/** The digest covers the block without itself: 1504 bytes. */
function digestAt(challenge: Uint8Array, offset: number, key: Uint8Array, crypto: HandshakeCrypto): Uint8Array {
  const rest = new Uint8Array(BLOCK_LENGTH - DIGEST_LENGTH);
  rest.set(challenge.subarray(0, offset));
  rest.set(challenge.subarray(offset + DIGEST_LENGTH), offset);
  return crypto.hmacSha256(key, rest);
}

function sumOfFour(bytes: Uint8Array, offset: number): number {
  let sum = 0;
  for (const byte of bytes.subarray(offset, offset + 4)) sum += byte;
  return sum;
}
