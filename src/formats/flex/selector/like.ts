import { refuseSelector } from "./refuse.ts";

/** `%` in a pattern: any number of characters; `_`: one. Everything else is itself. */
export type LikePattern = readonly (string | typeof ANY | typeof ONE)[];

const ANY: unique symbol = Symbol("%");
const ONE: unique symbol = Symbol("_");

/** Longer texts match no pattern: what comparing costs grows with the product of both lengths. */
export const MAX_LIKE_CHARACTERS = 1024;

/** `escapeSign` makes the next sign itself; "" for none. */
export function parseLikePattern(pattern: string, escapeSign: string, at: number): LikePattern {
  const parts: (string | typeof ANY | typeof ONE)[] = [];
  const signs = [...pattern];
  for (let index = 0; index < signs.length; index++) {
    const sign = signs[index] ?? "";
    if (sign === escapeSign) {
      const escaped = signs[++index];
      parts.push(escaped ?? refuseSelector("a pattern that ends with its escape sign", at));
    } else if (sign === "%") {
      if (parts.at(-1) !== ANY) parts.push(ANY);
    } else parts.push(sign === "_" ? ONE : sign);
  }
  return parts;
}

/** Goes back to the last `%` only, so that it takes no more steps than the product of both lengths. */
export function matchesLike(text: string, pattern: LikePattern): boolean {
  if (text.length > MAX_LIKE_CHARACTERS) return false;
  const signs = [...text];
  let sign = 0;
  let part = 0;
  let lastAny = -1;
  let retryFrom = 0;
  while (sign < signs.length) {
    if (pattern[part] === ANY) {
      lastAny = part++;
      retryFrom = sign;
    } else if (part < pattern.length && (pattern[part] === ONE || pattern[part] === signs[sign])) {
      part++;
      sign++;
    } else if (lastAny >= 0) {
      part = lastAny + 1;
      sign = ++retryFrom;
    } else return false;
  }
  while (pattern[part] === ANY) part++;
  return part === pattern.length;
}
