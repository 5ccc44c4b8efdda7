import { equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import type { AmfValue } from "../../amf/amf-value.ts";
import { MAX_LIKE_CHARACTERS } from "./like.ts";
import { parseSelector } from "./selector.ts";

const HEADERS: ReadonlyMap<string, AmfValue> = new Map<string, AmfValue>([
  ["symbol", "ADBE"],
  ["price", 12.5],
  ["count", 3],
  ["urgent", true],
  ["note", "50%_off"],
  ["quote", "it's"],
  ["list", [1]],
  ["DS.Priority_1", 4],
  ["größe", 7],
]);

function matches(source: string): boolean {
  return parseSelector(source)(HEADERS);
}

const TRUE = [
  "symbol = 'ADBE'",
  "symbol <> 'X'",
  "price > 12 AND price < 13",
  "price >= 12.5 and price <= 12.5",
  "price = 1.25e1",
  "count = 3.0",
  "count <> 4",
  "urgent",
  "urgent = TRUE",
  "urgent <> false",
  "NOT urgent = FALSE",
  "not not urgent",
  "TRUE",
  "symbol = 'X' OR count = 3",
  "FALSE OR FALSE OR TRUE",
  "TRUE OR FALSE AND FALSE",
  "(TRUE OR FALSE) AND TRUE",
  "count + 2 * 3 = 9",
  "(count + 2) * 3 = 15",
  "count - 1 - 1 = 1",
  "count / 2 = 1.5",
  "-count = -3",
  "- -count = 3",
  "+count = .3e1",
  "count BETWEEN 3 AND 5",
  "count NOT BETWEEN 4 AND 5",
  "count between 1 + 1 and 1 + 2 AND urgent",
  "symbol IN ('X', 'ADBE')",
  "symbol NOT IN ('X')",
  "count IN (1, 3, -5)",
  "symbol LIKE 'AD%'",
  "symbol LIKE '%B%'",
  "symbol LIKE 'A_B_'",
  "symbol LIKE 'ADBE'",
  "symbol LIKE '%'",
  "symbol LIKE '%A%D%B%E%'",
  "symbol NOT LIKE 'a%'",
  "note LIKE '50!%!_%' ESCAPE '!'",
  "quote = 'it''s'",
  "missing IS NULL",
  "list IS NULL",
  "symbol IS NOT NULL",
  "DS.Priority_1 = 4",
  "größe = 7",
  "missing = 1 OR urgent",
  "NOT (missing = 1 AND FALSE)",
];

const FALSE = [
  "symbol = 'adbe'",
  "symbol = \u0027ADB\u0027",
  "price > 12.5",
  "NOT urgent",
  "FALSE",
  "count",
  "symbol",
  "symbol = 3",
  "symbol <> 3",
  "symbol < 'Z'",
  "urgent > FALSE",
  "symbol + 1 = 1",
  "symbol LIKE 'DBE'",
  "symbol LIKE 'ADBE_'",
  "symbol LIKE '_'",
  "count LIKE '3'",
  "count BETWEEN 4 AND 3",
  "symbol IN ('A')",
  "note LIKE '50!%!_' ESCAPE '!'",
];

/** Neither the condition nor its opposite matches. */
const UNKNOWN = [
  "missing = 1",
  "missing <> 1",
  "missing LIKE '%'",
  "missing IN ('a')",
  "missing BETWEEN 1 AND 2",
  "missing",
  "missing + 1 = 1",
  "list = 1",
  "symbol = 3",
  "missing = 1 AND urgent",
];

test("conditions that hold", () => {
  for (const source of TRUE) ok(matches(source), source);
});

test("conditions that do not", () => {
  for (const source of FALSE) ok(!matches(source), source);
});

test("what depends on a header that is missing is unknown, and its opposite too", () => {
  for (const source of UNKNOWN) {
    equal(matches(source), false, source);
    equal(matches(`NOT (${source})`), false, source);
  }
});

const BROKEN = [
  ...["", " ", "=", "symbol =", "= 1", "symbol 'a'", "(symbol", "symbol)", "()", "a b", "a AND", "OR a", "NOT"],
  ...[
    "a NOT 1",
    "a NOT",
    "a IN",
    "a IN ()",
    "a IN (b)",
    "a IN ('x'",
    "a IN ('x' 'y')",
    "a IN (-'x')",
    "a LIKE",
    "a LIKE b",
  ],
  ...[
    "a LIKE 1",
    "a LIKE '%' ESCAPE",
    "a LIKE '%' ESCAPE 'xy'",
    "a LIKE 'x!' ESCAPE '!'",
    "a IS",
    "a IS NOT",
    "a IS 1",
  ],
  ...[
    "a BETWEEN 1",
    "a BETWEEN 1 OR 2",
    "'open",
    "a = 1 = 2",
    "a == 1",
    "a != 1",
    "a # b",
    "a; DROP TABLE x",
    'a = "x"',
  ],
  ...["AND", "NULL", "a = NULL", "1 2", "a.b()", "process.exit(1)", "`a`", "a[0]", "\u0000"],
];

test("what is no condition is refused with its place", () => {
  for (const source of BROKEN) throws(() => parseSelector(source), { code: "flex.selector" }, source);
  throws(() => parseSelector("a = 'open"), { message: /a text without its end at character 5 / });
  throws(() => parseSelector("a = "), { message: /no value at character 4 / });
});

test("names of JavaScript are headers that are not there", () => {
  for (const name of ["__proto__", "constructor", "toString"]) ok(matches(`${name} IS NULL`));
});

test("length and depth are bounded: one beyond each limit is refused", () => {
  const long = (length: number): string => `a = '${"x".repeat(length - 6)}'`;
  equal(parseSelector(long(512))(HEADERS), false);
  throws(() => parseSelector(long(513)), { code: "flex.selector" });
  const deep = (depth: number): string => `${"(".repeat(depth)}urgent${")".repeat(depth)}`;
  ok(parseSelector(deep(32))(HEADERS));
  throws(() => parseSelector(deep(33)), { code: "flex.selector" });
  throws(() => parseSelector(`${"NOT ".repeat(33)}urgent`), { code: "flex.selector" });
  throws(() => parseSelector(`${"-".repeat(33)}count = 3`), { code: "flex.selector" });
  ok(parseSelector(Array.from({ length: 46 }, () => "urgent").join(" AND "))(HEADERS));
});

test("a text longer than a pattern is compared with matches none", () => {
  const like = parseSelector("text LIKE '%x%'");
  const text = (length: number) => new Map([["text", "x".repeat(length)]]);
  ok(like(text(MAX_LIKE_CHARACTERS)));
  ok(!like(text(MAX_LIKE_CHARACTERS + 1)));
});

test("patterns made to go back again and again come to an end soon", () => {
  const hostile = parseSelector(`text LIKE '${"%a".repeat(200)}b'`);
  equal(hostile(new Map([["text", "a".repeat(MAX_LIKE_CHARACTERS)]])), false);
});
