import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeCommand, encodeCommand } from "../../rtmp/message/command.ts";
import { MessageType } from "../../rtmp/message/message.ts";
import { AmfExternalizable, AmfObject } from "../amf/amf-value.ts";
import { encodeAmf0 } from "../amf/amf0-encoder.ts";
import { decodeAmf3 } from "../amf/amf3-decoder.ts";
import { encodeAmf3 } from "../amf/amf3-encoder.ts";
import { FlexHeader, type FlexMessage, FlexOperation, type OutgoingFlexMessage } from "./message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "./message-codec.ts";

/** 16 bytes and the text of them, counted up from the first. */
const ID_10 = "10111213-1415-1617-1819-1A1B1C1D1E1F";
const ID_20 = "20212223-2425-2627-2829-2A2B2C2D2E2F";
const ID_30 = "30313233-3435-3637-3839-3A3B3C3D3E3F";
const ID_40 = "40414243-4445-4647-4849-4A4B4C4D4E4F";

const DSC_PING = hex`
  0a 07 07 445343                               ; externalizable "DSC"
  88 02                                         ; flags: headers and more; messageIdBytes
  0a 0b 01 09 44534964 06 07 6e696c             ; headers: DSId "nil",
     25 44534d6573736167696e6756657273696f6e 04 01  ;   DSMessagingVersion 1
     01
  0c 21 101112131415161718191a1b1c1d1e1f        ; messageId
  00                                            ; flags of AsyncMessage: none
  01 04 05                                      ; flags of CommandMessage: operation 5
`;

/** The version is a double in it, as another encoder writes it; ours writes whole numbers as integers. */
function acknowledgement(version: string): Uint8Array {
  return hex`
    0a 07 07 44534b                             ; externalizable "DSK"
    88 03                                       ; flags: headers and more; clientIdBytes, messageIdBytes
    0a 0b 01 09 44534964 06 05 6331             ; headers: DSId "c1",
       25 44534d6573736167696e6756657273696f6e ${version}
       01
    0c 21 303132333435363738393a3b3c3d3e3f      ; clientId
    0c 21 202122232425262728292a2b2c2d2e2f      ; messageId
    02 0c 21 101112131415161718191a1b1c1d1e1f   ; correlationIdBytes
    00
  `;
}

const DSA = hex`
  0a 07 07 445341                               ; externalizable "DSA"
  ad 03                                         ; body, destination, headers, timestamp and more; both ids
  06 05 6869                                    ; "hi"
  06 09 63686174                                ; "chat"
  0a 0b 01 15 4453537562746f706963 06 0b 726f6f6d31 01  ; DSSubtopic "room1"
  05 426d1a94a2000000                           ; 1 000 000 000 000
  0c 21 303132333435363738393a3b3c3d3e3f
  0c 21 404142434445464748494a4b4c4d4e4f
  00
`;

const REMOTING = hex`
  0a 8113                                       ; object of 9 sealed members
  4f 666c65782e6d6573736167696e672e6d657373616765732e52656d6f74696e674d657373616765
  13 6f7065726174696f6e                         ; operation
  0d 736f75726365                               ; source
  13 6d6573736167654964                         ; messageId
  17 64657374696e6174696f6e                     ; destination
  13 74696d657374616d70                         ; timestamp
  15 74696d65546f4c697665                       ; timeToLive
  11 636c69656e744964                           ; clientId
  0f 68656164657273                             ; headers
  09 626f6479                                   ; body
  06 07 616464                                  ; "add"
  01
  06 03 41                                      ; "A"
  06 09 63616c63                                ; "calc"
  04 00 04 00 01
  0a 0b 01 09 44534964 06 05 6331 01            ; DSId "c1"
  09 05 01 04 02 04 03                          ; [2, 3]
`;

const NOTHING = { body: null, clientId: null, destination: null, timestamp: 0, timeToLive: 0, correlationId: null };

const PING: FlexMessage = {
  ...NOTHING,
  kind: "command",
  operation: FlexOperation.ClientPing,
  messageId: ID_10,
  headers: new Map<string, string | number>([
    ["DSId", "nil"],
    ["DSMessagingVersion", 1],
  ]),
};
const PONG: FlexMessage = {
  ...NOTHING,
  kind: "acknowledge",
  clientId: ID_30,
  messageId: ID_20,
  correlationId: ID_10,
  headers: new Map<string, string | number>([
    ["DSId", "c1"],
    ["DSMessagingVersion", 1],
  ]),
};
const CHAT: FlexMessage = {
  ...NOTHING,
  kind: "async",
  body: "hi",
  destination: "chat",
  timestamp: 1_000_000_000_000,
  clientId: ID_30,
  messageId: ID_40,
  headers: new Map([["DSSubtopic", "room1"]]),
};
const CALL: FlexMessage = {
  kind: "remoting",
  operation: "add",
  source: null,
  messageId: "A",
  destination: "calc",
  timestamp: 0,
  timeToLive: 0,
  clientId: null,
  headers: new Map([["DSId", "c1"]]),
  body: [2, 3],
};

