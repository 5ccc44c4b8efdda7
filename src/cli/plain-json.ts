import type { AmfValue } from "../formats/amf/amf-value.ts";
import { toPlain } from "../formats/amf/to-plain.ts";

/**
 * A value as JSON: dates are ISO 8601, byte arrays base64, undefined null, numbers that JSON does not know null. Indented
 * for people. Throws `amf.limit` for a value that contains itself.
 */
export function plainJson(value: AmfValue, isForPeople = false): string {
  const plain = toPlain(value) ?? null;
  return JSON.stringify(bytesAsText(plain), undefined, isForPeople ? 2 : undefined);
}

/** For a part of a larger JSON value. */
export function jsonValue(value: AmfValue): unknown {
  return bytesAsText(toPlain(value) ?? null);
}

function bytesAsText(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  // JSON refuses a date that is none.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (Array.isArray(value)) return value.map(bytesAsText);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, bytesAsText(member)] as const);
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}
