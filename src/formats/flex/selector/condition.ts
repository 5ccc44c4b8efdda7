import type { FlexHeaders } from "../message.ts";
import { type LikePattern, matchesLike } from "./like.ts";

/** What a part of a selector comes to. Undefined is the NULL of SQL: unknown, and so is what depends on it. */
export type SelectorValue = string | number | boolean | undefined;

/** A part of a selector, ready to be asked. */
export type Condition = (headers: FlexHeaders) => SelectorValue;

export type ComparisonSign = "=" | "<>" | "<" | "<=" | ">" | ">=";

export function constant(value: SelectorValue): Condition {
  return () => value;
}

/** A header. One that is no text, number or truth value counts as missing. */
export function header(name: string): Condition {
  return (headers) => {
    const value = headers.get(name);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
  };
}

/** False as soon as one is false, though others be unknown. */
export function all(conditions: readonly Condition[]): Condition {
  return (headers) => {
    let isUnknown = false;
    for (const condition of conditions) {
      const value = condition(headers);
      if (value === false) return false;
      if (value !== true) isUnknown = true;
    }
    return isUnknown ? undefined : true;
  };
}

/** True as soon as one is true, though others be unknown. */
export function any(conditions: readonly Condition[]): Condition {
  return (headers) => {
    let isUnknown = false;
    for (const condition of conditions) {
      const value = condition(headers);
      if (value === true) return true;
      if (value !== false) isUnknown = true;
    }
    return isUnknown ? undefined : false;
  };
}

export function not(condition: Condition): Condition {
  return (headers) => {
    const value = condition(headers);
    return typeof value === "boolean" ? !value : undefined;
  };
}

/** What is of another kind is neither equal nor different; texts and truth values have no order. */
export function comparison(left: Condition, sign: ComparisonSign, right: Condition): Condition {
  return (headers) => compare(left(headers), sign, right(headers));
}

/** Whether the value is among those listed; without one, unknown. */
export function among(value: Condition, list: readonly SelectorValue[]): Condition {
  const values = new Set(list);
  return (headers) => {
    const found = value(headers);
    return found === undefined ? undefined : values.has(found);
  };
}

export function like(value: Condition, pattern: LikePattern): Condition {
  return (headers) => {
    const text = value(headers);
    return typeof text === "string" ? matchesLike(text, pattern) : undefined;
  };
}

/** Never unknown itself. */
export function isNull(value: Condition): Condition {
  return (headers) => value(headers) === undefined;
}

export function arithmetic(left: Condition, sign: string, right: Condition): Condition {
  return (headers) => {
    const a = left(headers);
    const b = right(headers);
    return typeof a === "number" && typeof b === "number" ? calculate(a, sign, b) : undefined;
  };
}

function compare(left: SelectorValue, sign: ComparisonSign, right: SelectorValue): SelectorValue {
  if (left === undefined || right === undefined) return undefined;
  if (typeof left !== typeof right) return undefined;
  if (sign === "=") return left === right;
  if (sign === "<>") return left !== right;
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  if (sign === "<") return left < right;
  if (sign === "<=") return left <= right;
  return sign === ">" ? left > right : left >= right;
}

function calculate(a: number, sign: string, b: number): number {
  if (sign === "+") return a + b;
  if (sign === "-") return a - b;
  return sign === "*" ? a * b : a / b;
}