function decode(bytes: Uint8Array): FlexMessage | undefined {
  return decodeFlexMessage(decodeAmf3(bytes)[0]);
}

function encode(message: OutgoingFlexMessage, form: "small" | "full" = "small"): Uint8Array {
  return encodeAmf3(encodeFlexMessage(message, form));
}

test("DSC, DSK, DSA and RemotingMessage, as they are sent", () => {
  for (const [bytes, message] of [
    [DSC_PING, PING],
    [acknowledgement("04 01"), PONG],
    [DSA, CHAT],
    [REMOTING, CALL],
  ] as const) {
    deepEqual(decode(bytes), message);
    deepEqual(encode(message), bytes);
    expectCleanTruncations(decode, bytes);
  }
  deepEqual(decode(acknowledgement("05 3ff0000000000000")), PONG);
});

test("a call of type 17, its answer and a push", () => {
  const call = hex`00 05 00 4010000000000000 05 11 ${DSC_PING}`;
  const sent = encodeCommand({ name: "", transactionId: 4, args: [encodeFlexMessage(PING, "small")] }, 0, {
    objectEncoding: 3,
  });
  deepEqual(sent, { type: MessageType.CommandAmf3, timestamp: 0, streamId: 0, payload: call });
  deepEqual(decodeFlexMessage(decodeCommand(sent).args[0]), PING);

  const answer: FlexMessage = {
    ...NOTHING,
    kind: "acknowledge",
    body: 5,
    correlationId: ID_10,
    messageId: null,
    headers: new Map(),
  };
  const result = encodeCommand({ name: "_result", transactionId: 4, args: [encodeFlexMessage(answer, "small")] }, 0, {
    objectEncoding: 3,
  });
  deepEqual(
    result.payload,
    hex`00 02 0007 5f726573756c74 00 4010000000000000 05 11
      0a 07 07 44534b 01 04 05 02 0c 21 101112131415161718191a1b1c1d1e1f 00`,
  );
  deepEqual(decodeFlexMessage(decodeCommand(result).args[0]), answer);

  const push = encodeCommand({ name: "receive", args: [encodeFlexMessage(CHAT, "small")] }, 0, { objectEncoding: 3 });
  deepEqual(push.payload, hex`00 02 0007 72656365697665 00 0000000000000000 05 11 ${DSA}`);
  deepEqual(decodeFlexMessage(decodeCommand(push).args[0]), CHAT);
});

test("ArrayCollection and ObjectProxy", () => {
  const collection = hex`0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e 09 05 01 04 01 06 03 78`;
  const proxy = hex`0a 07 3b 666c65782e6d6573736167696e672e696f2e4f626a65637450726f7879 0a 0b 01 03 61 04 01 01`;
  const values = [
    [collection, new AmfExternalizable("flex.messaging.io.ArrayCollection", [1, "x"])],
    [proxy, new AmfExternalizable("flex.messaging.io.ObjectProxy", new AmfObject([["a", 1]]))],
  ] as const;
  for (const [bytes, value] of values) {
    deepEqual(encodeAmf3(value), bytes);
    deepEqual(decodeAmf3(bytes)[0], decodeAmf3(encodeAmf3(value))[0]);
    expectCleanTruncations(decodeAmf3, bytes);
  }
});

for (const message of [PING, PONG, CHAT, CALL] as const) {
  test(`the full form of a message of the kind ${message.kind} says the same, in AMF3 and in AMF0`, () => {
    const value = encodeFlexMessage(message, "full");
    ok(value instanceof AmfObject);
    equal(value.isDynamic, false);
    deepEqual(decodeFlexMessage(decodeAmf3(encodeAmf3(value))[0]), message);
    const amf0 = { type: MessageType.Command, timestamp: 0, streamId: 0 };
    const payload = encodeAmf0("f", 1, null, value);
    deepEqual(decodeFlexMessage(decodeCommand({ ...amf0, payload }).args[0]), message);
  });
}

test("an error message has only its full form, and says what was left out", () => {
  const value = encodeFlexMessage({ kind: "error", faultCode: "Server.Processing", correlationId: "A" }, "small");
  ok(value instanceof AmfObject);
  equal(value.className, "flex.messaging.messages.ErrorMessage");
  const message = decodeFlexMessage(value);
  ok(message?.kind === "error");
  deepEqual([message.faultCode, message.faultString, message.faultDetail], ["Server.Processing", "", ""]);
  deepEqual([message.rootCause, message.extendedData, message.correlationId], [null, null, "A"]);
});

