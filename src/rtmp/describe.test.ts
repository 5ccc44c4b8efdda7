import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hex } from "../bytes/hex.ts";
import { describeMessage } from "./describe.ts";
import {
  encodeAbort,
  encodeAcknowledgement,
  encodeSetChunkSize,
  encodeSetPeerBandwidth,
  encodeUserControl,
  encodeWindowAcknowledgementSize,
  PeerBandwidthLimit,
} from "./message/control.ts";
import type { Message } from "./message/message.ts";

function message(type: number, payload: Uint8Array): Message {
  return { type, timestamp: 40, streamId: 1, payload };
}

const CASES: readonly [Message, string][] = [
  [encodeSetChunkSize(4096), "set-chunk-size 4096, 4 bytes at 0 ms, stream 0"],
  [encodeAbort(6), "abort of chunk stream 6, 4 bytes at 0 ms, stream 0"],
  [encodeAcknowledgement(77), "acknowledgement 77, 4 bytes at 0 ms, stream 0"],
  [encodeWindowAcknowledgementSize(2_500_000), "window-acknowledgement-size 2500000, 4 bytes at 0 ms, stream 0"],
  [
    encodeSetPeerBandwidth(2_500_000, PeerBandwidthLimit.Dynamic),
    "set-peer-bandwidth 2500000 dynamic, 5 bytes at 0 ms, stream 0",
  ],
  [encodeUserControl({ kind: "stream-begin", streamId: 1 }), "user-control stream-begin 1, 6 bytes at 0 ms, stream 0"],
  [
    encodeUserControl({ kind: "set-buffer-length", streamId: 1, bufferMs: 300 }),
    "user-control set-buffer-length 300 ms of stream 1, 10 bytes at 0 ms, stream 0",
  ],
  [
    encodeUserControl({ kind: "ping-request", timestampMs: 9 }),
    "user-control ping-request 9, 6 bytes at 0 ms, stream 0",
  ],
  [
    encodeUserControl({ kind: "swf-verify-response", data: new Uint8Array(42) }),
    "user-control swf-verify-response of 42 bytes, 44 bytes at 0 ms, stream 0",
  ],
  [
    encodeUserControl({ kind: "unknown", event: 99, data: hex`00` }),
    "user-control unknown event 99 with 1 bytes, 3 bytes at 0 ms, stream 0",
  ],
  [message(8, hex`af01`), "audio, 2 bytes at 40 ms, stream 1"],
  [message(9, hex`1701`), "video, 2 bytes at 40 ms, stream 1"],
  [message(22, hex``), "aggregate, 0 bytes at 40 ms, stream 1"],
  [message(20, hex`02 0007 7075626c697368 00`), 'command "publish", 11 bytes at 40 ms, stream 1'],
  [message(17, hex`00 02 0007 7075626c697368 00`), 'command "publish", 12 bytes at 40 ms, stream 1'],
  [message(17, hex`02 0007 7075626c697368 00`), 'command "publish", 11 bytes at 40 ms, stream 1'],
  [message(18, hex`02 000a 6f6e4d65746144617461`), 'data "onMetaData", 13 bytes at 40 ms, stream 1'],
  [message(20, hex`05`), "command (no name), 1 bytes at 40 ms, stream 1"],
  [message(20, hex`02 0002 0a22`), 'command "\\n\\"", 5 bytes at 40 ms, stream 1'],
  [message(19, hex``), "shared-object, 0 bytes at 40 ms, stream 1"],
  [message(30, hex``), "type 30, 0 bytes at 40 ms, stream 1"],
  [message(1, hex`00`), "set-chunk-size (too short), 1 bytes at 40 ms, stream 1"],
  [message(4, hex`00`), "user-control (too short), 1 bytes at 40 ms, stream 1"],
  [message(6, hex`00000000`), "set-peer-bandwidth (too short), 4 bytes at 40 ms, stream 1"],
];

for (const [described, line] of CASES) {
  test(line, () => equal(describeMessage(described), line));
}

test("a long name is cut", () => {
  const line = describeMessage(message(20, hex`02 0100 ${new Uint8Array(256).fill(0x61)}`));
  equal(line, `command "${"a".repeat(64)}…", 259 bytes at 40 ms, stream 1`);
});

test("any message is one line of bounded length", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300, size: "max" }), (type, payload) => {
      const line = describeMessage(message(type, payload));
      ok(!line.includes("\n"));
      ok(line.length < 500);
    }),
  );
});
