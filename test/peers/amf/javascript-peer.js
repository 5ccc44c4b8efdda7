import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// AMF by amfjs or node-amfutils, told by the first argument: see ../amf.ts for what comes in and goes out.

const require = createRequire(import.meta.url);
const amfjs = require("amfjs");
const amfutils = require("node-amfutils");

const cases = [];
const both = (name, make) => cases.push([name, 0, make], [name, 3, make]);
const only0 = (name, make) => cases.push([name, 0, make]);
const only3 = (name, make) => cases.push([name, 3, make]);

function simple(both, hasDates) {
  both("undefined", () => undefined);
  both("null", () => null);
  both("true", () => true);
  both("false", () => false);
  both("0", () => 0);
  both("1", () => 1);
  both("-1", () => -1);
  both("127", () => 127);
  both("128", () => 128);
  both("16383", () => 16383);
  both("16384", () => 16384);
  both("2097151", () => 2097151);
  both("2097152", () => 2097152);
  both("largest integer", () => 268435455);
  both("smallest integer", () => -268435456);
  both("above the integers", () => 268435456);
  both("below the integers", () => -268435457);
  both("2^31", () => 2 ** 31);
  both("2^53", () => 2 ** 53);
  both("0.5", () => 0.5);
  both("pi", () => Math.PI);
  both("NaN", () => Number.NaN);
  both("infinity", () => Number.POSITIVE_INFINITY);
  both("minus infinity", () => Number.NEGATIVE_INFINITY);
  both("largest number", () => Number.MAX_VALUE);
  both("empty string", () => "");
  both("string", () => "abc");
  both("unicode", () => "ü日本😀");
  both("string with a zero", () => "a\0b");
  both("string of 200", () => "x".repeat(200));
  both("string of 70000", () => "x".repeat(70_000));
  both("empty array", () => []);
  both("array", () => [1, "b"]);
  both("nested arrays", () => [[], [1, [2]]]);
  both("array of 100", () => Array.from({ length: 100 }, (_, index) => index));
  if (!hasDates) return;
  both("date", () => new Date(1_700_000_000_000));
  both("date 0", () => new Date(0));
  both("date before 1970", () => new Date(-86_400_000));
}

function twice(value) {
  return [value, value];
}

/** amfjs has objects only with a class: `names` without one are an array with names. */
function casesOfAmfjs() {
  const typed = (className, members) => Object.assign(new amfjs.Serializable(className), members);
  simple(both, true);
  both("names in an array", () => ({ k: 5 }));
  both("empty object", () => typed("", {}));
  both("object", () => typed("", { a: 1, b: "x" }));
  both("nested objects", () => typed("", { o: typed("", { p: typed("", { q: null }) }) }));
  both("names of JavaScript", () => typed("", { constructor: 1, toString: 2 }));
  both("unicode name", () => typed("", { ключ: true }));
  both("typed object", () => typed("P", { x: 1, y: 2 }));
  both("two typed objects", () => [typed("P", { x: 1, y: 2 }), typed("P", { x: 3, y: 4 })]);
  both("same object twice", () => twice(typed("", { a: 1 })));
  both("same array twice", () => twice([1]));
  both("same typed object twice", () => twice(typed("P", { x: 1, y: 2 })));
  both("same string often", () => ["abc", "abc", typed("", { abc: "abc" })]);
  only3("empty bytes", () => Buffer.of());
  only3("bytes", () => Buffer.of(0, 1, 2, 255));
  only3("same bytes twice", () => twice(Buffer.of(1, 2, 3)));
}

/** Its AMF3 has no objects, no arrays, and integers that nobody else reads. */
function casesOfAmfutils() {
  simple(only0, false);
  only0("empty object", () => ({}));
  only0("object", () => ({ a: 1, b: "x" }));
  only0("nested objects", () => ({ o: { p: { q: null } } }));
  only0("names of JavaScript", () => ({ constructor: 1, toString: 2 }));
  only0("unicode name", () => ({ ключ: true }));
}

const libraries = {
  amfjs: {
    addCases: casesOfAmfjs,
    encode(value, encoding) {
      const parts = [];
      const encoder = new amfjs.AMFEncoder({ write: (bytes) => parts.push(Buffer.from(bytes)) });
      encoder.writeObject(value, encoding === 3 ? amfjs.AMF3 : amfjs.AMF0);
      return Buffer.concat(parts);
    },
    decode(bytes, encoding) {
      let offset = 0;
      const read = (length = bytes.length - offset) => {
        const part = bytes.subarray(offset, offset + length);
        if (part.length < length) throw new Error("the end");
        offset += length;
        return part;
      };
      return new amfjs.AMFDecoder({ read }).decode(encoding === 3 ? amfjs.AMF3 : amfjs.AMF0);
    },
  },
  "node-amfutils": {
    addCases: casesOfAmfutils,
    encode: (value, encoding) => (encoding === 3 ? amfutils.amf3EncodeOne(value) : amfutils.amf0EncodeOne(value)),
    decode: (bytes, encoding) => (encoding === 3 ? amfutils.amf3DecodeOne(bytes) : amfutils.amf0DecodeOne(bytes)).value,
  },
};

const { addCases, encode, decode } = libraries[process.argv[2]];

function attempt(name, encoding, work) {
  let result;
  try {
    result = work().toString("hex");
  } catch (error) {
    result = `! ${String(error).replaceAll("\n", " ")}`;
  }
  process.stdout.write(`${name}\t${encoding}\t${result}\n`);
}

addCases();
if (process.argv[3] === "encode") {
  for (const [name, encoding, make] of cases) attempt(name, encoding, () => encode(make(), encoding));
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, encoding, hex] = line.split("\t");
    attempt(name, Number(encoding), () => encode(decode(Buffer.from(hex, "hex"), Number(encoding)), Number(encoding)));
  }
}
