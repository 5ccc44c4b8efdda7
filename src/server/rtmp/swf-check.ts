import { ProtocolError } from "../../errors.ts";
import { verifySwfResponse } from "../../rtmp/handshake/swf-verification.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import type { ResolvedOptions, SwfVerificationOptions } from "../options.ts";

/** Undefined where nobody is asked. */
export function createSwfCheck({ swfVerification, timeouts }: ResolvedOptions): SwfCheck | undefined {
  return swfVerification && new SwfCheck(swfVerification, timeouts.swfVerificationMs);
}

/** Whether one client has proven which SWF file it runs. It is asked when it first plays; who only publishes never is. */
export class SwfCheck {
  readonly #options: SwfVerificationOptions;
  readonly #limitMs: number;
  /** Of the handshake; undefined when that was not signed. */
  #serverSignatureTail: Uint8Array | undefined;
  #askedAtMs: number | undefined;
  #isProven = false;

  constructor(options: SwfVerificationOptions, limitMs: number) {
    this.#options = options;
    this.#limitMs = limitMs;
  }

  handshakeEnded(serverSignatureTail: Uint8Array | undefined): void {
    this.#serverSignatureTail = serverSignatureTail;
  }

  /** The client starts to play: true when it is to be asked now. `swf.unverified` when it could never answer. */
  starts(nowMs: number): boolean {
    if (this.#askedAtMs !== undefined) return false;
    if (this.#serverSignatureTail === undefined) {
      throw new ProtocolError(
        "swf.unverified",
        "the player's handshake is not signed, so it cannot prove its SWF file",
      );
    }
    this.#askedAtMs = nowMs;
    return true;
  }

  /** `swf.unknown` for an answer that stands for none of the allowed files. One that nobody asked for is ignored. */
  receive(response: Uint8Array): void {
    const tail = this.#serverSignatureTail;
    if (this.#askedAtMs === undefined || tail === undefined) return;
    this.#isProven = verifySwfResponse(response, this.#options.allowed, tail, nodeCrypto) !== undefined;
    if (!this.#isProven) throw new ProtocolError("swf.unknown", "the player runs an SWF file that is not allowed");
  }

  /** `swf.unverified` when the answer is overdue. */
  check(nowMs: number): void {
    if (this.#askedAtMs === undefined || this.#isProven || nowMs - this.#askedAtMs <= this.#limitMs) return;
    throw new ProtocolError("swf.unverified", `the player did not prove its SWF file within ${this.#limitMs} ms`);
  }
}
