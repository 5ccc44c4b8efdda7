import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { hex } from "../../bytes/hex.ts";
import {
  encodeAbort,
  encodeAcknowledgement,
  encodeSetChunkSize,
  encodeSetPeerBandwidth,
  encodeUserControl,
  encodeWindowAcknowledgementSize,
  PeerBandwidthLimit,
} from "../message/control.ts";
import { type Message, MessageType } from "../message/message.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { ChunkEncoder } from "./chunk-encoder.ts";

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index);
}

function video(timestamp: number, length: number, streamId = 1): Message {
  return { type: MessageType.Video, timestamp, streamId, payload: counting(length) };
}

/** What an encoder writes for messages on one chunk stream. */
function encode(chunkStreamId: number, messages: readonly Message[], encoder = new ChunkEncoder()): Uint8Array {
  for (const message of messages) encoder.write(message, chunkStreamId);
  return encoder.takeOutput();
}

/** The first byte of each message, for messages that fit into a chunk of 128 bytes. */
function formats(messages: readonly Message[]): number[] {
  const encoder = new ChunkEncoder();
  return messages.map((message) => (encode(4, [message], encoder)[0] ?? 0) >> 6);
}

describe("control messages on the wire", () => {
  const cases: readonly [string, Message, Uint8Array][] = [
    ["Set Chunk Size 4096", encodeSetChunkSize(4096), hex`02 00 00 00 00 00 04 01 00 00 00 00 00 00 10 00`],
    [
      "Window Ack Size 2500000",
      encodeWindowAcknowledgementSize(2_500_000),
      hex`02 00 00 00 00 00 04 05 00 00 00 00 00 26 25 a0`,
    ],
    [
      "Set Peer Bandwidth 2500000, dynamic",
      encodeSetPeerBandwidth(2_500_000, PeerBandwidthLimit.Dynamic),
      hex`02 00 00 00 00 00 05 06 00 00 00 00 00 26 25 a0 02`,
    ],
    [
      "Acknowledgement 10000000",
      encodeAcknowledgement(10_000_000),
      hex`02 00 00 00 00 00 04 03 00 00 00 00 00 98 96 80`,
    ],
    ["Abort of chunk stream 6", encodeAbort(6), hex`02 00 00 00 00 00 04 02 00 00 00 00 00 00 00 06`],
    [
      "Stream Begin 0",
      encodeUserControl({ kind: "stream-begin", streamId: 0 }),
      hex`02 00 00 00 00 00 06 04 00 00 00 00 00 00 00 00 00 00`,
    ],
  ];
  for (const [name, message, bytes] of cases) {
    test(`${name}, both ways`, () => {
      deepEqual(encode(2, [message]), bytes);
      deepEqual(
        decodeEveryWay(() => new ChunkDecoder(), bytes),
        [message],
      );
    });
  }
});

