import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { AmfDate, AmfEcmaArray, AmfObject, type AmfValue } from "../formats/amf/amf-value.ts";
import { plainJson } from "./plain-json.ts";

test("values as JSON", () => {
  equal(plainJson(undefined), "null");
  equal(plainJson(1.5), "1.5");
  equal(plainJson(Number.NaN), "null");
  equal(plainJson(new AmfDate(0)), '"1970-01-01T00:00:00.000Z"');
  equal(plainJson(new AmfDate(Number.NaN)), "null");
  equal(plainJson(Uint8Array.of(1, 2, 255)), '"AQL/"');
  equal(plainJson(new AmfEcmaArray([["a", [true, null]]])), '{"a":[true,null]}');
  equal(plainJson(new AmfObject([["a", 1]]), true), '{\n  "a": 1\n}');
});

test("names that JavaScript knows are names like others", () => {
  const object = new AmfObject([
    ["__proto__", 1],
    ["constructor", 2],
    ["toJSON", 3],
  ]);
  equal(plainJson(object), '{"__proto__":1,"constructor":2,"toJSON":3}');
});

test("a value that contains itself is no JSON", () => {
  const list: AmfValue[] = [];
  list.push(list);
  throws(() => plainJson(list), /contains itself/);
});
