import { concatBytes } from "../../bytes/concat.ts";
import { ProtocolError } from "../../errors.ts";
import { BLOCK_LENGTH, HANDSHAKE_LENGTH } from "./plain.ts";

/** How many bytes a peer may send before it is answered, a handshake of 3073 bytes included. */
export const DEFAULT_MAX_UNANSWERED_BYTES: number = 16 * 1024;

const NO_BYTES = new Uint8Array();

/** Collects the three parts of the peer's handshake, and what comes behind them. */
export class HandshakeInput {
  readonly #bytes = new Uint8Array(HANDSHAKE_LENGTH);
  #trailing: Uint8Array = NO_BYTES;
  #bytesRead = 0;

  push(bytes: Uint8Array): void {
    const missing = Math.max(0, HANDSHAKE_LENGTH - this.#bytesRead);
    this.#bytes.set(bytes.subarray(0, missing), HANDSHAKE_LENGTH - missing);
    if (bytes.length > missing) this.#trailing = concatBytes([this.#trailing, bytes.subarray(missing)]);
    this.#bytesRead += bytes.length;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** C0 or S0. */
  get version(): number | undefined {
    return this.#bytesRead > 0 ? this.#bytes[0] : undefined;
  }

  /** C1 or S1, as a view. */
  get challenge(): Uint8Array | undefined {
    return this.#block(1);
  }

  /** C2 or S2, as a view. */
  get answer(): Uint8Array | undefined {
    return this.#block(1 + BLOCK_LENGTH);
  }

  /** What came behind the handshake. */
  get trailing(): Uint8Array {
    return this.#trailing;
  }

  /** Throws `handshake.limit` when the peer sent more than it may before it is answered. */
  checkUnanswered(maxUnansweredBytes: number): void {
    if (this.#bytesRead <= maxUnansweredBytes) return;
    const message = `${this.#bytesRead} bytes before the handshake was answered, ${maxUnansweredBytes} are allowed`;
    throw new ProtocolError("handshake.limit", message, { byteOffset: maxUnansweredBytes });
  }

  #block(offset: number): Uint8Array | undefined {
    const end = offset + BLOCK_LENGTH;
    return this.#bytesRead >= end ? this.#bytes.subarray(offset, end) : undefined;
  }
}
