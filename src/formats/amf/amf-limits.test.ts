import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { type AmfLimits, DEFAULT_AMF_LIMITS, resolveAmfLimits } from "./amf-limits.ts";
import { AmfDictionary, AmfExternalizable, AmfObject, type AmfValue, AmfVector } from "./amf-value.ts";
import { decodeAmf0 } from "./amf0-decoder.ts";
import { Amf0Encoder, encodeAmf0 } from "./amf0-encoder.ts";
import { decodeAmf3 } from "./amf3-decoder.ts";
import { encodeAmf3 } from "./amf3-encoder.ts";
import { toPlain } from "./to-plain.ts";

const LIMIT = { name: "ProtocolError", code: "amf.limit" };
const REFUSED = { name: "ProtocolError", code: "amf.encode" };

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const repeated = new Uint8Array(bytes.length * times);
  for (let index = 0; index < times; index++) repeated.set(bytes, index * bytes.length);
  return repeated;
}

test("a limit that is undefined is the default", () => {
  const names = Object.keys(DEFAULT_AMF_LIMITS);
  const limits = Object.fromEntries(names.map((name) => [name, undefined])) as Partial<AmfLimits>;
  deepEqual(resolveAmfLimits(limits), DEFAULT_AMF_LIMITS);
});

test("AMF0 nests 64 deep and no deeper", () => {
  const nested = (depth: number) => concatBytes([repeat(hex`0a 00000001`, depth), hex`05`]);
  equal(decodeAmf0(nested(64)).length, 1);
  throws(() => decodeAmf0(nested(65)), LIMIT);
});

test("AMF3 nests 64 deep and no deeper", () => {
  const nested = (depth: number) => concatBytes([repeat(hex`09 03 01`, depth), hex`01`]);
  equal(decodeAmf3(nested(64)).length, 1);
  throws(() => decodeAmf3(nested(65)), LIMIT);
});

test("AMF0 and AMF3 nest 64 deep together", () => {
  const nested = (depth: number) =>
    concatBytes([repeat(hex`0a 00000001`, depth), hex`11`, repeat(hex`09 03 01`, 32), hex`01`]);
  equal(decodeAmf0(nested(32)).length, 1);
  throws(() => decodeAmf0(nested(33)), LIMIT);
});

test("collections inside collections count as nested", () => {
  const outermost = hex`0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e`;
  // The others refer to the class of the first.
  const nested = (depth: number) => concatBytes([outermost, repeat(hex`0a 01`, depth - 1), hex`01`]);
  equal(decodeAmf3(nested(64)).length, 1);
  throws(() => decodeAmf3(nested(65)), LIMIT);
});

test("siblings do not add to the depth", () => {
  equal(decodeAmf0(repeat(hex`03 0000 09`, 1000)).length, 1000);
});

test("five million levels are refused at the 65th", () => {
  const bytes = repeat(hex`03 0001 61`, 5_000_000);
  throws(() => decodeAmf0(bytes), { ...LIMIT, byteOffset: 64 * 4 + 1 });
  throws(() => decodeAmf0(bytes, { isTolerant: true }), LIMIT);
  throws(() => decodeAmf3(repeat(hex`09 03 01`, 5_000_000)), LIMIT);
});

test("the largest depth that can be asked for is decoded and encoded without exhausting the stack", () => {
  const limits = { maxDepth: 512 };
  const [amf0] = decodeAmf0(concatBytes([repeat(hex`03 0001 61`, 512), hex`05`, repeat(hex`0000 09`, 512)]), {
    limits,
  });
  const encoder = new Amf0Encoder(limits);
  encoder.write(amf0);
  equal(encoder.take().length, 512 * 7 + 1);
  throws(() => decodeAmf0(repeat(hex`03 0001 61`, 513), { limits }), LIMIT);
  throws(() => resolveAmfLimits({ maxDepth: 513 }), RangeError);
});

