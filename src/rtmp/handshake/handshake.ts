/** One side's handshake: all bytes before the first chunk. Pure: the wire feeds it. RTMP 1.0 section 5.2. */
export type Handshake = {
  /** Takes bytes of the peer; throws `ProtocolError("handshake.*")`. Bytes behind the handshake are kept in `result`. */
  push(bytes: Uint8Array): void;
  /** Bytes to send now, in order; empty when there are none. */
  takeOutput(): readonly Uint8Array[];
  /** Set once the last handshake byte of the peer has been read. */
  readonly result: HandshakeResult | undefined;
};

export type HandshakeResult = {
  /** What the two sides agreed on: blocks signed by digests, or not. Encrypted ones are. */
  readonly form: "plain" | "digest";
  /** Bytes that came behind the handshake, as received: where `ciphers` is set, decrypt them first. */
  readonly trailing: Uint8Array;
  /** Set when everything behind the handshake is encrypted. */
  readonly ciphers?: CipherPair;
  /** All bytes of the peer so far, the trailing ones included. */
  readonly bytesRead: number;
  /** The last 32 bytes of S1, the key of SWF verification. Set in the digest form. */
  readonly serverSignatureTail?: Uint8Array;
  /** What was unusual about the peer's handshake, in words for a log. */
  readonly note?: string;
};

/** The two directions of an encrypted connection. Each works in place and must see every byte once, in order. */
export type CipherPair = {
  decrypt(bytes: Uint8Array): void;
  encrypt(bytes: Uint8Array): void;
};

/** What a handshake needs from outside. Node's is in transport/node-crypto.ts; tests pass fixed bytes. */
export type HandshakeCrypto = {
  randomBytes(length: number): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * The base to that power modulo the prime of RTMPE (`PRIME` in diffie-hellman.ts), big-endian, 128 bytes; zeros in front
   * may be left out. Base and result are never 0, 1 or p - 1. @default slower, by big integers
   */
  modularPower?(base: Uint8Array, exponent: Uint8Array): Uint8Array;
};