describe("headers", () => {
  test("four audio messages: format 0, then 2, then 3", () => {
    const payload = counting(32);
    const audio = [1000, 1020, 1040, 1060].map((timestamp) => ({ type: 8, timestamp, streamId: 12345, payload }));
    deepEqual(
      encode(3, audio),
      hex`
        03 0003e8 000020 08 39300000 ${payload}
        83 000014 ${payload}
        c3 ${payload}
        c3 ${payload}
      `,
    );
  });

  test("a video message of 307 bytes in chunks of 128", () => {
    const payload = counting(307);
    deepEqual(
      encode(4, [{ type: 9, timestamp: 1000, streamId: 12346, payload }]),
      hex`
        04 0003e8 000133 09 3a300000 ${payload.subarray(0, 128)}
        c4 ${payload.subarray(128, 256)}
        c4 ${payload.subarray(256)}
      `,
    );
  });

  test("the extended timestamp is repeated on each continuation", () => {
    const payload = counting(200);
    deepEqual(
      encode(6, [{ type: 9, timestamp: 0x01000000, streamId: 1, payload }]),
      hex`
        06 ff ff ff 00 00 c8 09 01 00 00 00 01 00 00 00 ${payload.subarray(0, 128)}
        c6 01 00 00 00 ${payload.subarray(128)}
      `,
    );
  });

  test("the border of extended timestamps", () => {
    deepEqual(encode(6, [video(0xffffff, 10)]).subarray(0, 16), hex`06 ff ff ff 00 00 0a 09 01 00 00 00 00 ff ff ff`);
    deepEqual(encode(6, [video(0xfffffe, 10)]).subarray(0, 12), hex`06 ff ff fe 00 00 0a 09 01 00 00 00`);
  });

  test("the first message of a chunk stream, and one of another message stream, has format 0", () => {
    deepEqual(formats([video(0, 10), video(0, 10, 2), video(0, 10, 2)]), [0, 0, 2]);
  });

  test("another length or type has format 1", () => {
    const audio = { ...video(2, 11), type: MessageType.Audio };
    deepEqual(formats([video(0, 10), video(1, 11), audio]), [0, 1, 1]);
  });

  test("format 3 never follows format 0 directly, not even where the delta would fit", () => {
    deepEqual(formats([video(26, 10), video(52, 10), video(78, 10)]), [0, 2, 3]);
    deepEqual(formats([video(0, 10), video(0, 10), video(0, 10)]), [0, 2, 3]);
  });

  test("a step back, or one of 0xffffff and more, has format 0", () => {
    deepEqual(formats([video(1000, 10), video(999, 10)]), [0, 0]);
    deepEqual(formats([video(0, 10), video(0xfffffe, 10)]), [0, 2]);
    deepEqual(formats([video(0, 10), video(0xffffff, 10)]), [0, 0]);
  });

  test("time goes on over 2^32", () => {
    const messages = [video(2 ** 32 - 2000, 10), video(2 ** 32 - 10, 10), video(2 ** 32 + 10, 10)];
    deepEqual(formats(messages), [0, 2, 2]);
    const decoded = decodeEveryWay(() => new ChunkDecoder(), encode(4, messages));
    deepEqual(
      decoded.map((message) => message.timestamp),
      [2 ** 32 - 2000, 2 ** 32 - 10, 10],
    );
  });

  test("after others wrote on the connection each chunk stream begins again with format 0", () => {
    const encoder = new ChunkEncoder();
    encode(4, [video(0, 10), video(1, 10)], encoder);
    encode(5, [video(0, 10)], encoder);
    encoder.restartHeaders();
    equal(encode(4, [video(2, 10)], encoder)[0], 0x04);
    equal(encode(5, [video(2, 10)], encoder)[0], 0x05);
    equal(encode(4, [video(3, 10)], encoder)[0], 0x84);
  });

  test("an empty message is a header alone", () => {
    deepEqual(encode(4, [video(1, 0), video(2, 0)]), hex`04 000001 000000 09 01000000 84 000001`);
  });

  test("chunk streams that do not exist and messages that are too long are refused", () => {
    throws(() => encode(1, [video(0, 1)]), RangeError);
    throws(() => encode(65600, [video(0, 1)]), RangeError);
    throws(() => encode(4, [video(0, 0x1000000)]), RangeError);
  });
});

describe("chunk sizes", () => {
  test("a Set Chunk Size holds for what is written behind it", () => {
    const encoder = new ChunkEncoder();
    equal(encoder.chunkSize, 128);
    encoder.write(encodeSetChunkSize(4096), 2);
    equal(encoder.chunkSize, 4096);
    encoder.write(video(0, 4097), 4);
    equal(encoder.takeOutput().length, 16 + 12 + 4096 + 1 + 1);
  });

  test("it holds for the rest of a message that is half written", () => {
    const encoder = new ChunkEncoder();
    const message = video(0, 1000);
    let offset = encoder.writeChunk(message, 4, 0);
    encoder.write(encodeSetChunkSize(500), 2);
    const offsets = [offset];
    while (offset < message.payload.length) {
      offset = encoder.writeChunk(message, 4, offset);
      offsets.push(offset);
    }
    deepEqual(offsets, [128, 628, 1000]);
    const decoded = decodeEveryWay(
      () => new ChunkDecoder(),
      encoder.takeOutput(),
      ({ type }, decoder) => type === MessageType.SetChunkSize && decoder.setChunkSize(500),
    );
    deepEqual(decoded[1], message);
  });

  test("historic: 64 bytes for audio and 128 for the rest, until a Set Chunk Size", () => {
    const encoder = new ChunkEncoder({ historicChunkSizes: true });
    const audio: Message = { type: MessageType.Audio, timestamp: 0, streamId: 1, payload: counting(100) };
    const bytes = encode(6, [audio, video(0, 200)], encoder);
    equal(bytes.length, 12 + 100 + 1 + 8 + 200 + 1);
    deepEqual(
      decodeEveryWay(() => new ChunkDecoder({ historicChunkSizes: true }), bytes),
      [audio, video(0, 200)],
    );
    encode(2, [encodeSetChunkSize(128)], encoder);
    equal(encode(6, [audio], encoder).length, 8 + 100);
  });
});

test("each output belongs to its taker", () => {
  const encoder = new ChunkEncoder();
  const first = encode(4, [video(0, 10)], encoder);
  const copy = first.slice();
  encode(4, [video(5, 10)], encoder);
  deepEqual(first, copy);
  equal(encoder.takeOutput().length, 0);
});
