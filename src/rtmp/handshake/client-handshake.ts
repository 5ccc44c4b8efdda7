import { concatBytes } from "../../bytes/concat.ts";
import { digestForm, plainForm } from "./clear-client.ts";
import type { ClientAnswer, ClientForm, ClientHandshakeOptions } from "./client-form.ts";
import { encryptedForm } from "./encrypted-client.ts";
import type { Handshake, HandshakeResult } from "./handshake.ts";
import { DEFAULT_MAX_UNANSWERED_BYTES, HandshakeInput } from "./handshake-input.ts";
import { checkServerVersion } from "./version.ts";

export type { ClientHandshakeForm, ClientHandshakeOptions } from "./client-form.ts";

/** C0 and C1 can be taken at once, C2 as soon as S2 is whole. The time limit is the caller's. */
export function createClientHandshake(options: ClientHandshakeOptions): Handshake {
  return new ClientHandshake(options);
}

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
    if (version === undefined) return undefined;
    const s0 = checkServerVersion(version, this.#form.version);
    this.#input.checkUnanswered(this.#maxUnansweredBytes);
    if (challenge === undefined || answer === undefined) return undefined;
    const answered = this.#form.answer(challenge, answer, s0);
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
      return encryptedForm(options);
  }
}
