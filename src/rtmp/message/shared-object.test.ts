import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { encodeSharedObject } from "./encode-shared-object.ts";
import { MessageType } from "./message.ts";
import {
  decodeSharedObject,
  describeSharedObjectEvent,
  type SharedObjectDecodeOptions,
  type SharedObjectEvent,
  type SharedObjectMessage,
  type SharedObjectMessageLimits,
} from "./shared-object.ts";

function decode0(payload: Uint8Array, options?: SharedObjectDecodeOptions): SharedObjectMessage {
  return decodeSharedObject({ type: MessageType.SharedObject, payload }, options);
}

function decode3(payload: Uint8Array, options?: SharedObjectDecodeOptions): SharedObjectMessage {
  return decodeSharedObject({ type: MessageType.SharedObjectAmf3, payload }, options);
}

function chat(version: number, ...events: SharedObjectEvent[]): SharedObjectMessage {
  return { name: "chat", version, isPersistent: false, events };
}

const CHAT = hex`0004 63686174`;
const TEMPORARY = hex`00000000 00000000`;

const VECTORS: readonly (readonly [string, SharedObjectMessage, Uint8Array])[] = [
  ["Use", chat(0, { kind: "use" }), hex`${CHAT} 00000000 ${TEMPORARY} 01 00000000`],
  [
    "Use Success and Clear",
    chat(1, { kind: "use-success" }, { kind: "clear" }),
    hex`${CHAT} 00000001 ${TEMPORARY} 0b 00000000 08 00000000`,
  ],
  [
    "Request Change x = 1",
    chat(1, { kind: "request-change", key: "x", value: 1 }),
    hex`${CHAT} 00000001 ${TEMPORARY} 03 0000000c 0001 78 00 3ff0000000000000`,
  ],
  ["Success x", chat(2, { kind: "success", key: "x" }), hex`${CHAT} 00000002 ${TEMPORARY} 05 00000003 0001 78`],
  [
    "Change x = 1",
    chat(2, { kind: "change", slots: [["x", 1]] }),
    hex`${CHAT} 00000002 ${TEMPORARY} 04 0000000c 0001 78 00 3ff0000000000000`,
  ],
  [
    'Send hello("abc")',
    chat(2, { kind: "send", method: "hello", args: ["abc"] }),
    hex`${CHAT} 00000002 ${TEMPORARY} 06 0000000e 02 0005 68656c6c6f 02 0003 616263`,
  ],
  [
    "Request Remove x",
    chat(2, { kind: "request-remove", key: "x" }),
    hex`${CHAT} 00000002 ${TEMPORARY} 0a 00000003 0001 78`,
  ],
  ["Remove x", chat(3, { kind: "remove", key: "x" }), hex`${CHAT} 00000003 ${TEMPORARY} 09 00000003 0001 78`],
  [
    "Status NoWriteAccess",
    chat(3, { kind: "status", code: "SharedObject.NoWriteAccess", level: "error" }),
    hex`
      ${CHAT} 00000003 ${TEMPORARY} 07 00000023
      001a 5368617265644f626a6563742e4e6f5772697465416363657373    ; "SharedObject.NoWriteAccess"
      0005 6572726f72                                              ; "error"
    `,
  ],
  ["Release", chat(3, { kind: "release" }), hex`${CHAT} 00000003 ${TEMPORARY} 02 00000000`],
  [
    "Use of a persistent object whose version 5 the client has",
    { name: "p", version: 5, isPersistent: true, events: [{ kind: "use" }] },
    hex`0001 70 00000005 00000002 00000000 01 00000000`,
  ],
  [
    "the full state of a persistent object",
    {
      name: "p",
      version: 7,
      isPersistent: true,
      events: [
        { kind: "use-success" },
        { kind: "clear" },
        { kind: "change", slots: [["a", "v"]] },
        { kind: "change", slots: [["b", 2]] },
      ],
    },
    hex`
      0001 70 00000007 00000002 00000000
      0b 00000000
      08 00000000
      04 00000007 0001 61 02 0001 76
      04 0000000c 0001 62 00 4000000000000000
    `,
  ],
];
const CHANGE_AMF3 = hex`00 ${CHAT} 00000002 ${TEMPORARY} 04 00000006 0001 78 11 04 01`;

