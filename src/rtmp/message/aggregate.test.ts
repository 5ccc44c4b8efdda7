import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { ChunkDecoder } from "../chunk/chunk-decoder.ts";
import { AggregateReader, decodeAggregate, encodeAggregate, MAX_LEFT_OUT_MESSAGES } from "./aggregate.ts";
import { type Message, MessageType } from "./message.ts";

const BODY = hex`
  08 000003 001388 00 000000 af01aa       0000000e ; audio at 5000
  09 000006 00139c 00 000000 2701000000bb 00000011 ; video at 5020
`;

function aggregate(payload: Uint8Array, timestamp = 7000): Message {
  return { type: MessageType.Aggregate, timestamp, streamId: 1, payload };
}

const AUDIO: Message = { type: 8, timestamp: 7000, streamId: 1, payload: hex`af01aa` };
const VIDEO: Message = { type: 9, timestamp: 7020, streamId: 1, payload: hex`2701000000bb` };

test("two messages, with timestamps that count on from the aggregate's", () => {
  const bytes = hex`04 00 1b 58 00 00 27 16 01 00 00 00 ${BODY}`;
  const [message] = decodeEveryWay(() => new ChunkDecoder(), bytes);
  deepEqual(message, aggregate(BODY));
  deepEqual(message && decodeAggregate(message), [AUDIO, VIDEO]);
});

test("what was packed comes out again", () => {
  deepEqual(decodeAggregate(encodeAggregate([AUDIO, VIDEO])), [AUDIO, VIDEO]);
  deepEqual(
    encodeAggregate([
      { ...AUDIO, timestamp: 5000 },
      { ...VIDEO, timestamp: 5020 },
    ]),
    aggregate(BODY, 5000),
  );
});

test("timestamps are in FLV order, and wrap", () => {
  const payload = hex`
    08 000001 ffffff 00 000000 01 0000000c ; 0xffffff
    08 000001 000009 01 000000 02 0000000c ; 0x1000009: 10 later
    08 000001 fffffa 00 000000 03 0000000c ; 5 before the first
  `;
  deepEqual(
    decodeAggregate(aggregate(payload, 2 ** 32 - 5)).map((message) => message.timestamp),
    [2 ** 32 - 5, 5, 2 ** 32 - 10],
  );
});

test("the stream ids inside do not count", () => {
  deepEqual(decodeAggregate(aggregate(hex`08 000003 000000 00 000009 af01aa 0000000e`)), [AUDIO]);
});

test("control messages and aggregates inside are left out", () => {
  const payload = hex`
    01 000004 001388 00 000000 00000001 0000000f ; Set Chunk Size
    06 000005 001388 00 000000 0000000100 00000010
    16 000000 001388 00 000000 0000000b          ; an aggregate
    ${BODY}
  `;
  deepEqual(decodeAggregate(aggregate(payload)), [AUDIO, VIDEO]);
});

test("wrong back pointers are ignored, and the last may be missing", () => {
  const wrong = BODY.slice();
  wrong.fill(0xee, 14, 18);
  deepEqual(decodeAggregate(aggregate(wrong)), [AUDIO, VIDEO]);
  deepEqual(decodeAggregate(aggregate(BODY.subarray(0, -4))), [AUDIO, VIDEO]);
});

test("cut anywhere, the whole messages before the cut come out", () => {
  for (let length = 0; length <= BODY.length; length++) {
    const expected = [length >= 14 ? AUDIO : undefined, length >= 18 + 17 ? VIDEO : undefined];
    deepEqual(
      decodeAggregate(aggregate(BODY.subarray(0, length))),
      expected.filter((message) => message !== undefined),
    );
  }
});

test("a length that runs past the end ends it", () => {
  deepEqual(decodeAggregate(aggregate(hex`${BODY} 08 ffffff 0013b0 00 000000 af01aa 0000000e ${BODY}`)), [
    AUDIO,
    VIDEO,
  ]);
});

test("input that is retained may change", () => {
  const payload = BODY.slice();
  const reader = new AggregateReader(aggregate(payload));
  equal(reader.next()?.payload.buffer, payload.buffer, "a view until then");
  reader.retainInput();
  payload.fill(0xee);
  deepEqual(reader.next(), VIDEO);
  equal(reader.next(), undefined);
});

test("input that is retained may change where it is a Buffer of Node as well", () => {
  const payload = Buffer.from(BODY);
  const reader = new AggregateReader(aggregate(payload));
  reader.next();
  reader.retainInput();
  payload.fill(0xee);
  deepEqual(reader.next(), VIDEO);
});

test("an aggregate ends where more is left out than any real one holds", () => {
  const leftOut = hex`01 000000 001388 00 000000 0000000b`;
  const behind = (count: number): Message[] =>
    decodeAggregate(aggregate(concatBytes([...new Array(count).fill(leftOut), BODY])));
  deepEqual(behind(MAX_LEFT_OUT_MESSAGES), [AUDIO, VIDEO]);
  deepEqual(behind(MAX_LEFT_OUT_MESSAGES + 1), []);
});
