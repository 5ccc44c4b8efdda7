import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { AmfExternalizable, AmfObject } from "./amf-value.ts";
import { decodeAmf0 } from "./amf0-decoder.ts";
import { Amf0Encoder } from "./amf0-encoder.ts";
import { decodeAmf3 } from "./amf3-decoder.ts";
import { Amf3Encoder } from "./amf3-encoder.ts";
import { classAlias, createRegistry } from "./class-alias.ts";
import type { ExternalizableCodec } from "./externalizable.ts";
import { toPlain } from "./to-plain.ts";

class Point {
  x: number;
  y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  sum(): number {
    return this.x + this.y;
  }
}

class Line {
  from: Point;
  to: Point;

  constructor(from: Point, to: Point) {
    this.from = from;
    this.to = to;
  }
}

const POINT = classAlias("P", Point, ["x", "y"]);
const LINE = classAlias("L", Line, ["from", "to"]);

test("instances travel as typed objects with their declared members, in AMF3 and AMF0", () => {
  const registry = createRegistry([POINT]);
  const amf3 = new Amf3Encoder({ registry });
  amf3.write(new Point(1, 2));
  const bytes = hex`0a 23 03 50 03 78 03 79 0401 0402 ; sealed P x=1 y=2`;
  deepEqual(amf3.take(), bytes);
  const amf0 = new Amf0Encoder({ registry });
  amf0.write(new Point(1, 2));
  const [typed] = decodeAmf0(amf0.take());
  for (const value of [typed, ...decodeAmf3(bytes)]) {
    const point: unknown = toPlain(value, { registry });
    ok(point instanceof Point);
    equal(point.sum(), 3);
  }
});

test("instances inside instances, arrays and objects are made too", () => {
  const registry = createRegistry([POINT, LINE]);
  const encoder = new Amf3Encoder({ registry });
  encoder.write({ lines: [new Line(new Point(1, 2), new Point(3, 4))] });
  const [value] = decodeAmf3(encoder.take(), { registry });
  const plain: unknown = toPlain(value, { registry });
  deepEqual(plain, Object.assign(Object.create(null), { lines: [new Line(new Point(1, 2), new Point(3, 4))] }));
});

test("members that were not declared are ignored, whatever their names", () => {
  const registry = createRegistry([POINT]);
  const hostile = new AmfObject(
    [
      ["x", 1],
      ["sum", "no function"],
      ["__proto__", new AmfObject([["isAdmin", true]])],
      ["constructor", "Function"],
    ],
    { className: "P" },
  );
  const point: unknown = toPlain(hostile, { registry });
  ok(point instanceof Point);
  deepEqual(Object.getOwnPropertyNames(point), ["x", "y"]);
  equal(point.y, undefined);
  equal(typeof point.sum, "function");
  equal("isAdmin" in point, false);
});

test("a class without alias stays plain", () => {
  const plain = toPlain(new AmfObject([["x", 1]], { className: "Other" }), { registry: createRegistry([POINT]) });
  deepEqual(plain, Object.assign(Object.create(null), { x: 1 }));
});

test("an instance that contains itself is refused", () => {
  const object = new AmfObject([], { className: "L", sealedKeys: ["from"], isDynamic: false });
  object.members.set("from", object);
  throws(() => toPlain(object, { registry: createRegistry([LINE]) }), { code: "amf.limit" });
});

test("the same class may be given twice, another one of its name may not", () => {
  equal(createRegistry([POINT, POINT]).fromAmfObject(new AmfObject([], { className: "P" })) instanceof Point, true);
  throws(() => createRegistry([POINT, classAlias("P", Line, [])]), /class P is declared twice/);
  throws(() => createRegistry([POINT, classAlias("Q", Point, [])]), /class Q is declared twice/);
});

test("what a codec throws is told as a violation of this one message", () => {
  const codec: ExternalizableCodec = {
    className: "Q",
    decode(decoder) {
      if (decoder.reader.u8() === 0) throw new TypeError("a zero");
      return decoder.reader.u32();
    },
    encode() {
      throw new RangeError("never");
    },
  };
  const registry = createRegistry([codec]);
  deepEqual(decodeAmf3(hex`0a 07 03 51 01 00000005`, { registry }), [new AmfExternalizable("Q", 5)]);
  throws(() => decodeAmf3(hex`0a 07 03 51 00`, { registry }), {
    code: "amf.externalizable",
    message: "Q cannot be read: a zero",
  });
  throws(() => decodeAmf3(hex`0a 07 03 51 01 0000`, { registry }), { code: "bytes.truncated" });
  const encoder = new Amf3Encoder({ registry });
  throws(() => encoder.write(new AmfExternalizable("Q", 1)), { code: "amf.encode" });
});
