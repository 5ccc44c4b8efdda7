import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../errors.ts";
import { type AmfLimits, resolveAmfLimits } from "./amf-limits.ts";
import { BUILT_IN_REGISTRY, type ExternalizableRegistry } from "./externalizable.ts";

export type AmfDecodeOptions = {
  readonly limits?: Partial<AmfLimits>;
  /** Which externalizable classes can be read. @default those of Flex that wrap one value */
  readonly registry?: ExternalizableRegistry;
  /**
   * For metadata: the end of the payload closes all open containers, and what was decoded until then counts.
   * @default false
   */
  readonly isTolerant?: boolean;
  /** Where the first value starts; offsets in errors still count from the start of the payload. @default 0 */
  readonly fromByte?: number;
};

/** The payload of one message and what is left of its limits: shared by the AMF0 decoder and the AMF3 values inside. */
export class AmfInput {
  readonly reader: ByteReader;
  readonly limits: AmfLimits;
  readonly registry: ExternalizableRegistry;
  readonly isTolerant: boolean;
  readonly #maxStringBytes: number;
  #depth = 0;
  #values = 0;
  #numberKeys = 0;
  #stringBytes = 0;

  constructor(bytes: Uint8Array, options: AmfDecodeOptions = {}) {
    this.reader = new ByteReader(bytes);
    this.reader.skip(options.fromByte ?? 0);
    this.limits = resolveAmfLimits(options.limits);
    this.registry = options.registry ?? BUILT_IN_REGISTRY;
    this.isTolerant = options.isTolerant ?? false;
    this.#maxStringBytes = Math.max(this.limits.freeStringBytes, this.limits.maxStringExpansion * bytes.length);
  }

  /** To be called before each value. */
  countValue(): void {
    if (++this.#values > this.limits.maxValues) this.fail("amf.limit", `more than ${this.limits.maxValues} values`);
  }

  /** To be called for each number that becomes a key of a Map. */
  countNumberKey(): void {
    const { maxNumberKeys } = this.limits;
    if (++this.#numberKeys > maxNumberKeys) this.fail("amf.limit", `more than ${maxNumberKeys} numbers as keys`);
  }

  /** To be called for each string, by reference or not. */
  countString(byteLength: number): void {
    this.#stringBytes += byteLength;
    if (this.#stringBytes > this.#maxStringBytes) {
      this.fail("amf.limit", `strings of more than ${this.#maxStringBytes} bytes`);
    }
  }

  /** Lets `fill` read the parts of a container that its references already lead to. */
  nest(fill: () => void): void {
    if (++this.#depth > this.limits.maxDepth) this.fail("amf.limit", `nested deeper than ${this.limits.maxDepth}`);
    try {
      fill();
    } catch (error) {
      if (!this.#endsHere(error)) throw error;
    }
    this.#depth--;
  }

  /** Refuses a count from the wire that the bytes left cannot hold. */
  checkCount(count: number, bytesEach: number): void {
    if (count * bytesEach <= this.reader.remaining) return;
    this.fail("bytes.truncated", `${count} elements announced, ${this.reader.remaining} bytes left`);
  }

  utf8(byteLength: number): string {
    this.checkCount(byteLength, 1);
    this.countString(byteLength);
    return this.reader.utf8(byteLength);
  }

  fail(code: ProtocolErrorCode, why: string, byteOffset: number = this.reader.offset): never {
    throw new ProtocolError(code, why, { byteOffset });
  }

  #endsHere(error: unknown): boolean {
    if (!this.isTolerant || !(error instanceof ProtocolError) || error.code !== "bytes.truncated") return false;
    // Nothing may be read from the middle of the part that was cut, so that the outer containers end here as well.
    this.reader.rest();
    return true;
  }
}
