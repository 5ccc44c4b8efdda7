import { ByteWriter } from "../../bytes/byte-writer.ts";
import { ProtocolError } from "../../errors.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  type AmfEncodable,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";
import { BUILT_IN_REGISTRY, type ExternalizableRegistry } from "./externalizable.ts";

export type AmfEncodeOptions = {
  /** Which externalizable classes and classes of the application can be written. @default those of Flex */
  readonly registry?: ExternalizableRegistry;
  /** Containers inside each other, beyond which `amf.encode` refuses: peers would refuse as well. @default 64 */
  readonly maxDepth?: number;
  /** Values, repeated ones each time: a few shared arrays can stand for billions. @default 1_000_000 */
  readonly maxValues?: number;
  /** Bytes, beyond which no further value is written, but `amf.encode` thrown: what is repeated may be long. @default 64 MiB */
  readonly maxBytes?: number;
  /**
   * AMF0 only: write a value that occurs again as a reference. Otherwise it is written again, and only a value inside
   * itself becomes a reference, since librtmp and FFmpeg cannot read them (docs/interop.md). @default false
   */
  readonly hasSharedReferences?: boolean;
  /**
   * The connection's objectEncoding. With 3, arrays and objects are written as AMF3 behind the AVM+ switch; numbers,
   * strings and the like stay AMF0. @default 0
   */
  readonly objectEncoding?: 0 | 3;
  /** AMF0 only: other values of the message, as AMF3 perhaps, may be put in front of these. @default false */
  readonly isPartOfMessage?: boolean;
};

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** Bytes of one message in the making: shared by the AMF0 encoder and the AMF3 values inside. */
export class AmfOutput {
  readonly writer: ByteWriter = new ByteWriter();
  readonly registry: ExternalizableRegistry;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  readonly #maxBytes: number;
  #depth = 0;
  #values = 0;

  constructor(options: AmfEncodeOptions = {}) {
    this.registry = options.registry ?? BUILT_IN_REGISTRY;
    this.#maxDepth = options.maxDepth ?? 64;
    this.#maxValues = options.maxValues ?? 1_000_000;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** To be called before each value. */
  countValue(): void {
    if (++this.#values > this.#maxValues) refuseToEncode(`more than ${this.#maxValues} values`);
    this.#checkLength();
  }

  nest(write: () => void): void {
    if (++this.#depth > this.#maxDepth) refuseToEncode(`values nested deeper than ${this.#maxDepth}`);
    write();
    this.#depth--;
    this.#checkLength();
  }

  #checkLength(): void {
    if (this.writer.length > this.#maxBytes) refuseToEncode(`more than ${this.#maxBytes} bytes`);
  }

  /** The AMF value that an application's value stands for. Its parts are still as the application has them. */
  toAmfValue(value: AmfEncodable): AmfValue {
    switch (typeof value) {
      case "bigint":
        if (Number.isSafeInteger(Number(value))) return Number(value);
        return refuseToEncode(`the integer ${value}, which a double cannot hold`);
      case "function":
      case "symbol":
        return refuseToEncode(`a ${typeof value}`);
      case "object":
        return value === null ? null : this.#toAmfObject(value);
      default:
        return value;
    }
  }

  #toAmfObject(value: object): AmfValue {
    if (isAmfValue(value)) return value;
    if (value instanceof Date) return new AmfDate(value.getTime());
    const aliased = this.registry.toAmfObject(value);
    if (aliased !== undefined) return aliased;
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype) return new AmfObject(Object.entries(value));
    return refuseToEncode(`an instance of ${prototype.constructor?.name}, a class without alias`);
  }
}

/** Throws `amf.encode`. */
export function refuseToEncode(what: string): never {
  throw new ProtocolError("amf.encode", `cannot be written as AMF: ${what}`);
}

function isAmfValue(value: object): value is AmfValue & object {
  return (
    Array.isArray(value) ||
    value instanceof Uint8Array ||
    value instanceof AmfObject ||
    value instanceof AmfEcmaArray ||
    value instanceof AmfDate ||
    value instanceof AmfXml ||
    value instanceof AmfVector ||
    value instanceof AmfDictionary ||
    value instanceof AmfExternalizable
  );
}
