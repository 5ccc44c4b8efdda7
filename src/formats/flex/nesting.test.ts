import { doesNotThrow, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
} from "../amf/amf-value.ts";
import { checkFlexNesting } from "./nesting.ts";

/** A value inside as many wrappings. */
function nested(depth: number, wrap: (inner: AmfValue) => AmfValue): AmfValue {
  let value: AmfValue = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

const COLLECTIONS: Readonly<Record<string, (inner: AmfValue) => AmfValue>> = {
  arrays: (inner) => [inner],
  "arrays with names": (inner) => new AmfEcmaArray([["a", inner]]),
  "elements of arrays with names": (inner) => new AmfEcmaArray([], [inner]),
  vectors: (inner) => new AmfVector([inner]),
  "values of dictionaries": (inner) => new AmfDictionary([["k", inner]]),
  "keys of dictionaries": (inner) => new AmfDictionary([[inner, 1]]),
  ArrayCollections: (inner) => new AmfExternalizable("flex.messaging.io.ArrayCollection", [inner]),
  "arrays in objects": (inner) => new AmfObject([["a", [inner]]]),
};

for (const [name, wrap] of Object.entries(COLLECTIONS)) {
  test(`${name} may nest 15 deep, and no deeper`, () => {
    doesNotThrow(() => checkFlexNesting(nested(15, wrap)));
    throws(() => checkFlexNesting(nested(16, wrap)), { code: "amf.limit" });
  });
}

test("objects count for nothing here: the decoder bounds them", () => {
  doesNotThrow(() => checkFlexNesting(nested(64, (inner) => new AmfObject([["a", inner]]))));
});

test("what refers to itself is looked at once, and what is shared too", () => {
  const cycle: AmfValue[] = [];
  cycle.push(cycle);
  doesNotThrow(() => checkFlexNesting(cycle));
  doesNotThrow(() => checkFlexNesting(nested(15, (inner) => [inner, inner, inner, inner, inner, inner, inner, inner])));
});

test("another limit may be set", () => {
  throws(() => checkFlexNesting([[1]], { maxCollectionDepth: 1 }), { code: "amf.limit" });
  doesNotThrow(() => checkFlexNesting([1], { maxCollectionDepth: 1 }));
});