test("a message has at most 100 000 values", () => {
  equal(decodeAmf0(repeat(hex`05`, 100_000)).length, 100_000);
  throws(() => decodeAmf0(repeat(hex`05`, 100_001)), { ...LIMIT, byteOffset: 100_000 });
  equal(decodeAmf3(repeat(hex`01`, 100_000)).length, 100_000);
  throws(() => decodeAmf3(repeat(hex`01`, 100_001)), LIMIT);
});

test("values behind the AVM+ switch and references count as values", () => {
  const bytes = hex`0a 00000002 07 0000 11 01`;
  equal(decodeAmf0(bytes, { limits: { maxValues: 4 } }).length, 1);
  throws(() => decodeAmf0(bytes, { limits: { maxValues: 3 } }), LIMIT);
});

test("numbers of a vector do not count as values", () => {
  const vector = new AmfVector(new Int32Array(100_001));
  deepEqual(decodeAmf3(encodeAmf3(vector)), [vector]);
});

test("a class has at most 1024 sealed members", () => {
  const sealed = (count: number) => {
    const sealedKeys = Array.from({ length: count }, (_, index) => `k${index}`);
    return encodeAmf3(new AmfObject([], { className: "P", sealedKeys, isDynamic: false }));
  };
  const [object] = decodeAmf3(sealed(1024));
  ok(object instanceof AmfObject);
  equal(object.members.size, 1024);
  throws(() => decodeAmf3(sealed(1025)), LIMIT);
});

test("strings, counted at each reference, expand to 4 times the message", () => {
  // 4 + 4 bytes of text in 8, each further reference 4 in 2.
  const limits = { freeStringBytes: 0, maxStringExpansion: 1 };
  const bytes = hex`06 09 61626364  06 00`;
  deepEqual(decodeAmf3(bytes, { limits }), ["abcd", "abcd"]);
  throws(() => decodeAmf3(concatBytes([bytes, hex`06 00`]), { limits }), LIMIT);

  const long = encodeAmf3("x".repeat(1024 * 1024));
  const room = Math.floor((4 * (long.length + 6)) / (1024 * 1024)) - 1;
  equal(decodeAmf3(concatBytes([long, repeat(hex`06 00`, room)])).length, room + 1);
  throws(() => decodeAmf3(concatBytes([long, repeat(hex`06 00`, room + 1)])), LIMIT);
});

test("strings of 1 MiB in all are free, however short the message", () => {
  const word = encodeAmf3("x".repeat(1024));
  equal(decodeAmf3(concatBytes([word, repeat(hex`06 00`, 1023)])).length, 1024);
  throws(() => decodeAmf3(concatBytes([word, repeat(hex`06 00`, 1024)])), LIMIT);
});

test("names of AMF0 members count as strings", () => {
  const limits = { freeStringBytes: 1, maxStringExpansion: 0 };
  equal(decodeAmf0(hex`03 0001 61 05 0000 09`, { limits }).length, 1);
  throws(() => decodeAmf0(hex`03 0002 6161 05 0000 09`, { limits }), LIMIT);
});

test("counts are allowed up to what the bytes left can hold", () => {
  equal(decodeAmf0(hex`0a 00000002 05 05`).length, 1);
  throws(() => decodeAmf0(hex`0a 00000003 05 05`), { code: "bytes.truncated", byteOffset: 5 });
  equal(decodeAmf3(hex`0d 05 00 00000001 00000002`).length, 1);
  throws(() => decodeAmf3(hex`0d 07 00 00000001 00000002`), { code: "bytes.truncated", byteOffset: 3 });
  equal(decodeAmf3(hex`11 03 00 01 01`).length, 1);
  throws(() => decodeAmf3(hex`11 05 00 01 01`), { code: "bytes.truncated", byteOffset: 2 });
});

/** Arrays that each hold the one before twice: 2^levels leaves without references. */
function referenceBomb(levels: number): AmfValue {
  let value: AmfValue = [];
  for (let level = 0; level < levels; level++) value = [value, value];
  return value;
}

