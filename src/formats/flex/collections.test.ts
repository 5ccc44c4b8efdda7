import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { AmfDictionary, AmfExternalizable, AmfObject } from "../amf/amf-value.ts";
import { decodeAmf3 } from "../amf/amf3-decoder.ts";
import { encodeAmf3 } from "../amf/amf3-encoder.ts";
import { arrayCollection, objectProxy, unwrapFlexValue } from "./collections.ts";

test("collections and proxies are unwrapped, also inside each other", () => {
  const pairs = new AmfDictionary([["a", 1]]);
  deepEqual(unwrapFlexValue(arrayCollection([1, 2])), [1, 2]);
  deepEqual(unwrapFlexValue(new AmfExternalizable("flex.messaging.io.ArrayList", arrayCollection([1]))), [1]);
  equal(unwrapFlexValue(new AmfExternalizable("flex.messaging.io.ManagedObjectProxy", pairs)), pairs);
});

test("everything else stays as it is", () => {
  const message = new AmfExternalizable("DSA", new AmfObject());
  equal(unwrapFlexValue(message), message);
  equal(unwrapFlexValue("x"), "x");
});

test("a wrapper of itself ends", () => {
  const wrapper = new AmfExternalizable("flex.messaging.io.ObjectProxy");
  wrapper.content = wrapper;
  equal(unwrapFlexValue(wrapper), wrapper);
});

test("plain objects and arrays can be sent as ObjectProxy and ArrayCollection", () => {
  const [proxy] = decodeAmf3(encodeAmf3(objectProxy({ list: arrayCollection([{ a: 1 }]) })));
  const object = unwrapFlexValue(proxy);
  ok(object instanceof AmfObject);
  deepEqual(unwrapFlexValue(object.get("list")), [new AmfObject([["a", 1]])]);
});