test("members are found by their names, whatever their order, and those of a wrong type count as left out", () => {
  const members: [string, string | number][] = [
    ["destination", "chat"],
    ["operation", "5"],
    ["clientId", 7],
    ["unknown", 1],
  ];
  const message = decodeFlexMessage(new AmfObject(members, { className: "flex.messaging.messages.CommandMessage" }));
  deepEqual(message, {
    ...NOTHING,
    kind: "command",
    destination: "chat",
    operation: 0,
    messageId: null,
    headers: new Map(),
  });
});

test("what is no message is none", () => {
  const aliens = [
    null,
    "DSA",
    new AmfObject(),
    new AmfObject([], { className: "flex.messaging.messages.HTTPMessage" }),
    new AmfObject([], { className: "DSA" }),
    new AmfExternalizable("constructor", new AmfObject()),
    new AmfExternalizable("DSA", 1),
    new AmfExternalizable("flex.messaging.io.ObjectProxy", new AmfObject()),
  ];
  for (const value of aliens) equal(decodeFlexMessage(value), undefined);
});

test("headers may be an ObjectProxy or an array with names", () => {
  const proxy = new AmfExternalizable("flex.messaging.io.ObjectProxy", new AmfObject([[FlexHeader.Subtopic, "a"]]));
  const value = new AmfExternalizable("DSA", new AmfObject([["headers", proxy]]));
  equal(decodeFlexMessage(value)?.headers.get("DSSubtopic"), "a");
});

test("unknown flags announce a value each, after those that are known; the highest bit of six announces none", () => {
  const bytes = hex`
    0a 07 07 445341
    81 86 c0 81 04        ; body; messageIdBytes and an unknown one; bit 6 alone; an unknown byte; another
    06 05 6869            ; body
    0c 21 404142434445464748494a4b4c4d4e4f 04 07  ; messageId, 7
    04 08                 ; of the fourth byte
    04 09                 ; of the fifth
    85 01                 ; correlationId, an unknown one and more; an unknown one
    06 03 63 04 0a 04 0b
  `;
  const message = decode(bytes);
  ok(message?.kind === "async");
  deepEqual([message.body, message.messageId, message.correlationId], ["hi", ID_40, "c"]);
  expectCleanTruncations(decode, bytes);
});

test("flag bytes without end are refused", () => {
  throws(() => decode(hex`0a 07 07 445341 ${"80".repeat(16)} 00`), { code: "amf.limit" });
  deepEqual(decode(hex`0a 07 07 445341 ${"80".repeat(15)} 00 00`)?.kind, "async");
});

test("an id in both forms is that of the bytes, unless they are not 16", () => {
  const both = (bytes: string) => decode(hex`0a 07 07 445341 82 01 06 03 78 0c ${bytes} 00`)?.clientId;
  equal(both("21 303132333435363738393a3b3c3d3e3f"), ID_30);
  equal(both("05 3031"), "x");
});

test("an id that bytes would not give back goes as text", () => {
  for (const clientId of [ID_30.toLowerCase(), "x", `${ID_30}0`]) {
    const bytes = encode({ kind: "async", clientId });
    equal(bytes[6], 0x02);
    equal(decode(bytes)?.clientId, clientId);
  }
});

test("an operation may be a double, and is 0 when it is not there; ours is always there", () => {
  const double = decode(hex`0a 07 07 445343 00 00 01 05 4014000000000000`);
  ok(double?.kind === "command");
  equal(double.operation, 5);
  const none = decode(hex`0a 07 07 445343 00 00 00`);
  ok(none?.kind === "command");
  equal(none.operation, FlexOperation.Subscribe);
  deepEqual(encode({ kind: "command", operation: FlexOperation.Subscribe }), hex`0a 07 07 445343 00 00 01 04 00`);
});

test("what is inside shares the reference tables of what is around", () => {
  const shared = new AmfObject([["a", 1]]);
  const message = encodeFlexMessage({ kind: "async", body: [shared], headers: [["a", shared]] }, "small");
  const decoded = decode(encodeAmf3(message));
  ok(Array.isArray(decoded?.body));
  equal(decoded.body[0], decoded.headers.get("a"));
});

test("a small message whose content is none cannot be written", () => {
  throws(() => encodeAmf3(new AmfExternalizable("DSA", [1])), { code: "amf.encode" });
});

test("keys that are names of JavaScript are data", () => {
  const headers: [string, string][] = [
    ["__proto__", "a"],
    ["constructor", "b"],
  ];
  const message = decode(encode({ kind: "async", headers }, "full"));
  deepEqual([...(message?.headers ?? [])], headers);
});
