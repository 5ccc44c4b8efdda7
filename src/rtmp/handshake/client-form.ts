import { ProtocolError } from "../../errors.ts";
import type { HandshakeCrypto, HandshakeResult } from "./handshake.ts";
import type { HandshakeVersion } from "./version.ts";

export type ClientHandshakeForm = "plain" | "digest" | "encrypted";

export type ClientHandshakeOptions = {
  /**
   * `digest` signs the blocks, for servers that want a Flash Player or verify SWF files; `encrypted` is RTMPE. Every
   * server takes `plain`.
   */
  readonly form: ClientHandshakeForm;
  /** The time in C1: milliseconds of any epoch. */
  readonly nowMs: number;
  readonly crypto: HandshakeCrypto;
  /** Refuse a server whose S2 does not answer C1, or that does not sign in the digest form. @default false */
  readonly strict?: boolean;
  /**
   * Encrypted: throw `handshake.short-secret` instead of answering when the secret begins with a zero byte, as one in 256
   * does. Programs disagree about such a one, so connect again. @default false
   */
  readonly refuseShortSecret?: boolean;
  /** What a server may send before it is answered. @default 16 KiB */
  readonly maxUnansweredBytes?: number;
};

/** What one form makes of S1 and S2. */
export type ClientAnswer = Pick<HandshakeResult, "form" | "serverSignatureTail" | "note" | "ciphers"> & {
  readonly c2: Uint8Array;
};

/** C1 in one form, and how it goes on from there. */
export type ClientForm = {
  readonly version: HandshakeVersion;
  readonly c1: Uint8Array;
  answer(s1: Uint8Array, s2: Uint8Array, s0: HandshakeVersion): ClientAnswer;
};

/** Goes on with a note, as nginx-rtmp's signatures need it (docs/interop.md), unless the caller is strict. */
export function tolerate(answer: ClientAnswer, strict: boolean, note: string): ClientAnswer {
  if (strict) throw new ProtocolError("handshake.signature", note);
  return { ...answer, note };
}
