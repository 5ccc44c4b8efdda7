import { formatHex } from "../../bytes/hex.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  type AmfEncodable,
  AmfExternalizable,
  AmfObject,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";

/** How much of a value is shown. */
export type DescribeAmfLimits = {
  /** Of one string or name. @default 80 */
  readonly maxStringLength: number;
  /** Of a ByteArray. @default 16 */
  readonly maxBytes: number;
  /** Values in all; the rest is an ellipsis. @default 50 */
  readonly maxNodes: number;
  /** Containers inside each other. @default 6 */
  readonly maxDepth: number;
};

const DEFAULT_LIMITS: DescribeAmfLimits = { maxStringLength: 80, maxBytes: 16, maxNodes: 50, maxDepth: 6 };

/**
 * One line for traces and logs, never more than some kilobytes: `{app: "live", capabilities: 15}`. Characters that
 * a log or a terminal would obey are escaped.
 */
export function describeAmf(value: AmfEncodable, limits: Partial<DescribeAmfLimits> = {}): string {
  return new Description({ ...DEFAULT_LIMITS, ...limits }).describe(value, 0);
}

class Description {
  readonly #limits: DescribeAmfLimits;
  #nodesLeft: number;

  constructor(limits: DescribeAmfLimits) {
    this.#limits = limits;
    this.#nodesLeft = limits.maxNodes;
  }

  describe(value: AmfEncodable, depth: number): string {
    if (this.#nodesLeft-- <= 0) return "…";
    switch (typeof value) {
      case "string":
        return this.#quote(value);
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "object":
        return value === null ? "null" : this.#describeObject(value, depth);
      case "function":
        return "function";
      default:
        return String(value);
    }
  }

  #describeObject(value: object, depth: number): string {
    if (value instanceof Uint8Array) return this.#describeBytes(value);
    if (value instanceof AmfDate) return `Date(${value.epochMs})`;
    if (value instanceof Date) return `Date(${value.getTime()})`;
    if (value instanceof AmfXml) return `${value.isDocument ? "XMLDocument" : "XML"}(${this.#quote(value.text)})`;
    if (depth >= this.#limits.maxDepth) return "…";
    if (Array.isArray(value)) return `[${this.#list(value, depth)}]`;
    if (value instanceof AmfObject) {
      const className = value.className === "" ? "" : this.#name(value.className);
      return `${className}{${this.#members(value.members, depth)}}`;
    }
    if (value instanceof AmfEcmaArray) return this.#describeEcmaArray(value, depth);
    if (value instanceof AmfVector) return `Vector[${this.#list(value.values, depth)}]`;
    if (value instanceof AmfDictionary) return `Dictionary{${this.#entries(value, depth)}}`;
    if (value instanceof AmfExternalizable) {
      return `${this.#name(value.className)}(${this.describe(value.content, depth + 1)})`;
    }
    return `{${this.#members(Object.entries(value), depth)}}`;
  }

  #describeEcmaArray(array: AmfEcmaArray, depth: number): string {
    const elements = array.elements.length > 0 ? ` [${this.#list(array.elements, depth)}]` : "";
    return `Array{${this.#members(array.members, depth)}}${elements}`;
  }

  #describeBytes(bytes: Uint8Array): string {
    const isCut = bytes.length > this.#limits.maxBytes;
    return `<${bytes.length} bytes ${formatHex(bytes.subarray(0, this.#limits.maxBytes))}${isCut ? "…" : ""}>`;
  }

  #members(members: Iterable<readonly [string, AmfEncodable]>, depth: number): string {
    return this.#join(members, ([key, value]) => `${this.#name(key)}: ${this.describe(value, depth + 1)}`);
  }

  #entries(dictionary: AmfDictionary, depth: number): string {
    return this.#join(dictionary.entries, ([key, value]) => {
      return `${this.describe(key, depth + 1)}: ${this.describe(value, depth + 1)}`;
    });
  }

  #list(values: Iterable<AmfEncodable>, depth: number): string {
    return this.#join(values, (value) => this.describe(value, depth + 1));
  }

  /** Stops where the nodes are used up: a list may be millions long. */
  #join<Part>(parts: Iterable<Part>, describe: (part: Part) => string): string {
    const described: string[] = [];
    for (const part of parts) {
      if (this.#nodesLeft <= 0) {
        described.push("…");
        break;
      }
      described.push(describe(part));
    }
    return described.join(", ");
  }

  /** A name stands without quotes where it cannot be misread. */
  #name(name: string): string {
    return /^[\w.$@|]{1,80}$/.test(name) ? name : this.#quote(name);
  }

  #quote(text: string): string {
    const { maxStringLength } = this.#limits;
    if (text.length <= maxStringLength) return escapeInvisible(JSON.stringify(text));
    return `${escapeInvisible(JSON.stringify(text.slice(0, maxStringLength)))}… (${text.length} characters)`;
  }
}

/** What JSON leaves as it is and a terminal or a log does not: line separators, direction marks, C1 controls. */
function escapeInvisible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