for (const [name, message, payload] of VECTORS) {
  test(`${name}, both ways`, () => {
    deepEqual(decode0(payload), message);
    deepEqual(encodeSharedObject(message), { type: 19, timestamp: 0, streamId: 0, payload });
    // Type 16 with values that are not switched to AMF3 is read as well.
    deepEqual(decode3(hex`00 ${payload}`), message);
  });

  test(`${name}, cut anywhere, throws a ProtocolError or has fewer events`, () => {
    expectCleanTruncations(decode0, payload);
    for (let length = payload.length - 1; length > 0; length--) {
      const cut = payload.slice(0, length);
      // Cut between events, it is whole.
      try {
        const { events } = decode0(cut);
        deepEqual(events, message.events.slice(0, events.length));
      } catch (error) {
        throws(() => decode0(cut), { code: /^(?:bytes\.truncated|object\.body)$/ });
        equal(typeof (error as { byteOffset?: unknown }).byteOffset, "number");
      }
    }
  });
}

test("in type 16 values of one message refer to each other, as those of Red5 do; ours never do", () => {
  const message = hex`
    00 ${CHAT} 00000002 ${TEMPORARY}
    04 0000000e  0001 61  11 0a 0b 01 03 6e 06 05 6869 01  ; a = {n: "hi"}
    04 0000000b  0001 62  11 0a 0b 01 00 06 02 01          ; b, by the strings of a`;
  const hi = new AmfObject([["n", "hi"]]);
  const events: SharedObjectEvent[] = [
    { kind: "change", slots: [["a", hi]] },
    { kind: "change", slots: [["b", hi]] },
  ];
  deepEqual(decode3(message), chat(2, ...events));
  const { payload } = encodeSharedObject(chat(2, ...events), { objectEncoding: 3 });
  const alone = hex`11 0a 0b 01 03 6e 06 05 6869 01`;
  deepEqual(payload.subarray(19 + 5 + 3), hex`${alone} 04 0000000e 0001 62 ${alone}`);
});

test("in type 16 values are AMF3 behind the switch, both ways", () => {
  const message = chat(2, { kind: "change", slots: [["x", 1]] });
  deepEqual(decode3(CHANGE_AMF3), message);
  deepEqual(encodeSharedObject(message, { objectEncoding: 3 }), {
    type: 16,
    timestamp: 0,
    streamId: 0,
    payload: CHANGE_AMF3,
  });
  expectCleanTruncations(decode3, CHANGE_AMF3);
});

test("the method of a send has an AMF0 marker in type 16 too, and may come with another", () => {
  const message = chat(2, { kind: "send", method: "f", args: ["f", 7] });
  const payload = hex`00 ${CHAT} 00000002 ${TEMPORARY} 06 0000000b 02 0001 66 11 06 03 66 11 04 07`;
  deepEqual(encodeSharedObject(message, { objectEncoding: 3 }).payload, payload);
  deepEqual(decode3(payload), message);
  deepEqual(decode3(hex`00 ${CHAT} 00000002 ${TEMPORARY} 06 0000000b 11 06 03 66 02 0001 66 11 04 07`), message);
});

test("what AMF3 cannot express stands in type 16 as AMF0", () => {
  const value = new AmfObject([["", true]]);
  const { payload } = encodeSharedObject(chat(2, { kind: "request-change", key: "k", value }), { objectEncoding: 3 });
  deepEqual(payload, hex`00 ${CHAT} 00000002 ${TEMPORARY} 03 0000000b 0001 6b 03 0000 0101 000009`);
  deepEqual(decode3(payload), chat(2, { kind: "request-change", key: "k", value }));
});

