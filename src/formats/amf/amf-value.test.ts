import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AmfDate, AmfEcmaArray, AmfObject, hasMembers } from "./amf-value.ts";

test("an object is anonymous and dynamic unless told otherwise", () => {
  const { className, sealedKeys, isDynamic } = new AmfObject();
  deepEqual({ className, sealedKeys, isDynamic }, { className: "", sealedKeys: [], isDynamic: true });
});

test("members are read by name, and nothing is inherited", () => {
  const object = new AmfObject([["app", "live"]]);
  equal(object.get("app"), "live");
  equal(object.get("hasOwnProperty"), undefined);
});

test("objects and ECMA arrays have members, nothing else has", () => {
  const values = [new AmfObject(), new AmfEcmaArray(), [], null, "x", new AmfDate(0), { get: () => 1 }];
  deepEqual(values.map(hasMembers), [true, true, false, false, false, false, false]);
});
