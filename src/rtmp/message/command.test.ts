import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { AmfObject } from "../../formats/amf/amf-value.ts";
import { decodeCommand, encodeCommand, type OutgoingCommand } from "./command.ts";
import { type Message, MessageType } from "./message.ts";

function amf0(payload: Uint8Array): Message {
  return { type: MessageType.Command, timestamp: 0, streamId: 0, payload };
}

function amf3(payload: Uint8Array): Message {
  return { type: MessageType.CommandAmf3, timestamp: 0, streamId: 0, payload };
}

const CREATE_STREAM = hex`
  02 000c 63726561746553747265616d    ; "createStream"
  00 4000000000000000                 ; 2
  05                                  ; null
`;
const PLAY = hex`
  02 0004 706c6179                    ; "play"
  00 4010000000000000                 ; 4
  05                                  ; null
  02 0003 6b6579                      ; "key"
  00 c09f400000000000                 ; -2000
`;

test("a command is name, transaction id, command object and arguments", () => {
  deepEqual(decodeCommand(amf0(CREATE_STREAM)), {
    name: "createStream",
    transactionId: 2,
    commandObject: null,
    args: [],
    unreadable: undefined,
  });
  deepEqual(decodeCommand(amf0(PLAY)).args, ["key", -2000]);
});

test("what is encoded has Null for the command object and AMF0 as its form", () => {
  deepEqual(encodeCommand({ name: "createStream", transactionId: 2 }, 0), amf0(CREATE_STREAM));
  deepEqual(encodeCommand({ name: "play", transactionId: 4, args: ["key", -2000] }, 1), { ...amf0(PLAY), streamId: 1 });
});

test("the answer to createStream is what FFmpeg reads: String, Number, Null, Number", () => {
  const { payload } = encodeCommand({ name: "_result", transactionId: 4, args: [1] }, 0);
  deepEqual(
    payload,
    hex`
      02 0007 5f726573756c74          ; "_result"
      00 4010000000000000             ; 4
      05                              ; null
      00 3ff0000000000000             ; 1
    `,
  );
});

test("a type 17 message is read with the leading 0 and without, and with AMF3 behind the switch", () => {
  const ping = hex`
    00                                ; format
    02 0004 70696e67                  ; "ping"
    00 4000000000000000               ; 2
    05                                ; null
    11 04 05                          ; AMF3: integer 5
  `;
  const expected = { name: "ping", transactionId: 2, commandObject: null, args: [5], unreadable: undefined };
  deepEqual(decodeCommand(amf3(ping)), expected);
  deepEqual(decodeCommand(amf3(ping.subarray(1))), expected);
});

test("with AMF3 agreed, a message is of type 17 with the leading 0, and objects stand behind the switch", () => {
  const { type, payload } = encodeCommand({ name: "f", args: [{ a: 1 }] }, 0, { objectEncoding: 3 });
  equal(type, MessageType.CommandAmf3);
  deepEqual(
    payload,
    hex`
      00                              ; format
      02 0001 66                      ; "f"
      00 0000000000000000             ; 0
      05                              ; null
      11 0a 0b 01 03 61 04 01 01      ; AMF3: {a: 1}
    `,
  );
});

test("all but the name may be missing", () => {
  const nameOnly = decodeCommand(amf0(hex`02 0004 706c6179`));
  deepEqual(nameOnly, { name: "play", transactionId: 0, commandObject: null, args: [], unreadable: undefined });
  equal(decodeCommand(amf0(hex`02 0004 706c6179 00 4010000000000000`)).transactionId, 4);
});

test("an argument in the place of the command object is an argument", () => {
  const { commandObject, args } = decodeCommand(amf0(hex`02 0004 706c6179 00 4010000000000000 02 0003 6b6579`));
  deepEqual([commandObject, args], [null, ["key"]]);
  const object = decodeCommand(amf0(hex`02 0001 66 00 4010000000000000 03 0001 61 05 000009 02 0000`));
  deepEqual(object.commandObject, new AmfObject([["a", null]]));
  deepEqual(object.args, [""]);
});