test("one Change may hold several slots, and a message several events", () => {
  const payload = hex`
    ${CHAT} 00000002 ${TEMPORARY}
    04 0000000a 0001 61 05  0003 616263 06    ; a = null, abc = undefined
    05 00000002 0000                          ; Success of the slot with the empty name
  `;
  const events: SharedObjectEvent[] = [
    {
      kind: "change",
      slots: [
        ["a", null],
        ["abc", undefined],
      ],
    },
    { kind: "success", key: "" },
  ];
  deepEqual(decode0(payload), chat(2, ...events));
  deepEqual(encodeSharedObject(chat(2, ...events)).payload, payload);
});

test("an event of an unknown type is skipped by its length, and told; so is what stands behind known data", () => {
  const payload = hex`
    ${CHAT} 00000002 ${TEMPORARY}
    0c 00000002 ffff                    ; nobody's
    08 00000003 010203                  ; Clear with data
    05 00000004 0001 78 ff              ; Success x with a byte behind
    01 00000000
  `;
  deepEqual(decode0(payload).events.map(describeSharedObjectEvent), [
    "unknown event 12 with 2 bytes",
    "clear",
    'success "x"',
    "use",
  ]);
  const unknown: SharedObjectEvent = { kind: "unknown", type: 12, data: hex`ffff` };
  deepEqual(decode0(encodeSharedObject(chat(1, unknown)).payload).events, [unknown]);
});

test("a request without a value asks for undefined", () => {
  const { events } = decode0(hex`${CHAT} 00000001 ${TEMPORARY} 03 00000003 0001 78`);
  deepEqual(events, [{ kind: "request-change", key: "x", value: undefined }]);
});

test("with 3 as its first byte, names of type 16 are AMF3 strings", () => {
  const payload = hex`
    03 09 63686174 00000001 ${TEMPORARY}    ; "chat"
    03 0000000b 03 78 00 3ff0000000000000   ; x = 1
    05 00000001 02                          ; Success of the string before: "x"
    03 00000005 00 11 06 03 79              ; chat = "y"
  `;
  deepEqual(
    decode3(payload),
    chat(
      1,
      { kind: "request-change", key: "x", value: 1 },
      { kind: "success", key: "x" },
      { kind: "request-change", key: "chat", value: "y" },
    ),
  );
  expectCleanTruncations(decode3, payload);
  const limits = { maxNameBytes: 3 };
  throws(() => decode3(payload, { limits }), { code: "object.limit", byteOffset: 1 });
  throws(() => decode3(hex`01 ${CHAT} 00000001 ${TEMPORARY}`), { code: "object.body", byteOffset: 0 });
});

test("lengths that contradict each other are violations, with their place", () => {
  const violations: readonly (readonly [Uint8Array, string, number])[] = [
    [hex`${CHAT} 00000001 ${TEMPORARY} 01 00000001`, "object.body", 19],
    [hex`${CHAT} 00000001 ${TEMPORARY} 05 00000002 0001 78`, "object.body", 25],
    [hex`${CHAT} 00000001 ${TEMPORARY} 03 00000004 0001 78 00 3ff0000000000000`, "bytes.truncated", 27],
    [hex`${CHAT} 00000001 ${TEMPORARY} 06 00000001 05`, "object.body", 23],
    [hex`${CHAT} 00000001 ${TEMPORARY} 06 00000000`, "bytes.truncated", 23],
    [hex`${CHAT} 00000001 ${TEMPORARY} 03 00000004 0001 78 ff`, "amf.marker", 26],
    [hex`0005 63686174`, "bytes.truncated", 2],
    [hex``, "bytes.truncated", 0],
  ];
  for (const [payload, code, byteOffset] of violations) throws(() => decode0(payload), { code, byteOffset });
});

/** Decodes with the limit just enough, then one less. */
function expectLimit(message: SharedObjectMessage, name: keyof SharedObjectMessageLimits, enough: number): void {
  const { payload } = encodeSharedObject(message);
  deepEqual(decode0(payload, { limits: { [name]: enough } }), message);
  throws(() => decode0(payload, { limits: { [name]: enough - 1 } }), { code: "object.limit" });
}

