import { ProtocolError } from "../../errors.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  type AmfVector,
  AmfXml,
} from "./amf-value.ts";
import type { ExternalizableRegistry } from "./externalizable.ts";

/** Objects have no prototype, so that every key is data. */
export type PlainValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | Date
  | Uint8Array
  | PlainValue[]
  | { [key: string]: PlainValue };

/** How large a value may become without references, and what typed objects become. */
export type PlainLimits = {
  /** Whose aliases make instances of typed objects; they stand in the result though its type does not name them. @default none */
  readonly registry?: ExternalizableRegistry;
  /** @default 100_000 */
  readonly maxNodes: number;
  /** @default 512 */
  readonly maxDepth: number;
};

/**
 * A value as plain JavaScript, fit for JSON: names of classes are lost, collections of Flex become what they wrap,
 * XML its text, a dictionary an array of `[key, value]`, and shared values are copied at each place. Keys that look
 * like integers come first. Throws `amf.limit` for a value that contains itself, or grows beyond the limits.
 */
export function toPlain(value: AmfValue, limits: Partial<PlainLimits> = {}): PlainValue {
  return new Expansion({ maxNodes: 100_000, maxDepth: 512, ...limits }).expand(value);
}

class Expansion {
  readonly #limits: PlainLimits;
  readonly #open = new Set<AmfValue>();
  #nodes = 0;

  constructor(limits: PlainLimits) {
    this.#limits = limits;
  }

  expand(value: AmfValue): PlainValue {
    this.#count(1);
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Uint8Array) return value;
    if (value instanceof AmfDate) return new Date(value.epochMs);
    if (value instanceof AmfXml) return value.text;
    if (this.#open.has(value)) throw new ProtocolError("amf.limit", "a value that contains itself");
    if (this.#open.size >= this.#limits.maxDepth) {
      throw new ProtocolError("amf.limit", `nested deeper than ${this.#limits.maxDepth}`);
    }
    this.#open.add(value);
    const plain = this.#expandContainer(value);
    this.#open.delete(value);
    return plain;
  }

  #expandContainer(
    value: AmfValue[] | AmfObject | AmfEcmaArray | AmfVector | AmfDictionary | AmfExternalizable,
  ): PlainValue {
    if (Array.isArray(value)) return this.#expandAll(value);
    if (value instanceof AmfObject) return this.#expandObject(value);
    if (value instanceof AmfEcmaArray) return this.#expandMembers(value.members, value.elements);
    if (value instanceof AmfDictionary) return Array.from(value.entries, (entry) => this.#expandAll(entry));
    if (value instanceof AmfExternalizable) return this.expand(value.content);
    if (Array.isArray(value.values)) return this.#expandAll(value.values);
    this.#count(value.values.length);
    return Array.from(value.values);
  }

  #expandObject(object: AmfObject): PlainValue {
    const instance = this.#limits.registry?.fromAmfObject(object, (member) => this.expand(member));
    if (instance === undefined) return this.#expandMembers(object.members, []);
    return instance as { [key: string]: PlainValue };
  }

  #expandAll(values: readonly AmfValue[]): PlainValue[] {
    return values.map((value) => this.expand(value));
  }

  #expandMembers(members: ReadonlyMap<string, AmfValue>, elements: readonly AmfValue[]): PlainValue {
    const plain: { [key: string]: PlainValue } = Object.create(null);
    for (const [index, element] of elements.entries()) plain[index] = this.expand(element);
    for (const [key, value] of members) plain[key] = this.expand(value);
    return plain;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.maxNodes) {
      throw new ProtocolError("amf.limit", `more than ${this.#limits.maxNodes} values without references`);
    }
  }
}
