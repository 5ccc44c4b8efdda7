import { concatBytes, equalBytes } from "../../bytes/concat.ts";
import { ProtocolError } from "../../errors.ts";
import {
  DIGEST_LENGTH,
  encodeSignedAnswer,
  encodeSignedChallenge,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
  type SignedChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import type { Handshake, HandshakeCrypto, HandshakeResult } from "./handshake.ts";
import { DEFAULT_MAX_UNANSWERED_BYTES, HandshakeInput } from "./handshake-input.ts";
import { describeProductVersion, encodePlainAnswer, encodePlainChallenge, isPlainChallenge } from "./plain.ts";
import { checkServerVersion, HandshakeVersion } from "./version.ts";

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
  /** What a server may send before it is answered. @default 16 KiB */
  readonly maxUnansweredBytes?: number;
};

/** C0 and C1 can be taken at once, C2 as soon as S2 is whole. The time limit is the caller's. */
export function createClientHandshake(options: ClientHandshakeOptions): Handshake {
  return new ClientHandshake(options);
}

/** What one form makes of S1 and S2. */
type ClientAnswer = Pick<HandshakeResult, "form" | "serverSignatureTail" | "note" | "ciphers"> & {
  readonly c2: Uint8Array;
};

/** C1 in one form, and how it goes on from there. */
type ClientForm = {
  readonly version: HandshakeVersion;
  readonly c1: Uint8Array;
  answer(s1: Uint8Array, s2: Uint8Array): ClientAnswer;
};

class ClientHandshake implements Handshake {
  readonly #form: ClientForm;
  readonly #maxUnansweredBytes: number;
  readonly #input = new HandshakeInput();
  #answer: ClientAnswer | undefined;
  #output: Uint8Array[];
  #result: HandshakeResult | undefined;

  constructor(options: ClientHandshakeOptions) {
    this.#form = formOf(options);
    this.#maxUnansweredBytes = options.maxUnansweredBytes ?? DEFAULT_MAX_UNANSWERED_BYTES;
    this.#output = [concatBytes([Uint8Array.of(this.#form.version), this.#form.c1])];
  }

  get result(): HandshakeResult | undefined {
    return this.#result;
  }

  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#answer ??= this.#answerChallenge();
    if (this.#answer === undefined) return;
    const { c2: _, ...agreed } = this.#answer;
    this.#result = { ...agreed, trailing: this.#input.trailing, bytesRead: this.#input.bytesRead };
  }

  takeOutput(): readonly Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #answerChallenge(): ClientAnswer | undefined {
    const { version, challenge, answer } = this.#input;
    if (version !== undefined) checkServerVersion(version, this.#form.version);
    this.#input.checkUnanswered(this.#maxUnansweredBytes);
    if (challenge === undefined || answer === undefined) return undefined;
    const answered = this.#form.answer(challenge, answer);
    this.#output.push(answered.c2);
    return answered;
  }
}

function formOf(options: ClientHandshakeOptions): ClientForm {
  switch (options.form) {
    case "plain":
      return plainForm(options);
    case "digest":
      return digestForm(options);
    case "encrypted":
      throw new TypeError("this client does not encrypt yet: use plain or digest");
  }
}

function plainForm({ nowMs, crypto, strict = false }: ClientHandshakeOptions): ClientForm {
  const c1 = encodePlainChallenge(nowMs, crypto);
  return {
    version: HandshakeVersion.Clear,
    c1,
    answer(s1, s2): ClientAnswer {
      const plain = answerPlain(s1);
      // Bytes 4-7 may be the server's clock.
      if (equalBytes(s2.subarray(8), c1.subarray(8))) return plain;
      return tolerate(plain, strict, "the server's S2 does not repeat C1");
    },
  };
}

/** 10.0.45.2, as librtmp sends it. */
const CLIENT_PRODUCT_VERSION = 0x0a_00_2d_02;

function digestForm({ nowMs, crypto, strict = false }: ClientHandshakeOptions): ClientForm {
  // Adobe's server takes a signed C1 without encryption only in layout A: docs/interop.md.
  const productVersion = CLIENT_PRODUCT_VERSION;
  const client = encodeSignedChallenge({ nowMs, productVersion, layout: LAYOUT_A, key: PLAYER_KEY, crypto });
  return {
    version: HandshakeVersion.Clear,
    c1: client.block,
    answer(s1, s2): ClientAnswer {
      // Also where bytes 4-7 are zero: MonaServer2 signs such an S1. docs/interop.md.
      const server = findDigest(s1, [LAYOUT_A, LAYOUT_B], SERVER_KEY, crypto);
      if (server === undefined) return tolerate(answerPlain(s1), strict, unsignedNote(s1));
      const signed = answerSigned(server, crypto);
      if (isSignedAnswer(s2, client.digest, SERVER_ANSWER_KEY, crypto)) return signed;
      return tolerate(signed, strict, "the server's S2 is not signed for C1");
    },
  };
}

function answerPlain(s1: Uint8Array): ClientAnswer {
  return { form: "plain", c2: encodePlainAnswer(s1) };
}

function answerSigned(server: SignedChallenge, crypto: HandshakeCrypto): ClientAnswer {
  const c2 = encodeSignedAnswer(server, PLAYER_ANSWER_KEY, crypto);
  return { form: "digest", c2, serverSignatureTail: server.block.slice(-DIGEST_LENGTH) };
}

/** Goes on with a note, as nginx-rtmp's signatures need it (docs/interop.md), unless the caller is strict. */
function tolerate(answer: ClientAnswer, strict: boolean, note: string): ClientAnswer {
  if (strict) throw new ProtocolError("handshake.signature", note);
  return { ...answer, note };
}

function unsignedNote(s1: Uint8Array): string {
  if (isPlainChallenge(s1)) return "the server answered in the plain form";
  return `the server's S1 has the version ${describeProductVersion(s1)} but no valid digest`;
}