test("each limit holds at its value and not one beyond", () => {
  const slots = (count: number): [string, AmfValue][] =>
    Array.from({ length: count }, (_, index) => [`${index}`, true]);
  expectLimit({ ...chat(1), name: "é".repeat(10) }, "maxNameBytes", 20);
  expectLimit(chat(1, { kind: "success", key: "é" }), "maxSlotNameBytes", 2);
  expectLimit(chat(1, { kind: "use" }, { kind: "clear" }), "maxEvents", 2);
  expectLimit(chat(1, { kind: "change", slots: slots(7) }, { kind: "clear" }), "maxEvents", 8);
  expectLimit(chat(1, { kind: "request-change", key: "k", value: "abc" }), "maxValueBytes", 6);
  expectLimit(chat(1, { kind: "change", slots: [["k", "abc"]] }), "maxValueBytes", 6);
  expectLimit(chat(1, { kind: "send", method: "f", args: ["abcdef"] }), "maxValueBytes", 9);
});

test("the defaults are limits: names of 256 bytes, 1001 events, a value over 64 KiB", () => {
  for (const [atLimit, beyond] of [
    [
      { ...chat(1), name: "n".repeat(255) },
      { ...chat(1), name: "n".repeat(256) },
    ],
    [chat(1, { kind: "remove", key: "k".repeat(255) }), chat(1, { kind: "remove", key: "k".repeat(256) })],
    [chat(1, ...Array(1000).fill({ kind: "use" })), chat(1, ...Array(1001).fill({ kind: "use" }))],
    [
      chat(1, { kind: "request-change", key: "k", value: "v".repeat(65533) }),
      chat(1, { kind: "request-change", key: "k", value: "v".repeat(65534) }),
    ],
  ] as const) {
    deepEqual(decode0(encodeSharedObject(atLimit).payload, { limits: {} }), atLimit);
    throws(() => decode0(encodeSharedObject(beyond).payload), { code: "object.limit" });
  }
});

test("a send of very many arguments ends at the AMF limit", () => {
  const args = new Uint8Array(200_000).fill(5);
  const payload = hex`${CHAT} 00000001 ${TEMPORARY} 06 00030d44 02 0001 66 ${args}`;
  throws(() => decode0(payload), { code: "amf.limit" });
});

test("names beyond 65535 bytes cannot be written", () => {
  const key = "k".repeat(65_536);
  throws(() => encodeSharedObject(chat(1, { kind: "remove", key })), { code: "amf.encode" });
  throws(() => encodeSharedObject({ ...chat(1), name: key }), { code: "amf.encode" });
  equal(encodeSharedObject({ ...chat(1), name: key.slice(1) }).payload.length, 65_535 + 14);
});

test("__proto__ and constructor are names like others", () => {
  const message: SharedObjectMessage = {
    name: "__proto__",
    version: 1,
    isPersistent: false,
    events: [
      { kind: "change", slots: [["__proto__", new AmfObject([["constructor", 1]])]] },
      { kind: "send", method: "constructor", args: [] },
    ],
  };
  deepEqual(decode0(encodeSharedObject(message).payload), message);
});

test("the version is 32 bits, whatever comes", () => {
  equal(decode0(encodeSharedObject(chat(2 ** 32 + 5)).payload).version, 5);
  equal(decode0(encodeSharedObject(chat(0xffff_ffff)).payload).version, 0xffff_ffff);
});

test("every event is described in one line without its values", () => {
  const events: SharedObjectEvent[] = [
    {
      kind: "change",
      slots: [
        ["a", 1],
        ["b\n", 2],
      ],
    },
    { kind: "send", method: "f", args: [1, 2] },
    { kind: "status", code: "c", level: "l" },
    { kind: "request-remove", key: "k" },
  ];
  deepEqual(events.map(describeSharedObjectEvent), [
    'change "a", "b\\n"',
    'send "f" with 2 arguments',
    'status "c" "l"',
    'request-remove "k"',
  ]);
});
