import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { encodeCommandValues } from "../../formats/amf/command-values.ts";
import { type PlainMetadata, plainMetadata } from "./plain-metadata.ts";

function metadata(...values: AmfEncodable[]): PlainMetadata | undefined {
  return plainMetadata(encodeCommandValues(["onMetaData", ...values]));
}

test("metadata become plain values", () => {
  const values = { width: 1280, stereo: true, encoder: "Lavf60", made: new Date(0), tracks: [1, null], more: { a: 1 } };
  deepEqual(JSON.parse(JSON.stringify(metadata(values))), { ...values, made: "1970-01-01T00:00:00.000Z" });
});

test("what JSON does not know is left out, and long text is cut", () => {
  deepEqual(metadata({ nothing: Number.NaN, far: Number.POSITIVE_INFINITY, text: "x".repeat(1000) }), {
    text: "x".repeat(200),
  });
});

test("a key that means something to JavaScript is a key", () => {
  const shown = metadata(JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'));
  deepEqual(Object.keys(shown ?? {}).sort(), ["__proto__", "constructor"]);
});

test("where there is none, more than is shown, or nothing that can be read, nothing is told", () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index]));
  equal(metadata(many), undefined);
  equal(metadata({ a: { b: { c: { d: {} } } } }), undefined);
  equal(metadata(), undefined);
  equal(metadata("text"), undefined);
  equal(metadata([1, 2]), undefined);
  equal(plainMetadata(hex`ff`), undefined);
  equal(plainMetadata(new Uint8Array(0)), undefined);
});

test("the same payload is read once", () => {
  const payload = encodeCommandValues(["onMetaData", { width: 1 }]);
  equal(plainMetadata(payload), plainMetadata(payload));
});