test("a transaction id as a string counts as the number that it spells, anything else as none", () => {
  const transactionId = (bytes: Uint8Array): number => decodeCommand(amf0(hex`02 0001 66 ${bytes} 05`)).transactionId;
  equal(transactionId(hex`02 0001 37`), 7);
  equal(transactionId(hex`02 0001 78`), 0);
  equal(transactionId(hex`05`), 0);
  equal(transactionId(hex`00 7ff8000000000000`), 0);
  equal(transactionId(hex`00 bff0000000000000`), -1);
});

test("a call of Flex has null for its name, or the empty text, or the text null", () => {
  const rest = hex`00 4010000000000000 05 11 04 05`;
  const expected = { name: "", transactionId: 4, commandObject: null, args: [5], unreadable: undefined };
  for (const name of [hex`05`, hex`02 0000`, hex`02 0004 6e756c6c`]) {
    deepEqual(decodeCommand(amf3(hex`00 ${name} ${rest}`)), expected);
    deepEqual(decodeCommand(amf0(hex`${name} ${rest}`)), expected);
  }
  const encoded = encodeCommand({ name: "", transactionId: 4, args: [{}] }, 0, { objectEncoding: 3 });
  deepEqual(encoded, amf3(hex`00 05 00 4010000000000000 05 11 0a 0b 01 01`));
});

test("null without a transaction id behind it is no name", () => {
  for (const payload of [hex`05`, hex`05 05`, hex`05 02 0001 61`, hex`05 00 4010`, hex`06 00 4010000000000000`]) {
    throws(() => decodeCommand(amf0(payload)), { code: "command.body" });
  }
});

test("garbage at the end is told, and what stood before it counts", () => {
  const { args, unreadable } = decodeCommand(amf0(hex`${PLAY} ff ff`));
  deepEqual([args, unreadable], [["key", -2000], "amf.marker"]);
});

test("invalid UTF-8 in a name or an argument is replaced", () => {
  const { name, args } = decodeCommand(amf0(hex`02 0002 61ff 00 3ff0000000000000 05 02 0002 fe62`));
  deepEqual([name, args], ["a\ufffd", ["\ufffdb"]]);
});

test("a command without a name is a violation", () => {
  throws(() => decodeCommand(amf0(hex``)), { code: "command.body" });
  throws(() => decodeCommand(amf0(hex`00 3ff0000000000000`)), { code: "command.body" });
  throws(() => decodeCommand(amf0(hex`02 0009 61`)), { code: "command.body" });
  throws(() => decodeCommand(amf3(hex`00`)), { code: "command.body" });
});

test("a value beyond a limit ends the arguments", () => {
  const nested = hex`02 0001 66 00 3ff0000000000000 05 ${"0a00000001".repeat(70)} 05`;
  equal(decodeCommand(amf0(nested)).unreadable, "amf.limit");
});

test("cut at any place, a command keeps what is whole or has no name", () => {
  for (let length = 0; length < PLAY.length; length++) {
    try {
      const { name, args } = decodeCommand(amf0(PLAY.subarray(0, length)));
      equal(name, "play");
      deepEqual(args, length < 23 ? [] : ["key"]);
    } catch (error) {
      ok(error instanceof ProtocolError);
      deepEqual([error.code, length < 7], ["command.body", true]);
    }
  }
});

test("a command that is too long for one message is refused", () => {
  const text = (length: number): OutgoingCommand => ({ name: "a", args: ["x".repeat(length)] });
  // The name has 4 bytes, the transaction id 9, null 1, and the text 5 of its own.
  const longest = 0xffffff - 19;
  equal(encodeCommand(text(longest), 0).payload.length, 0xffffff);
  throws(() => encodeCommand(text(longest + 1), 0), { code: "amf.encode" });
  throws(() => encodeCommand(text(longest), 0, { objectEncoding: 3 }), { code: "amf.encode" });
});
