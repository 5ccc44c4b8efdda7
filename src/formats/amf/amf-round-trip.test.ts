import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../errors.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";
import { decodeAmf0 } from "./amf0-decoder.ts";
import { Amf0Encoder } from "./amf0-encoder.ts";
import { decodeAmf3 } from "./amf3-decoder.ts";
import { encodeAmf3 } from "./amf3-encoder.ts";

const MAX_TEXT = { unit: "binary", maxLength: 12 } as const;
const text = fc.string(MAX_TEXT);
const name = fc.oneof(fc.string({ ...MAX_TEXT, minLength: 1 }), fc.constantFrom("__proto__", "constructor", "1", "0"));

const simple: fc.Arbitrary<AmfValue> = fc.oneof(
  fc.constantFrom<AmfValue[]>(undefined, null, true, false),
  fc.double(),
  fc.integer(),
  fc.integer({ min: -(2 ** 29), max: 2 ** 29 }),
  text,
  fc.uint8Array(),
  fc.tuple(text, fc.boolean()).map(([xml, isDocument]) => new AmfXml(xml, isDocument)),
  fc.int32Array().map((values) => new AmfVector(values)),
  fc.uint32Array().map((values) => new AmfVector(values, true)),
  fc.float64Array().map((values) => new AmfVector(values)),
);

/** The sealed members come first, so that keys and their order agree. */
function sealedObject(members: readonly [string, AmfValue][], className: string, isDynamic: boolean): AmfObject {
  const keys = Array.from(new Map(members).keys());
  const sealedKeys = isDynamic ? keys.slice(0, keys.length >> 1) : keys;
  return new AmfObject(members, { className, sealedKeys, isDynamic });
}

const { amf0, amf3 } = fc.letrec<{ amf0: AmfValue; amf3: AmfValue }>((tie) => {
  const members0 = fc.array(fc.tuple(fc.oneof(name, fc.constant("")), tie("amf0")));
  const members3 = fc.array(fc.tuple(name, tie("amf3")));
  const options = { maxDepth: 6, depthIdentifier: "amf" };
  return {
    amf0: fc.oneof(
      options,
      simple,
      fc.tuple(fc.double(), fc.integer({ min: -0x8000, max: 0x7fff })).map((parts) => new AmfDate(...parts)),
      fc.array(tie("amf0")),
      fc.tuple(members0, text).map(([members, className]) => new AmfObject(members, { className })),
      members0.map((members) => new AmfEcmaArray(members)),
    ),
    amf3: fc.oneof(
      options,
      simple,
      fc.double().map((epochMs) => new AmfDate(epochMs)),
      fc.array(tie("amf3")),
      fc.tuple(members3, text, fc.boolean()).map((parts) => sealedObject(...parts)),
      // Without names, an array comes back as a JavaScript array.
      fc
        .tuple(fc.array(fc.tuple(name, tie("amf3")), { minLength: 1 }), fc.array(tie("amf3")))
        .map((parts) => new AmfEcmaArray(...parts)),
      fc
        .tuple(fc.array(tie("amf3")), fc.boolean(), text)
        .map(([values, isFixed, typeName]) => new AmfVector(values, isFixed, typeName)),
      fc.tuple(fc.array(fc.tuple(tie("amf3"), tie("amf3"))), fc.boolean()).map((parts) => new AmfDictionary(...parts)),
      tie("amf3").map((content) => new AmfExternalizable("flex.messaging.io.ObjectProxy", content)),
      fc
        .array(fc.tuple(tie("amf3"), tie("amf3")))
        .map((entries) => new AmfExternalizable("flex.messaging.io.ManagedObjectProxy", new AmfDictionary(entries))),
    ),
  };
});

/** AMF0 with references, so that what was shared comes back shared. */
function encodeAmf0Sharing(...values: readonly AmfValue[]): Uint8Array {
  const encoder = new Amf0Encoder({ hasSharedReferences: true });
  for (const value of values) encoder.write(value);
  return encoder.take();
}

test("what AMF0 encodes, it decodes, and to the same bytes again", () => {
  fc.assert(
    fc.property(fc.array(amf0, { maxLength: 3 }), (values) => {
      const bytes = encodeAmf0Sharing(...values);
      const decoded = decodeAmf0(bytes);
      deepEqual(decoded, values);
      deepEqual(encodeAmf0Sharing(...decoded), bytes);
    }),
    { numRuns: 500 },
  );
});

