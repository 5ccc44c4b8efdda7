import { crc32 } from "node:zlib";
import type { HttpExchange } from "./http-exchange.ts";
import type { TunnelCommand } from "./tunnel-target.ts";

/**
 * The place of one number in a session, and the body that belongs there. A client or a proxy whose connection was lost
 * sends the request again: what is known of the body already is compared, and not taken twice.
 */
export class RequestSlot {
  readonly kind: TunnelCommand;
  readonly sequence: number;
  /** Who brings the body now, and gets the answer. */
  exchange: HttpExchange;
  isWhole = false;
  /** What Node may keep of the body while nobody reads it. */
  reservedBytes = 0;
  readonly #waiting: Uint8Array[] = [];
  #bodyBytes = 0;
  #checksum = 0;
  /** How much of the body the exchange of now has brought. */
  #broughtBytes = 0;
  #broughtChecksum = 0;

  constructor(kind: TunnelCommand, sequence: number, exchange: HttpExchange) {
    this.kind = kind;
    this.sequence = sequence;
    this.exchange = exchange;
  }

  /** The request comes once more. */
  bringAgain(exchange: HttpExchange): void {
    this.exchange = exchange;
    this.#broughtBytes = 0;
    this.#broughtChecksum = 0;
  }

  /**
   * Takes what is new in the next part of the body, and tells how many bytes of it now wait for `shift`. Undefined if
   * this is another body than the one that came before.
   */
  take(bytes: Uint8Array): number | undefined {
    const known = bytes.subarray(0, this.#bodyBytes - this.#broughtBytes);
    if (known.length > 0) {
      this.#broughtBytes += known.length;
      this.#broughtChecksum = crc32(known, this.#broughtChecksum);
      if (this.#broughtBytes === this.#bodyBytes && this.#broughtChecksum !== this.#checksum) return undefined;
    }
    const added = bytes.subarray(known.length);
    if (added.length === 0) return 0;
    if (this.isWhole) return undefined;
    this.#bodyBytes += added.length;
    this.#broughtBytes = this.#bodyBytes;
    this.#checksum = crc32(added, this.#checksum);
    if (this.kind !== "send") return 0;
    this.#waiting.push(added);
    return added.length;
  }

  /** The body ends here; false if it was longer before. */
  end(): boolean {
    if (this.#broughtBytes < this.#bodyBytes) return false;
    this.isWhole = true;
    return true;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The next bytes for the stream, in order. */
  shift(): Uint8Array | undefined {
    return this.#waiting.shift();
  }
}
