import { formatHex } from "../../src/bytes/hex.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "../../src/formats/amf/index.ts";

/**
 * What a value says, as text: for comparing what libraries make of the same value. The order of members does not count,
 * nor whether AMF3 wrote them sealed or dynamic. What stands in several places shows as `#n` from the second on, so a copy
 * in the place of a reference shows; an empty array of names is an empty array.
 */
export function amfMeaning(value: AmfValue): string {
  return new Meaning().of(value);
}

class Meaning {
  readonly #seen = new Map<object, number>();

  of(value: AmfValue): string {
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value !== "object" || value === null) return String(value);
    // Dates and XML are equal by what they say: not every library has them as objects.
    if (value instanceof AmfDate) return `date ${value.epochMs}`;
    if (value instanceof AmfXml) return `${value.isDocument ? "document" : "xml"} ${JSON.stringify(value.text)}`;
    const number = this.#seen.get(value);
    if (number !== undefined) return `#${number}`;
    this.#seen.set(value, this.#seen.size);
    return this.#ofContainer(value);
  }

  #ofContainer(value: AmfValue): string {
    if (value instanceof Uint8Array) return `bytes ${formatHex(value)}`;
    if (Array.isArray(value)) return `[${this.#list(value)}]`;
    if (value instanceof AmfObject) return `${value.className}{${this.#members(value.members)}}`;
    if (value instanceof AmfEcmaArray) return `[${this.#list(value.elements)}]{${this.#members(value.members)}}`;
    if (value instanceof AmfVector) return this.#vector(value);
    if (value instanceof AmfDictionary) {
      return `dictionary{${Array.from(value.entries, ([key, entry]) => `${this.of(key)}: ${this.of(entry)}`).join(", ")}}`;
    }
    return value instanceof AmfExternalizable ? `${value.className}(${this.of(value.content)})` : String(value);
  }

  #vector({ values, isFixed, typeName }: AmfVector): string {
    const kind = Array.isArray(values) ? `Object ${typeName}` : values.constructor.name;
    return `vector ${kind}${isFixed ? " fixed" : ""} [${this.#list(Array.from<AmfValue>(values))}]`;
  }

  #list(values: readonly AmfValue[]): string {
    return values.map((value) => this.of(value)).join(", ");
  }

  #members(members: ReadonlyMap<string, AmfValue>): string {
    const sorted = Array.from(members).sort(([one], [other]) => (one < other ? -1 : 1));
    return sorted.map(([key, value]) => `${JSON.stringify(key)}: ${this.of(value)}`).join(", ");
  }
}
