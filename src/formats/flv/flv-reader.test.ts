import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { FlvReader, type FlvReaderOptions, type FlvTag, MAX_FLV_HEADER_BYTES } from "./flv-reader.ts";
import { encodeFlvHeader, encodeFlvTag } from "./flv-writer.ts";

const HEADER = encodeFlvHeader({ hasAudio: true, hasVideo: true });

const FILE = hex`
  464c56 01 05 00000009 00000000                      ; header
  12 000003 000000 00 000000  020000        0000000e  ; script data
  09 000005 0000c8 00 000000  1702000000    00000010  ; video at 200 ms
  08 000002 ffffd8 ff 000000  af01          0000000d  ; audio at -40 ms
  29 000001 000000 01 000000  17            0000000c  ; encrypted video at 2^24 ms
  08 000000 000000 01 000000                0000000b  ; audio without a byte
`;

const TAGS: readonly FlvTag[] = [
  { type: 18, isEncrypted: false, timestamp: 0, data: hex`020000`, byteOffset: 13 },
  { type: 9, isEncrypted: false, timestamp: 200, data: hex`1702000000`, byteOffset: 31 },
  { type: 8, isEncrypted: false, timestamp: -40, data: hex`af01`, byteOffset: 51 },
  { type: 9, isEncrypted: true, timestamp: 16_777_216, data: hex`17`, byteOffset: 68 },
  { type: 8, isEncrypted: false, timestamp: 16_777_216, data: hex``, byteOffset: 84 },
];

function readAll(bytes: Uint8Array, options?: Partial<FlvReaderOptions>): { reader: FlvReader; tags: FlvTag[] } {
  const reader = new FlvReader(options);
  reader.push(bytes);
  reader.end();
  const tags: FlvTag[] = [];
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) tags.push(tag);
  return { reader, tags };
}

test("a file, in pieces of any size", () => {
  deepEqual(
    decodeEveryWay(() => new FlvReader(), FILE),
    TAGS,
  );
  const { reader } = readAll(FILE);
  deepEqual(reader.header, { version: 1, hasAudio: true, hasVideo: true });
  equal(reader.pendingBytes, 0);
});

test("a file cut anywhere gives its whole tags", () => {
  for (let length = 0; length < FILE.length; length++) {
    const { reader, tags } = readAll(FILE.subarray(0, length));
    deepEqual(tags, TAGS.slice(0, tags.length));
    const ends = TAGS.map((tag) => tag.byteOffset + 11 + tag.data.length);
    equal(tags.length, ends.filter((end) => end <= length).length);
    equal(reader.skippedBytes, 0);
  }
});

test("wrong sizes behind tags do not matter", () => {
  const file = concatBytes([
    hex`464c56 01 00 00000009 deadbeef`,
    hex`08 000001 000000 00 000000  af  00000000`,
    hex`08 000001 000010 00 000000  af  ffffffff`,
    hex`08 000001 000020 00 000000  af`,
  ]);
  deepEqual(
    decodeEveryWay(() => new FlvReader(), file).map((tag) => tag.timestamp),
    [0, 16, 32],
  );
});

test("a longer header is passed over, up to its limit, and one beyond is refused", () => {
  const file = (headerBytes: number): Uint8Array => {
    const header = new Uint8Array(headerBytes + 4);
    header.set(hex`464c56 01 05`);
    new DataView(header.buffer).setUint32(5, headerBytes);
    return concatBytes([header, encodeFlvTag(8, 7, hex`af`)]);
  };
  equal(decodeEveryWay(() => new FlvReader(), file(20))[0]?.timestamp, 7);
  equal(readAll(file(MAX_FLV_HEADER_BYTES)).tags.length, 1);
  throws(() => readAll(file(MAX_FLV_HEADER_BYTES + 1)), { code: "flv.signature" });
  throws(() => readAll(hex`464c56 01 05 00000008 00000000`), { code: "flv.signature" });
});

test("what is no FLV file is refused", () => {
  throws(() => decodeEveryWay(() => new FlvReader(), hex`89504e47 0d0a1a0a 00 00`), { code: "flv.signature" });
});

test("a tag as long as is allowed, and one byte beyond", () => {
  const file = (length: number): Uint8Array => concatBytes([HEADER, encodeFlvTag(9, 0, new Uint8Array(length))]);
  equal(readAll(file(100), { maxTagBytes: 100 }).tags.length, 1);
  throws(() => readAll(file(101), { maxTagBytes: 100 }), { code: "flv.tag", byteOffset: 13 });
});

test("damage is an error that says where", () => {
  const good = encodeFlvTag(8, 0, hex`af`);
  const damaged = concatBytes([HEADER, good, hex`00`, good]);
  throws(() => decodeEveryWay(() => new FlvReader(), damaged), { code: "flv.tag", byteOffset: 13 + good.length });
});

test("after damage the next whole tag is found", () => {
  const good = encodeFlvTag(8, 5, hex`af01`);
  const garbage = hex`
    00 08 09 ffffff               ; nothing
    09 000001 000000 00 000000 17 00000000   ; a tag with a wrong size behind it
    08 0fffff 000000 00 000000    ; a tag that would reach beyond the end
  `;
  const file = concatBytes([HEADER, good, garbage, good, good]);
  const options = { resynchronize: true };
  const { reader, tags } = readAll(file, options);
  deepEqual(
    tags.map((tag) => tag.byteOffset),
    [13, 13 + good.length + garbage.length, 13 + 2 * good.length + garbage.length],
  );
  equal(reader.skippedBytes, garbage.length);
});

test("while more may come, a tag that is found waits for its end", () => {
  const good = encodeFlvTag(8, 5, hex`af01`);
  const reader = new FlvReader({ resynchronize: true });
  reader.push(concatBytes([HEADER, hex`00 00`, good.subarray(0, good.length - 1)]));
  equal(reader.next(), undefined);
  reader.push(good.subarray(good.length - 1));
  equal(reader.next()?.timestamp, 5);
  deepEqual(
    decodeEveryWay(() => new FlvReader({ resynchronize: true }), concatBytes([HEADER, hex`00 00`, good, good])).length,
    2,
  );
});

test("large tags in small pieces, and many tags in one piece", () => {
  const large = encodeFlvTag(9, 1, new Uint8Array(300_000).fill(7));
  const reader = new FlvReader();
  const file = concatBytes([
    HEADER,
    large,
    ...Array.from({ length: 1000 }, (_, index) => encodeFlvTag(8, index, hex`af`)),
  ]);
  const found: number[] = [];
  for (let at = 0; at < file.length; at += 1000) {
    reader.push(file.subarray(at, at + 1000));
    for (let tag = reader.next(); tag !== undefined; tag = reader.next()) found.push(tag.byteOffset);
  }
  equal(found.length, 1001);
  equal(found[1000], file.length - 16);
});

test("random bytes are tags or a ProtocolError, and resynchronising is never an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const file = concatBytes([HEADER, bytes]);
      readAll(file, { resynchronize: true });
      try {
        readAll(file);
      } catch (error) {
        equal(error instanceof ProtocolError, true);
      }
    }),
    { numRuns: 1000 },
  );
});