test("a reference bomb is decoded as it was sent, and never expanded", () => {
  const bytes = encodeAmf3(referenceBomb(60));
  ok(bytes.length < 500);
  const [bomb] = decodeAmf3(bytes);
  ok(Array.isArray(bomb));
  equal(bomb[0], bomb[1]);
  deepEqual(encodeAmf3(bomb), bytes);
  throws(() => toPlain(bomb), LIMIT);
  throws(() => encodeAmf0(bomb), REFUSED);

  const sharing = new Amf0Encoder({ hasSharedReferences: true });
  sharing.write(bomb);
  const [again] = decodeAmf0(sharing.take());
  deepEqual(encodeAmf3(again), bytes);
});

test("encoders write as many values as they may, and no more", () => {
  const values = [1, [2, 3]];
  const encoder = new Amf0Encoder({ maxValues: 4 });
  for (const value of values) encoder.write(value);
  throws(() => encoder.write(5), REFUSED);
});

test("encoders write 64 MiB and not much more, whatever is repeated", () => {
  const bomb: AmfValue = Array(1000).fill(["x".repeat(100_000)]);
  const [again] = decodeAmf3(encodeAmf3(bomb));
  throws(() => encodeAmf0(again), { ...REFUSED, message: /more than 67108864 bytes/ });
  const names = new AmfObject([["x".repeat(60_000), 1]]);
  throws(() => encodeAmf0(Array(2000).fill(names)), REFUSED);
  const encoder = new Amf0Encoder({ maxBytes: 10 });
  encoder.write("1234567");
  encoder.write(null);
  throws(() => encoder.write(null), REFUSED);
});

test("a value that a reference of 16 bits cannot reach is written again", () => {
  const shared: AmfValue = [];
  const values = [...Array.from({ length: 65_535 }, () => []), shared, shared];
  const encode = (value: AmfValue): Uint8Array => {
    const encoder = new Amf0Encoder({ hasSharedReferences: true });
    encoder.write(value);
    return encoder.take();
  };
  deepEqual(encode(values).subarray(-10), hex`0a 00000000 0a 00000000`);
  deepEqual(encode(values.slice(1)).subarray(-8), hex`0a 00000000 07 ffff`);
});

/** One AMF3 dictionary with the numbers to `count` as keys. */
function numberedDictionary(count: number): Uint8Array {
  return encodeAmf3(new AmfDictionary(Array.from({ length: count }, (_, key) => [key, null] as const)));
}

test("a message has at most 1024 numbers as keys", () => {
  equal(decodeAmf3(numberedDictionary(1024)).length, 1);
  throws(() => decodeAmf3(numberedDictionary(1025)), { ...LIMIT, message: /1024 numbers as keys/ });
  const two = concatBytes([numberedDictionary(600), numberedDictionary(600)]);
  throws(() => decodeAmf3(two), LIMIT);
  const entries = Array.from({ length: 2000 }, (_, key) => [`${key}`, null] as const);
  equal(decodeAmf3(encodeAmf3(new AmfDictionary(entries))).length, 1, "names are hashed with a seed");
});

test("the keys of a ManagedObjectProxy count as well", () => {
  const proxy = (count: number): Uint8Array => {
    const entries = Array.from({ length: count }, (_, key) => [key, null] as const);
    return encodeAmf3(new AmfExternalizable("flex.messaging.io.ManagedObjectProxy", new AmfDictionary(entries)));
  };
  equal(decodeAmf3(proxy(1024)).length, 1);
  throws(() => decodeAmf3(proxy(1025)), LIMIT);
});

test("encoders nest 64 deep and no deeper", () => {
  const nested = (depth: number) => {
    let value: AmfValue = [];
    for (let level = 1; level < depth; level++) value = [value];
    return value;
  };
  equal(encodeAmf0(nested(64)).length, 64 * 5);
  equal(encodeAmf3(nested(64)).length, 64 * 3);
  throws(() => encodeAmf0(nested(65)), REFUSED);
  throws(() => encodeAmf3(nested(65)), REFUSED);
});
