import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { AmfDictionary, AmfExternalizable, AmfObject } from "./amf-value.ts";
import { decodeAmf0 } from "./amf0-decoder.ts";
import { Amf0Encoder, encodeAmf0 } from "./amf0-encoder.ts";
import { decodeAmf3 } from "./amf3-decoder.ts";
import { Amf3Encoder, encodeAmf3 } from "./amf3-encoder.ts";
import { type ExternalizableCodec, ExternalizableRegistry } from "./externalizable.ts";

/** A flag byte, a value if it is 1, then a word of 4 bytes. */
const FLAGGED: ExternalizableCodec = {
  className: "Q",
  decode(decoder) {
    const value = decoder.reader.u8() === 1 ? decoder.read() : undefined;
    return [value, decoder.reader.u32()];
  },
  encode(content, encoder) {
    if (!Array.isArray(content)) throw new ProtocolError("amf.encode", "Q holds a pair");
    encoder.writer.u8(content[0] === undefined ? 0 : 1);
    if (content[0] !== undefined) encoder.write(content[0]);
    encoder.writer.u32(Number(content[1]));
  },
};

class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

function registryWithPoint(): ExternalizableRegistry {
  return new ExternalizableRegistry().registerClass({
    className: "P",
    type: Point,
    toAmfObject: ({ x, y }) =>
      new AmfObject(Object.entries({ x, y }), { className: "P", sealedKeys: ["x", "y"], isDynamic: false }),
    fromAmfObject: (object) => new Point(Number(object.get("x")), Number(object.get("y"))),
  });
}

for (const name of ["ArrayCollection", "ArrayList", "ObjectProxy", "SerializationProxy"]) {
  test(`${name} of Flex wraps one value`, () => {
    const value = new AmfExternalizable(`flex.messaging.io.${name}`, [1, "x"]);
    deepEqual(decodeAmf3(encodeAmf3(value)), [value]);
    deepEqual(decodeAmf0(encodeAmf0(value)), [value]);
  });
}

test("ManagedObjectProxy of Flex holds counted pairs", () => {
  const className = "flex.messaging.io.ManagedObjectProxy";
  const value = new AmfExternalizable(className, new AmfDictionary([["k", 1]]));
  const bytes = hex`0a 07 49 666c65782e6d6573736167696e672e696f2e4d616e616765644f626a65637450726f7879
    00000001 06 03 6b 0401`;
  deepEqual(encodeAmf3(value), bytes);
  deepEqual(decodeAmf3(bytes), [value]);
  bytes.fill(0xff, bytes.length - 9, bytes.length - 5);
  throws(() => decodeAmf3(bytes), { code: "bytes.truncated", byteOffset: bytes.length - 5 });
  throws(() => encodeAmf3(new AmfExternalizable(className, [])), { code: "amf.encode" });
});

test("the second object of an externalizable class refers to its traits", () => {
  const list = () => new AmfExternalizable("flex.messaging.io.ArrayList", null);
  const bytes = hex`
    0a 07 37 666c65782e6d6573736167696e672e696f2e41727261794c697374 01
    0a 01 01
  `;
  deepEqual(encodeAmf3(list(), list()), bytes);
  deepEqual(decodeAmf3(bytes), [list(), list()]);
});

test("a codec of the application reads and writes bytes between values", () => {
  const registry = new ExternalizableRegistry().register(FLAGGED);
  const bytes = hex`0a 07 03 51 01 06 00 00000005`;
  const encoder = new Amf3Encoder({ registry });
  encoder.write(new AmfExternalizable("Q", ["Q", 5]));
  deepEqual(encoder.take(), bytes);
  deepEqual(decodeAmf3(bytes, { registry }), [new AmfExternalizable("Q", ["Q", 5])]);
  for (let length = 1; length < bytes.length; length++) {
    throws(() => decodeAmf3(bytes.subarray(0, length), { registry }), { code: "bytes.truncated" });
  }
});

test("what one registry knows, others do not", () => {
  const bytes = hex`0a 07 03 51 00 00000005`;
  equal(decodeAmf3(bytes, { registry: new ExternalizableRegistry().register(FLAGGED) }).length, 1);
  throws(() => decodeAmf3(bytes), { code: "amf.externalizable", byteOffset: 4 });
});

test("a class of the application is written as its typed object, once if it is shared", () => {
  const encoder = new Amf3Encoder({ registry: registryWithPoint() });
  const point = new Point(1, 2);
  encoder.write([point, point]);
  deepEqual(encoder.take(), hex`09 05 01 0a 23 03 50 03 78 03 79 0401 0402 0a 02`);
});

test("a class of the application is written in AMF0 as well", () => {
  const encoder = new Amf0Encoder({ registry: registryWithPoint() });
  encoder.write(new Point(1, 2));
  deepEqual(encoder.take(), hex`10 0001 50 0001 78 00 3ff0000000000000 0001 79 00 4000000000000000 0000 09`);
});

test("a decoded object stays data until the application asks for its instance", () => {
  const registry = registryWithPoint();
  const [object] = decodeAmf3(hex`0a 23 03 50 03 78 03 79 0401 0402`, { registry });
  ok(object instanceof AmfObject);
  deepEqual(registry.fromAmfObject(object), new Point(1, 2));
  equal(registry.fromAmfObject(new AmfObject([], { className: "Object" })), undefined);
});

test("a member named constructor chooses no class", () => {
  const encoder = new Amf3Encoder({ registry: registryWithPoint() });
  throws(() => encoder.write({ constructor: Point }), { code: "amf.encode" });
});
