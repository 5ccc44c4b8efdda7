import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { AmfEcmaArray } from "../../formats/amf/amf-value.ts";
import { decodeData, encodeData } from "./data.ts";
import { type Message, MessageType } from "./message.ts";

const SET_METADATA = hex`
  02 000d 40736574446174614672616d65        ; "@setDataFrame"
  02 000a 6f6e4d65746144617461              ; "onMetaData"
  08 00000001 0001 77 00 4084000000000000   ; ECMA array {w: 640
  000009                                    ;   }
`;

function data(payload: Uint8Array, type: number = MessageType.Data): Message {
  return { type, timestamp: 40, streamId: 1, payload };
}

test("a data message is a name and values, both ways", () => {
  const metadata = new AmfEcmaArray([["w", 640]]);
  deepEqual(decodeData(data(SET_METADATA)), { name: "@setDataFrame", values: ["onMetaData", metadata] });
  deepEqual(encodeData(1, 40, "@setDataFrame", "onMetaData", metadata), data(SET_METADATA));
});

test("type 15 is read with the leading 0 and without", () => {
  const name = hex`02 0004 6f6e4649`;
  deepEqual(decodeData(data(hex`00 ${name}`, MessageType.DataAmf3)), { name: "onFI", values: [] });
  deepEqual(decodeData(data(name, MessageType.DataAmf3)), { name: "onFI", values: [] });
});

test("metadata without its end counts as far as it goes", () => {
  const cut = decodeData(data(SET_METADATA.subarray(0, -3)));
  deepEqual(cut?.values, ["onMetaData", new AmfEcmaArray([["w", 640]])]);
});

test("a message without a name, or beyond a limit, is none", () => {
  equal(decodeData(data(hex``)), undefined);
  equal(decodeData(data(hex`05`)), undefined);
  equal(decodeData(data(hex`02 0005 61`)), undefined);
  equal(decodeData(data(hex`02 0001 61 ${"0a00000001".repeat(70)} 05`)), undefined);
});

test("cut at any place, a message keeps its name or is none", () => {
  for (let length = 0; length < SET_METADATA.length; length++) {
    const decoded = decodeData(data(SET_METADATA.subarray(0, length)));
    equal(decoded?.name, length < 16 ? undefined : "@setDataFrame");
  }
});
