import { concatBytes } from "../../bytes/concat.ts";
import { ProtocolError } from "../../errors.ts";
import {
  DIGEST_LENGTH,
  encodeSignedAnswer,
  encodeSignedChallenge,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import type { CipherPair, Handshake, HandshakeCrypto, HandshakeResult } from "./handshake.ts";
import { DEFAULT_MAX_UNANSWERED_BYTES, HandshakeInput } from "./handshake-input.ts";
import { describeProductVersion, encodePlainAnswer, encodePlainChallenge, isPlainChallenge } from "./plain.ts";
import { familyOfClientVersion, HandshakeVersion } from "./version.ts";

export type ServerHandshakeOptions = {
  /** The time in S1: milliseconds of any epoch. */
  readonly nowMs: number;
  readonly crypto: HandshakeCrypto;
  /** Refuse a client that signs C1 but not C2. FFmpeg does so when it publishes. @default false */
  readonly verifyClientSignature?: boolean;
  /** What a client may send before it is answered. @default 16 KiB */
  readonly maxUnansweredBytes?: number;
};

/**
 * Answers a client in the form that it used: S0, S1 and S2 in one piece, as soon as C1 is whole.
 * The time limit is the caller's: 10 seconds for the whole handshake are usual.
 */
export function createServerHandshake(options: ServerHandshakeOptions): Handshake {
  return new ServerHandshake(options);
}

/** What one form answers to C0 and C1, and does with C2. */
type ServerAnswer = {
  readonly form: HandshakeResult["form"];
  readonly version: HandshakeVersion;
  readonly s1: Uint8Array;
  readonly s2: Uint8Array;
  readonly serverSignatureTail?: Uint8Array;
  readonly ciphers?: CipherPair;
  readonly note?: string;
  /** Throws `handshake.signature` for a C2 that this form refuses. */
  checkC2?(c2: Uint8Array): void;
};

class ServerHandshake implements Handshake {
  readonly #options: ServerHandshakeOptions;
  readonly #input = new HandshakeInput();
  #answer: ServerAnswer | undefined;
  #output: Uint8Array[] = [];
  #result: HandshakeResult | undefined;

  constructor(options: ServerHandshakeOptions) {
    this.#options = options;
  }

  get result(): HandshakeResult | undefined {
    return this.#result;
  }

  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#answer ??= this.#answerChallenge();
    const c2 = this.#input.answer;
    if (this.#answer === undefined || c2 === undefined) return;
    if (this.#result === undefined) this.#answer.checkC2?.(c2);
    this.#result = resultOf(this.#answer, this.#input);
  }

  takeOutput(): readonly Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #answerChallenge(): ServerAnswer | undefined {
    const { version, challenge } = this.#input;
    if (version === undefined) return undefined;
    if (familyOfClientVersion(version) === "encrypted") throw encryptionRefused(version);
    this.#input.checkUnanswered(this.#options.maxUnansweredBytes ?? DEFAULT_MAX_UNANSWERED_BYTES);
    if (challenge === undefined) return undefined;
    const answer = answerInClear(challenge, this.#options);
    this.#output.push(concatBytes([Uint8Array.of(answer.version), answer.s1, answer.s2]));
    return answer;
  }
}

function resultOf(answer: ServerAnswer, input: HandshakeInput): HandshakeResult {
  const { form, ciphers, serverSignatureTail, note } = answer;
  return {
    form,
    trailing: input.trailing,
    bytesRead: input.bytesRead,
    ...(ciphers && { ciphers }),
    ...(serverSignatureTail && { serverSignatureTail }),
    ...(note !== undefined && { note }),
  };
}

function encryptionRefused(version: number): ProtocolError {
  const message = `the client asks for encrypted RTMP (version ${version}, rtmpe://), which is not offered here`;
  return new ProtocolError("handshake.version", message, { byteOffset: 0 });
}

/** Version 3: a signed C1 is answered with signatures, any other without. */
function answerInClear(c1: Uint8Array, options: ServerHandshakeOptions): ServerAnswer {
  if (isPlainChallenge(c1)) return answerPlain(c1, options);
  const signed = answerSigned(c1, options);
  if (signed !== undefined) return signed;
  // Old client libraries and several hardware encoders set a version but never sign: docs/interop.md.
  const note = `C1 has the version ${describeProductVersion(c1)} but no valid digest: answered in the plain form`;
  return { ...answerPlain(c1, options), note };
}

function answerPlain(c1: Uint8Array, { nowMs, crypto }: ServerHandshakeOptions): ServerAnswer {
  return {
    form: "plain",
    version: HandshakeVersion.Clear,
    // Bytes 4-7 stay zero: FFmpeg as a player demands a digest where the first of them is 3 or more: docs/interop.md.
    s1: encodePlainChallenge(nowMs, crypto),
    s2: encodePlainAnswer(c1),
  };
}

/** 5.0.3.1, a version that Adobe's server had. */
const SERVER_PRODUCT_VERSION = 0x05_00_03_01;

function answerSigned(c1: Uint8Array, options: ServerHandshakeOptions): ServerAnswer | undefined {
  const { nowMs, crypto, verifyClientSignature = false } = options;
  const client = findDigest(c1, [LAYOUT_B, LAYOUT_A], PLAYER_KEY, crypto);
  if (client === undefined) return undefined;
  const server = encodeSignedChallenge({
    nowMs,
    productVersion: SERVER_PRODUCT_VERSION,
    // The client's own layout satisfies every known client.
    layout: client.layout,
    key: SERVER_KEY,
    crypto,
  });
  return {
    form: "digest",
    version: HandshakeVersion.Clear,
    s1: server.block,
    s2: encodeSignedAnswer(client, SERVER_ANSWER_KEY, crypto),
    serverSignatureTail: server.block.slice(-DIGEST_LENGTH),
    checkC2(c2): void {
      // FFmpeg as a publisher signs C1 but returns S1 as C2, so this is for those who ask for it: docs/interop.md.
      if (!verifyClientSignature || isSignedAnswer(c2, server.digest, PLAYER_ANSWER_KEY, crypto)) return;
      throw new ProtocolError("handshake.signature", "the client's C2 is not signed, and verifyClientSignature is set");
    },
  };
}
