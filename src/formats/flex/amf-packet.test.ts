import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { AmfObject } from "../amf/amf-value.ts";
import { type AmfPacket, decodeAmfPacket, encodeAmfPacket } from "./amf-packet.ts";

const PACKET = hex`
  0003                          ; version 3
  0001                          ; 1 header
  0001 68 01 00000002 01 01     ;   "h", must be understood, 2 bytes: true
  0002                          ; 2 bodies
  0004 6e756c6c 0002 2f31       ;   target "null", response "/1"
  0000000e                      ;   14 bytes:
  0a 00000001                   ;     strict array of 1
  11 0a 0b 01 03 61 04 05 01    ;       AMF3: {a: 5}
  0001 74 0002 2f32 00000001 05 ;   target "t", response "/2": null
`;
const VALUES: AmfPacket = {
  version: 3,
  headers: [{ name: "h", mustUnderstand: true, value: true }],
  bodies: [
    { targetUri: "null", responseUri: "/1", value: [new AmfObject([["a", 5]])] },
    { targetUri: "t", responseUri: "/2", value: null },
  ],
};

test("a packet has a version, headers and bodies", () => {
  deepEqual(decodeAmfPacket(PACKET), VALUES);
  expectCleanTruncations(decodeAmfPacket, PACKET);
});

test("objects of a packet of version 3 are AMF3, of version 0 AMF0", () => {
  const body = { targetUri: "/1/onResult", responseUri: "null", value: { a: 5 } };
  deepEqual(
    encodeAmfPacket({ version: 3, headers: [], bodies: [body] }),
    hex`0003 0000 0001 000b 2f312f6f6e526573756c74 0004 6e756c6c 00000009 11 0a 0b 01 03 61 04 05 01`,
  );
  const version0 = encodeAmfPacket({ version: 0, headers: [], bodies: [body] });
  deepEqual(
    version0,
    hex`0000 0000 0001 000b 2f312f6f6e526573756c74 0004 6e756c6c 00000010 03 0001 61 00 4014000000000000 000009`,
  );
  for (const version of [0, 3]) {
    const packet: AmfPacket = { ...VALUES, version };
    deepEqual(decodeAmfPacket(encodeAmfPacket(packet)), packet);
  }
});

test("a length may be unknown", () => {
  const bytes = hex`0000 0000 0002 0001 61 0001 62 ffffffff 02 0001 78 0001 63 0001 64 ffffffff 05`;
  deepEqual(
    decodeAmfPacket(bytes).bodies.map(({ value }) => value),
    ["x", null],
  );
  expectCleanTruncations(decodeAmfPacket, bytes);
  throws(() => decodeAmfPacket(hex`0000 0000 0001 0000 0000 ffffffff 04`), { code: "amf.marker" });
});

test("BlazeDS writes a length of 1 for all values, whatever they are", () => {
  const bytes = hex`
    0003 0001 0001 68 01 00000001 02 0001 78   ; a header: "x"
    0002 0001 61 0000 00000001 11 06 03 79     ; "y"
    0001 62 0000 00000001 05                   ; null, which is one byte`;
  const { headers, bodies } = decodeAmfPacket(bytes);
  deepEqual(
    [...headers, ...bodies].map(({ value }) => value),
    ["x", "y", null],
  );
  expectCleanTruncations(decodeAmfPacket, bytes);
});

test("a value that cannot be read spoils no other, as long as its length is known", () => {
  const { bodies } = decodeAmfPacket(hex`
    0003 0000 0003
    0000 0002 2f31 00000005 11 0a 07 03 51    ; an unknown externalizable class "Q"
    0000 0002 2f32 00000003 02 0005           ; a text that is longer than its value
    0000 0002 2f33 00000001 05
  `);
  deepEqual(
    bodies.map(({ responseUri, unreadable }) => [responseUri, unreadable]),
    [
      ["/1", "amf.externalizable"],
      ["/2", "bytes.truncated"],
      ["/3", undefined],
    ],
  );
});

test("a header that cannot be read spoils the packet: it may change what all else means", () => {
  throws(() => decodeAmfPacket(hex`0003 0001 0001 68 00 00000001 04 0000`), { code: "amf.marker" });
});

test("counts are checked before anything is read: one beyond each limit is refused", () => {
  const packet = (headers: number, bodies: number): Uint8Array => {
    const header = hex`0000 00 00000001 05`;
    const body = hex`0000 0000 00000001 05`;
    const count = (value: number) => Uint8Array.of(value >> 8, value & 0xff);
    return concatBytes([
      hex`0000`,
      count(headers),
      ...Array.from({ length: headers }, () => header),
      count(bodies),
      ...Array.from({ length: bodies }, () => body),
    ]);
  };
  equal(decodeAmfPacket(packet(32, 64)).bodies.length, 64);
  throws(() => decodeAmfPacket(packet(33, 0)), { code: "amf.limit" });
  throws(() => decodeAmfPacket(packet(0, 65)), { code: "amf.limit" });
  throws(() => decodeAmfPacket(hex`0000 0020`), { code: "bytes.truncated" });
  throws(() => decodeAmfPacket(hex`0000 0000 0040 0000`), { code: "bytes.truncated" });
});

test("an answer repeats where it is wanted: a longer URI than fits is refused, and never written cut", () => {
  const packet = (length: number): Uint8Array => {
    const responseUri = new Uint8Array(length).fill(0x2f);
    return concatBytes([
      hex`0003 0000 0001 0000`,
      Uint8Array.of(length >> 8, length & 0xff),
      responseUri,
      hex`00000001 05`,
    ]);
  };
  equal(decodeAmfPacket(packet(1024)).bodies[0]?.responseUri.length, 1024);
  throws(() => decodeAmfPacket(packet(1025)), { code: "amf.limit" });
  const body = { targetUri: "/".repeat(65_536), responseUri: "", value: null };
  throws(() => encodeAmfPacket({ version: 0, headers: [], bodies: [body] }), { code: "amf.encode" });
});
