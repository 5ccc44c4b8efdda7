import { formatHex, hex, parseHex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { PUBLIC_KEY_LENGTH } from "./digest.ts";
import type { HandshakeCrypto } from "./handshake.ts";

/** The group of RTMPE: Oakley group 2, with the generator 2. RFC 2409 section 6.2. */
export const PRIME: Uint8Array = hex`
  ffffffffffffffff c90fdaa22168c234 c4c6628b80dc1cd1 29024e088a67cc74
  020bbea63b139b22 514a08798e3404dd ef9519b3cd3a431b 302b0a6df25f1437
  4fe1356d6d51c245 e485b576625e7ec6 f44c42e9a637ed6b 0bff5cb6f406b7ed
  ee386bfb5a899fa5 ae9f24117c4b1fe6 49286651ece65381 ffffffffffffffff
`;
const P: bigint = toNumber(PRIME);
const GENERATOR: Uint8Array = toBytes(2n);
/**
 * Twice as many bits as this group is strong are enough, with as many again to spare (RFC 3526 section 8), and a power
 * takes a third of the time of one by 128 bytes. Nobody sees the length.
 */
const PRIVATE_KEY_LENGTH = 32;
/** One key in 256 begins with a zero; so many tries fail never. */
const MAX_DRAWS = 16;

export type KeyPair = {
  readonly privateKey: Uint8Array;
  /** 128 bytes. */
  readonly publicKey: Uint8Array;
};

/** The public key never begins with a zero byte: some peers would take it for a shorter one (docs/interop.md). */
export function createKeyPair(crypto: HandshakeCrypto): KeyPair {
  const draw = (): KeyPair => keyPairOf(crypto.randomBytes(PRIVATE_KEY_LENGTH), crypto);
  return drawUntil(draw, ({ publicKey }) => publicKey[0] !== 0);
}

/** A key pair whose secret with this peer does not begin with a zero byte either, and that secret. */
export function createKeyPairFor(
  peerPublicKey: Uint8Array,
  crypto: HandshakeCrypto,
): { readonly keys: KeyPair; readonly secret: Uint8Array } {
  return drawUntil(
    () => {
      const keys = createKeyPair(crypto);
      return { keys, secret: sharedSecret(keys.privateKey, peerPublicKey, crypto) };
    },
    ({ secret }) => secret[0] !== 0,
  );
}

/** The key pair of a private key: 2^x modulo the prime. */
export function keyPairOf(privateKey: Uint8Array, crypto: HandshakeCrypto): KeyPair {
  return { privateKey, publicKey: power(GENERATOR, privateKey, crypto) };
}

/** 128 bytes, also where the first of them are zeros. The peer's key must have been checked. */
export function sharedSecret(privateKey: Uint8Array, peerPublicKey: Uint8Array, crypto: HandshakeCrypto): Uint8Array {
  return power(peerPublicKey, privateKey, crypto);
}

/**
 * Throws `handshake.public-key` for a key that no honest peer sends: outside 2 to p - 2, where the secret would be known,
 * or no power of 2. Half of all random bytes are none, so this also shows that the key stands where it was looked for.
 */
export function checkPublicKey(publicKey: Uint8Array): void {
  const key = toNumber(publicKey);
  if (key <= 1n) throw new ProtocolError("handshake.public-key", `the peer's public key is ${key}`);
  if (key >= P - 1n) throw new ProtocolError("handshake.public-key", "the peer's public key is p - 1 or more");
  if (!isSquare(key)) throw new ProtocolError("handshake.public-key", "the peer's public key is not of the group");
}

/** What a platform without modular powers of its own uses: about 3 ms. */
export function modularPower(base: Uint8Array, exponent: Uint8Array): Uint8Array {
  const factor = toNumber(base) % P;
  let result = 1n;
  for (const byte of exponent) {
    for (let bit = 7; bit >= 0; bit--) {
      result = (result * result) % P;
      if ((byte >> bit) & 1) result = (result * factor) % P;
    }
  }
  return toBytes(result);
}

function power(base: Uint8Array, exponent: Uint8Array, crypto: HandshakeCrypto): Uint8Array {
  return padded((crypto.modularPower ?? modularPower)(base, exponent));
}

/**
 * Whether the number is a square modulo p, and so a power of 2: both are the same half of the group, since p is a safe
 * prime and 2 a square. By Jacobi's symbol, which takes a fraction of the time of a power.
 */
function isSquare(value: bigint): boolean {
  let numerator = value;
  let denominator = P;
  let isPositive = true;
  while (numerator !== 0n) {
    while ((numerator & 1n) === 0n) {
      numerator >>= 1n;
      const remainder = denominator & 7n;
      if (remainder === 3n || remainder === 5n) isPositive = !isPositive;
    }
    [numerator, denominator] = [denominator, numerator];
    if ((numerator & 3n) === 3n && (denominator & 3n) === 3n) isPositive = !isPositive;
    numerator %= denominator;
  }
  return isPositive;
}

/** The first draw that will do; the last one, should none do. */
function drawUntil<Drawn>(draw: () => Drawn, isGood: (drawn: Drawn) => boolean): Drawn {
  let drawn = draw();
  for (let count = 1; count < MAX_DRAWS && !isGood(drawn); count++) drawn = draw();
  return drawn;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${formatHex(bytes)}`);
}

function toBytes(value: bigint): Uint8Array {
  return parseHex(value.toString(16).padStart(PUBLIC_KEY_LENGTH * 2, "0"));
}

/** Right-aligned, with zeros in front. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length === PUBLIC_KEY_LENGTH) return bytes;
  const whole = new Uint8Array(PUBLIC_KEY_LENGTH);
  whole.set(bytes, PUBLIC_KEY_LENGTH - bytes.length);
  return whole;
}
