import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import {
  decodeAbort,
  decodeAcknowledgement,
  decodeSetChunkSize,
  decodeSetPeerBandwidth,
  decodeUserControl,
  decodeWindowAcknowledgementSize,
  encodeAbort,
  encodeAcknowledgement,
  encodeSetChunkSize,
  encodeSetPeerBandwidth,
  encodeUserControl,
  encodeWindowAcknowledgementSize,
  PeerBandwidthLimit,
  type UserControl,
} from "./control.ts";

test("control messages stand on message stream 0", () => {
  deepEqual(encodeSetChunkSize(4096), { type: 1, timestamp: 0, streamId: 0, payload: hex`00001000` });
  deepEqual(encodeAbort(6), { type: 2, timestamp: 0, streamId: 0, payload: hex`00000006` });
  deepEqual(encodeAcknowledgement(10_000_000), { type: 3, timestamp: 0, streamId: 0, payload: hex`00989680` });
  deepEqual(encodeWindowAcknowledgementSize(2_500_000), {
    type: 5,
    timestamp: 0,
    streamId: 0,
    payload: hex`002625a0`,
  });
  deepEqual(encodeSetPeerBandwidth(2_500_000, PeerBandwidthLimit.Dynamic), {
    type: 6,
    timestamp: 0,
    streamId: 0,
    payload: hex`002625a0 02`,
  });
});

test("control messages are read back", () => {
  equal(decodeSetChunkSize(hex`00001000`), 4096);
  equal(decodeSetChunkSize(hex`7fffffff`), 0x7fffffff);
  equal(decodeAbort(hex`00000006`), 6);
  equal(decodeAcknowledgement(hex`ffffffff`), 2 ** 32 - 1);
  equal(decodeWindowAcknowledgementSize(hex`002625a0`), 2_500_000);
  deepEqual(decodeSetPeerBandwidth(hex`002625a0 01`), { windowBytes: 2_500_000, limit: PeerBandwidthLimit.Soft });
});

test("an acknowledgement counts modulo 2^32", () => {
  equal(decodeAcknowledgement(encodeAcknowledgement(2 ** 32 + 7).payload), 7);
});

test("the reserved top bit of a chunk size is left out", () => {
  equal(decodeSetChunkSize(hex`80001000`), 4096);
});

for (const payload of [hex`00000000`, hex`80000000`]) {
  test(`a chunk size of ${payload[0] === 0 ? "0" : "nothing but the top bit"} is an error`, () => {
    throws(
      () => decodeSetChunkSize(payload),
      (error) => error instanceof ProtocolError && error.code === "chunk.size",
    );
  });
}

test("a Set Chunk Size that is too short is an error, other short bodies are told as undefined", () => {
  for (let length = 0; length < 4; length++) {
    const short = new Uint8Array(length);
    throws(
      () => decodeSetChunkSize(short),
      (error) => error instanceof ProtocolError && error.code === "message.body",
    );
    equal(decodeAbort(short), undefined);
    equal(decodeAcknowledgement(short), undefined);
    equal(decodeWindowAcknowledgementSize(short), undefined);
  }
  equal(decodeSetPeerBandwidth(hex`002625a0`), undefined);
});

describe("user control", () => {
  const cases: readonly [UserControl, Uint8Array][] = [
    [{ kind: "stream-begin", streamId: 1 }, hex`0000 00000001`],
    [{ kind: "stream-eof", streamId: 1 }, hex`0001 00000001`],
    [{ kind: "stream-dry", streamId: 1 }, hex`0002 00000001`],
    [{ kind: "set-buffer-length", streamId: 1, bufferMs: 36_000_000 }, hex`0003 00000001 02255100`],
    [{ kind: "stream-is-recorded", streamId: 1 }, hex`0004 00000001`],
    [{ kind: "ping-request", timestampMs: 1234 }, hex`0006 000004d2`],
    [{ kind: "ping-response", timestampMs: 1234 }, hex`0007 000004d2`],
    [{ kind: "swf-verify-request", data: hex`` }, hex`001a`],
    [{ kind: "swf-verify-response", data: new Uint8Array(42).fill(1) }, hex`001b ${new Uint8Array(42).fill(1)}`],
    [{ kind: "buffer-empty", streamId: 1 }, hex`001f 00000001`],
    [{ kind: "buffer-ready", streamId: 1 }, hex`0020 00000001`],
    [{ kind: "unknown", event: 99, data: hex`abcd` }, hex`0063 abcd`],
    [{ kind: "unknown", event: 5, data: hex`` }, hex`0005`],
  ];
  for (const [control, payload] of cases) {
    test(`${control.kind}, both ways`, () => {
      deepEqual(encodeUserControl(control), { type: 4, timestamp: 0, streamId: 0, payload });
      deepEqual(decodeUserControl(payload), control);
    });
  }

  test("a ping of two bytes has the time 0", () => {
    deepEqual(decodeUserControl(hex`0006`), { kind: "ping-request", timestampMs: 0 });
  });

  test("events that are cut anywhere are unknown, and never throw", () => {
    for (const [, payload] of cases) {
      for (let length = 0; length < payload.length; length++) {
        const found = decodeUserControl(payload.subarray(0, length));
        if (length < 2) equal(found, undefined);
        else ok(["unknown", "ping-request", "swf-verify-response"].includes(found?.kind ?? ""), found?.kind);
      }
    }
    deepEqual(decodeUserControl(hex`0003 00000001`), { kind: "unknown", event: 3, data: hex`00000001` });
  });

  test("bytes behind the data are ignored", () => {
    deepEqual(decodeUserControl(hex`0000 00000001 ffff`), { kind: "stream-begin", streamId: 1 });
  });
});
