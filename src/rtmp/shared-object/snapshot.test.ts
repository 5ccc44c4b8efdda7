import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { AmfDate, AmfExternalizable, AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { crc32 } from "./crc32.ts";
import { SharedObject } from "./shared-object.ts";
import { decodeSharedObjectSnapshot, encodeSharedObjectSnapshot } from "./snapshot.ts";

const SNAPSHOT = hex`
  4d525344 00000001           ; "MRSD", format 1
  0000001c 910c4116           ; 28 bytes, their CRC-32
  00                          ; a body of message type 16
  0001 70 00000007            ; "p", version 7
  00000002 00000000           ; persistent
  04 00000007 0001 61 11 06 03 76    ; Change a = "v", as AMF3
`;

test("the checksum is CRC-32", () => {
  equal(crc32(encodeUtf8("123456789")), 0xcbf43926);
  equal(crc32(hex``), 0);
});

test("the format of format 1 stays as it is, both ways", () => {
  const snapshot = encodeSharedObjectSnapshot("p", 7, [hex`04 00000007 0001 61 11 06 03 76`]);
  deepEqual(snapshot, SNAPSHOT);
  deepEqual(decodeSharedObjectSnapshot(SNAPSHOT), { name: "p", version: 7, slots: [["a", "v"]] });
});

test("cut anywhere, changed anywhere or followed by anything, it is refused", () => {
  expectCleanTruncations(decodeSharedObjectSnapshot, SNAPSHOT);
  for (let index = 0; index < SNAPSHOT.length; index++) {
    throws(() => decodeSharedObjectSnapshot(SNAPSHOT.slice(0, index)), { code: "object.snapshot" });
    const changed = SNAPSHOT.slice();
    changed[index] = (changed[index] ?? 0) ^ 0x40;
    throws(() => decodeSharedObjectSnapshot(changed), { code: "object.snapshot" });
  }
  throws(() => decodeSharedObjectSnapshot(hex`${SNAPSHOT} 00`), { code: "object.snapshot", byteOffset: 8 });
});

test("a body that cannot be read is refused, with its place, though its checksum is right", () => {
  const snapshot = encodeSharedObjectSnapshot("p", 7, [hex`04 00000001 ff`]);
  throws(() => decodeSharedObjectSnapshot(snapshot), { code: "object.snapshot", byteOffset: 16 + 21 });
});

test("an object comes back with all its slots, in their order, and its version", () => {
  const registry = new ExternalizableRegistry();
  const object = new SharedObject("room/../1", true, { registry });
  const slots: [string, AmfValue][] = [
    ["2", 0.5],
    ["__proto__", new AmfObject([["constructor", [true, "ü"]]])],
    ["1", new AmfObject([["x", 1]], { className: "Point", sealedKeys: ["x"], isDynamic: false })],
    ["date", new AmfDate(1_700_000_000_000)],
    ["bytes", Uint8Array.of(1, 2, 3)],
    ["list", new AmfExternalizable("flex.messaging.io.ArrayCollection", [1])],
    ["empty name", new AmfObject([["", 1]])],
    ["k".repeat(200), "x".repeat(60_000)],
  ];
  for (const [key, value] of slots) object.setProperty(key, value);
  const snapshot = decodeSharedObjectSnapshot(object.snapshot(), registry);
  deepEqual(snapshot, { name: "room/../1", version: 9, slots });
  const restored = new SharedObject("room/../1", true, { registry, limits: { maxSlots: 2 } }, snapshot);
  deepEqual([restored.version, restored.isUnsaved, Array.from(restored.entries())], [9, false, slots]);
  deepEqual(restored.snapshot(), object.snapshot());
});

test("an object of 10 000 slots comes back", () => {
  const object = new SharedObject("o", true);
  for (let index = 0; index < 10_000; index++) object.setProperty(`slot ${index}`, index);
  const { slots } = decodeSharedObjectSnapshot(object.snapshot());
  equal(slots.length, 10_000);
  ok(slots.every(([key, value], index) => key === `slot ${index}` && value === index));
});
