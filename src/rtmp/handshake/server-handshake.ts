import { concatBytes } from "../../bytes/concat.ts";
import { ProtocolError } from "../../errors.ts";
import { answerInClear } from "./clear-server.ts";
import { answerEncrypted } from "./encrypted-server.ts";
import type { Handshake, HandshakeResult } from "./handshake.ts";
import { DEFAULT_MAX_UNANSWERED_BYTES, HandshakeInput } from "./handshake-input.ts";
import type { ServerAnswer, ServerHandshakeOptions } from "./server-answer.ts";
import { familyOfClientVersion, type HandshakeFamily, isEncrypted } from "./version.ts";

export type { ServerHandshakeOptions } from "./server-answer.ts";

const ALL_FAMILIES: readonly HandshakeFamily[] = ["clear", "encrypted"];

/**
 * Answers a client in the form that it used: S0, S1 and S2 in one piece, as soon as C1 is whole.
 * The time limit is the caller's: 10 seconds for the whole handshake are usual.
 */
export function createServerHandshake(options: ServerHandshakeOptions): Handshake {
  return new ServerHandshake(options);
}

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
    const { families = ALL_FAMILIES } = this.#options;
    const family = familyOfClientVersion(version);
    if (!families.includes(family)) throw refusal(family, version);
    this.#input.checkUnanswered(this.#options.maxUnansweredBytes ?? DEFAULT_MAX_UNANSWERED_BYTES);
    if (challenge === undefined) return undefined;
    const answer = isEncrypted(version)
      ? answerEncrypted(version, challenge, this.#options)
      : answerInClear(challenge, this.#options);
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

function refusal(family: HandshakeFamily, version: number): ProtocolError {
  const what =
    family === "encrypted"
      ? `the client asks for encrypted RTMP (version ${version}, rtmpe://), which is not offered here`
      : `the client asks for RTMP in clear (version ${version}, rtmp://), and only rtmpe:// is offered here`;
  return new ProtocolError("handshake.version", what, { byteOffset: 0 });
}
