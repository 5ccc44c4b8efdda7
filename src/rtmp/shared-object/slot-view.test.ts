import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { viewSlots } from "./slot-view.ts";

test("slots are read as members, whatever their names are, and cannot be changed or frozen", () => {
  const slots = new Map<string, AmfValue>([
    ["a", 1],
    ["__proto__", 2],
    ["toString", 3],
  ]);
  const view = viewSlots<Record<string, unknown>>(slots, undefined);
  const entries = Array.from(slots);
  deepEqual(Object.entries(view), entries);
  throws(() => Object.assign(view, { a: 2 }), TypeError);
  throws(() => Object.freeze(view), TypeError);
  throws(() => Object.preventExtensions(view), TypeError);
  slots.set("b", 4);
  deepEqual(Object.entries(view), [...entries, ["b", 4]]);
});