test("what AMF3 encodes, it decodes, and to the same bytes again", () => {
  fc.assert(
    fc.property(fc.array(amf3, { maxLength: 3 }), (values) => {
      const bytes = encodeAmf3(...values);
      const decoded = decodeAmf3(bytes);
      deepEqual(decoded, values);
      deepEqual(encodeAmf3(...decoded), bytes);
    }),
    { numRuns: 500 },
  );
});

test("AMF3 values survive behind the AVM+ switch", () => {
  fc.assert(
    fc.property(amf3, (value) => {
      const encoder = new Amf0Encoder();
      encoder.writeAmf3(value);
      deepEqual(decodeAmf0(encoder.take()), [value]);
    }),
  );
});

test("plain data is encoded like the objects that stand for it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (json) => {
      // AMF3 has no members with an empty name.
      fc.pre(!JSON.stringify(json).includes('"":'));
      const data = json as object | null;
      const [decoded] = decodeAmf3(encodeAmf3({ data }));
      ok(decoded instanceof AmfObject);
      deepEqual(encodeAmf3(decoded), encodeAmf3({ data }));
    }),
  );
});

type Edges = readonly (readonly [from: number, to: number])[];

/** Arrays and objects that hold each other as `edges` say, in circles too. */
function graph(size: number, edges: Edges): AmfValue {
  const nodes = Array.from({ length: size }, (_, index): AmfValue[] | AmfObject => {
    return index % 2 === 0 ? [] : new AmfObject();
  });
  for (const [from, to] of edges) {
    const node = nodes[from % size];
    const target = nodes[to % size];
    if (Array.isArray(node)) node.push(target);
    else node?.members.set(`k${node.members.size}`, target);
  }
  return nodes[0];
}

/** Two graphs are equal when walking both meets the same nodes again at the same places. */
function equalGraphs(left: AmfValue, right: AmfValue, met: Map<AmfValue, AmfValue> = new Map()): void {
  const before = met.get(left);
  if (before !== undefined) {
    equal(right, before);
    return;
  }
  met.set(left, right);
  const leftParts = Array.isArray(left) ? left : partsOf(left);
  const rightParts = Array.isArray(right) ? right : partsOf(right);
  equal(Array.isArray(left), Array.isArray(right));
  equal(leftParts.length, rightParts.length);
  for (const [index, part] of leftParts.entries()) equalGraphs(part, rightParts[index], met);
}

function partsOf(value: AmfValue): AmfValue[] {
  ok(value instanceof AmfObject);
  return Array.from(value.members.values());
}

test("shared and circular values keep their identity in AMF0 and AMF3", () => {
  const edges = fc.array(fc.tuple(fc.nat(39), fc.nat(39)), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), edges, (size, connections) => {
      const value = graph(size, connections);
      equalGraphs(value, decodeAmf0(encodeAmf0Sharing(value))[0]);
      equalGraphs(value, decodeAmf3(encodeAmf3(value))[0]);
    }),
  );
});

function valuesOrProtocolError(decode: () => AmfValue[]): void {
  try {
    decode();
  } catch (error) {
    ok(error instanceof ProtocolError, String(error));
    ok(error.byteOffset !== undefined && error.byteOffset >= 0);
  }
}

function decodeEveryWay(bytes: Uint8Array): void {
  for (const isTolerant of [false, true]) {
    valuesOrProtocolError(() => decodeAmf0(bytes, { isTolerant }));
    valuesOrProtocolError(() => decodeAmf3(bytes, { isTolerant }));
  }
}

test("any bytes are values or a ProtocolError", () => {
  const markers = fc
    .array(fc.oneof(fc.nat(0x12), fc.nat(255)), { maxLength: 60 })
    .map((bytes) => Uint8Array.from(bytes));
  fc.assert(fc.property(markers, decodeEveryWay), { numRuns: 3000 });
});

test("a damaged value is values or a ProtocolError", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(amf0, amf3, damage, fc.nat(), (first, second, changes, length) => {
      for (const bytes of [encodeAmf0Sharing(first), encodeAmf3(second)]) {
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        decodeEveryWay(bytes);
        decodeEveryWay(bytes.subarray(0, length % bytes.length));
      }
    }),
    { numRuns: 500 },
  );
});
