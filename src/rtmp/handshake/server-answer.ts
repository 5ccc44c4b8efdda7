import type { CipherPair, HandshakeCrypto, HandshakeResult } from "./handshake.ts";
import type { EncryptedVersion, HandshakeFamily, HandshakeVersion } from "./version.ts";

export type ServerHandshakeOptions = {
  /** The time in S1: milliseconds of any epoch. */
  readonly nowMs: number;
  readonly crypto: HandshakeCrypto;
  /** The handshakes that are taken; others are refused with `handshake.version`. @default both */
  readonly families?: readonly HandshakeFamily[];
  /** What encrypted clients are answered. @default what each asks for */
  readonly encryptedVersion?: EncryptedVersion;
  /** Refuse a client that signs C1 but not C2. FFmpeg does so when it publishes. @default false */
  readonly verifyClientSignature?: boolean;
  /** What a client may send before it is answered. @default 16 KiB */
  readonly maxUnansweredBytes?: number;
};

/** What one form answers to C0 and C1, and does with C2. */
export type ServerAnswer = {
  readonly form: HandshakeResult["form"];
  readonly version: HandshakeVersion;
  readonly s1: Uint8Array;
  /** May be C1 itself, where that is what goes back. */
  readonly s2: Uint8Array;
  readonly serverSignatureTail?: Uint8Array;
  readonly ciphers?: CipherPair;
  readonly note?: string;
  /** Throws `handshake.signature` for a C2 that this form refuses. */
  checkC2?(c2: Uint8Array): void;
};

/** 5.0.3.1, a version that Adobe's server had. */
export const SERVER_PRODUCT_VERSION = 0x05_00_03_01;
