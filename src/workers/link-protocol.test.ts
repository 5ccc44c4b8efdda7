import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { encodeStandalone, standaloneLength } from "../rtmp/chunk/standalone-message.ts";
import {
  decodeLinkHello,
  encodeLinkHello,
  encodeLinkNotice,
  encodeLinkStart,
  type LinkEvent,
  type LinkNotice,
  LinkReader,
} from "./link-protocol.ts";

test("a hello names a broadcast", () => {
  deepEqual(
    encodeLinkHello("live/ü"),
    hex`
      6d 72 6c 01        ; "mrl", version 1
      00 07              ; bytes of the name
      6c 69 76 65 2f c3bc`,
  );
  for (const name of ["live/key", "", "ü".repeat(32_000)]) equal(decodeLinkHello(encodeLinkHello(name)), name);
});

test("a hello may come in pieces, and nothing else may", () => {
  const whole = encodeLinkHello("live/key");
  for (let length = 0; length < whole.length; length++) equal(decodeLinkHello(whole.subarray(0, length)), undefined);
  for (const bytes of [hex`00`, hex`6d 72 6c 02`, hex`03 00000000`, concatBytes([whole, hex`00`])]) {
    throws(() => decodeLinkHello(bytes), { code: "link.message" });
  }
});

const NOTICES: readonly LinkNotice[] = [
  { kind: "started" },
  { kind: "unpublished" },
  { kind: "elsewhere" },
  { kind: "cleared", name: "onMetaData" },
  { kind: "cleared", name: "x".repeat(1000) },
];

function media(type: number, payload: Uint8Array, chunkSize: number): Uint8Array {
  const bytes = new Uint8Array(standaloneLength(payload.length, 40, chunkSize, 7));
  encodeStandalone(bytes, 0, { type, timestamp: 40, streamId: 1, payload }, 7, chunkSize);
  return bytes;
}

function read(reader: LinkReader, bytes: Uint8Array): LinkEvent[] {
  const events: LinkEvent[] = [];
  reader.push(bytes);
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind !== "media") events.push(event);
    else events.push({ kind: "media", message: { ...event.message, payload: event.message.payload.slice() } });
  }
  return events;
}

test("a home sends media and notices, however they are cut", () => {
  const keyframe = new Uint8Array(5000).fill(9);
  keyframe.set([0x17, 1, 0, 0, 0]);
  const parts = [
    encodeLinkStart(4096),
    encodeLinkNotice({ kind: "started" }, 4096),
    media(9, keyframe, 4096),
    media(8, hex`af 00 1210`, 4096),
    media(18, hex`02 0003 616263`, 4096),
    ...NOTICES.map((notice) => encodeLinkNotice(notice, 4096)),
  ];
  const whole = concatBytes(parts);
  const expected = read(new LinkReader(10_000), whole);
  deepEqual(
    expected.map((event) => (event.kind === "media" ? event.message : event)),
    [
      { kind: "started" },
      { ...plain, kind: "video", isKeyframe: true, payload: keyframe },
      { ...plain, kind: "audio", isConfig: true, payload: hex`af 00 1210` },
      { ...plain, kind: "data", payload: hex`02 0003 616263` },
      ...NOTICES,
    ],
  );
  const byByte = new LinkReader(10_000);
  deepEqual(Array.from(whole, (byte) => read(byByte, Uint8Array.of(byte))).flat(), expected);
  for (let cut = 0; cut <= whole.length; cut += 97) {
    const reader = new LinkReader(10_000);
    const events = [whole.subarray(0, cut), whole.subarray(cut)].flatMap((bytes) => read(reader, bytes));
    deepEqual(events, expected);
  }
});

const plain = { timestamp: 40, isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0 };

test("what no home sends is refused", () => {
  const start = encodeLinkStart(4096);
  ok(read(new LinkReader(5000), concatBytes([start, media(9, new Uint8Array(5000), 4096)])).length === 1);
  const refused: readonly (readonly [Uint8Array, string])[] = [
    [media(9, new Uint8Array(5001), 4096), "chunk.message-limit"],
    [media(20, hex`02`, 4096), "link.message"],
    [media(4, hex`09`, 4096), "link.message"],
    [media(4, hex``, 4096), "link.message"],
    [hex`c7`, "chunk.header"],
    [hex`02 000000 000004 01 00000000 00000000`, "chunk.size"],
  ];
  for (const [bytes, code] of refused) {
    throws(() => read(new LinkReader(5000), concatBytes([start, bytes])), { code });
  }
});
