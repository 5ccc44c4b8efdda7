import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { decodeAbort, decodeSetChunkSize } from "../message/control.ts";
import { type Message, MessageType } from "../message/message.ts";
import { ChunkDecoder, type ChunkDecoderOptions } from "./chunk-decoder.ts";
import { DEFAULT_CHUNK_LIMITS } from "./chunk-limits.ts";

/** Acts on Set Chunk Size and Abort, as the owner of a decoder does. */
function react(message: Message, decoder: ChunkDecoder): void {
  if (message.type === MessageType.SetChunkSize) decoder.setChunkSize(decodeSetChunkSize(message.payload));
  if (message.type === MessageType.Abort) decoder.abort(decodeAbort(message.payload) ?? 0);
}

function decode(bytes: Uint8Array, options: ChunkDecoderOptions = {}): Message[] {
  return decodeEveryWay(() => new ChunkDecoder(options), bytes, react);
}

/** `length` bytes that tell their place: 0, 1, 2, … */
function counting(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => from + index);
}

function timestamps(messages: readonly Message[]): number[] {
  return messages.map((message) => message.timestamp);
}

function throwsCode(code: string, run: () => unknown): void {
  throws(run, (error) => error instanceof ProtocolError && error.code === code);
}

describe("messages from chunks", () => {
  test("four audio messages with ever shorter headers", () => {
    const audio = counting(32);
    const messages = decode(hex`
      03 0003e8 000020 08 39300000 ${audio} ; format 0, chunk stream 3: audio, 1000 ms, 32 bytes, stream 12345
      83 000014 ${audio}                    ; format 2: 20 ms later
      c3 ${audio}                           ; format 3: 20 ms later
      c3 ${audio}
    `);
    deepEqual(
      messages,
      [1000, 1020, 1040, 1060].map((timestamp) => ({ type: 8, timestamp, streamId: 12345, payload: audio })),
    );
  });

  test("a video message of three chunks", () => {
    const video = counting(307);
    const messages = decode(hex`
      04 0003e8 000133 09 3a300000 ${video.subarray(0, 128)}
      c4 ${video.subarray(128, 256)}
      c4 ${video.subarray(256)}
    `);
    deepEqual(messages, [{ type: 9, timestamp: 1000, streamId: 12346, payload: video }]);
  });

  for (const [id, basic, continuation] of [
    [63, hex`3f`, hex`ff`],
    [64, hex`00 00`, hex`c0 00`],
    [64, hex`01 00 00`, hex`c1 00 00`],
    [319, hex`00 ff`, hex`c0 ff`],
    [320, hex`01 00 01`, hex`c1 00 01`],
    [65599, hex`01 ff ff`, hex`c1 ff ff`],
  ] as const) {
    test(`chunk stream ${id} in ${basic.length} bytes`, () => {
      const payload = counting(130);
      const messages = decode(hex`
        ${basic} 000010 000082 08 01000000 ${payload.subarray(0, 128)}
        ${continuation} ${payload.subarray(128)}
      `);
      deepEqual(messages, [{ type: 8, timestamp: 16, streamId: 1, payload }]);
    });
  }

  test("chunk streams interleave at each chunk", () => {
    const video = counting(200);
    const audio = counting(130, 7);
    const messages = decode(hex`
      07 000001 0000c8 09 01000000 ${video.subarray(0, 128)}
      06 000002 000082 08 01000000 ${audio.subarray(0, 128)}
      02 000000 000006 04 00000000 0006 00000001 ; a whole ping request between them
      c6 ${audio.subarray(128)}
      c7 ${video.subarray(128)}
    `);
    deepEqual(
      messages.map(({ type, payload }) => [type, payload]),
      [
        [4, hex`0006 00000001`],
        [8, audio],
        [9, video],
      ],
    );
  });

  test("audio, video and data share one chunk stream, as OBS and librtmp send them", () => {
    const messages = decode(hex`
      04 000000 000003 12 01000000 020001
      44 000000 000002 08 af00
      44 000005 000004 09 17000000
      44 00000a 000002 08 af01
      84 000017 af02
    `);
    deepEqual(
      messages.map(({ type, timestamp, streamId }) => [type, timestamp, streamId]),
      [
        [18, 0, 1],
        [8, 0, 1],
        [9, 5, 1],
        [8, 15, 1],
        [8, 38, 1],
      ],
    );
  });

  test("a message without payload is complete with its header", () => {
    const messages = decode(hex`
      04 000007 000000 08 01000000
      84 000003
      c4
    `);
    deepEqual(messages, [
      { type: 8, timestamp: 7, streamId: 1, payload: hex`` },
      { type: 8, timestamp: 10, streamId: 1, payload: hex`` },
      { type: 8, timestamp: 13, streamId: 1, payload: hex`` },
    ]);
  });

  test("a buffer is used again for the next message of the chunk stream", () => {
    const first = counting(200);
    const second = counting(200, 50);
    const decoder = new ChunkDecoder();
    decoder.push(hex`04 000000 0000c8 09 01000000 ${first.subarray(0, 128)} c4 ${first.subarray(128)}`);
    const payload = decoder.next()?.payload ?? hex``;
    deepEqual(payload, first);
    decoder.push(hex`84 000001 ${second.subarray(0, 128)} c4 ${second.subarray(128)}`);
    const next = decoder.next()?.payload ?? hex``;
    deepEqual(next, second);
    equal(next.buffer, payload.buffer);
  });

  test("what was pushed is read without a copy, unless it must be retained", () => {
    const bytes = hex`04 000000 000002 08 01000000 af01 84 000001 af02`;
    const decoder = new ChunkDecoder();
    decoder.push(bytes);
    equal(decoder.next()?.payload.buffer, bytes.buffer);
    decoder.retainInput();
    bytes.fill(0xee);
    deepEqual(decoder.next(), { type: 8, timestamp: 1, streamId: 1, payload: hex`af02` });
  });

  test("what Node's Buffers hold is read as plain bytes, whose slices are copies", () => {
    const bytes = Buffer.from(hex`04 000000 000002 08 01000000 af01 84 000001 af02`);
    const decoder = new ChunkDecoder();
    decoder.push(bytes);
    const kept = decoder.next()?.payload.slice();
    decoder.retainInput();
    bytes.fill(0xee);
    deepEqual(kept, hex`af01`);
    deepEqual(decoder.next(), { type: 8, timestamp: 1, streamId: 1, payload: hex`af02` });
  });
});

describe("timestamps", () => {
  test("format 3 after format 0 adds the timestamp of that header, as FMLE means it", () => {
    const messages = decode(hex`
      04 00001a 000002 08 01000000 af01 ; 26 ms
      c4 af02                           ; 52 ms
      c4 af03                           ; 78 ms
      44 000005 000001 08 00            ; 83 ms
      c4 00                             ; 88 ms
    `);
    deepEqual(timestamps(messages), [26, 52, 78, 83, 88]);
  });

  test("deltas wrap at 2^32, forwards and backwards", () => {
    const messages = decode(hex`
      04 ffffff 000001 08 01000000 fffff830 00 ; 2^32 - 2000 ms
      84 0003e8 00                             ; 2^32 - 1000 ms
      c4 00                                    ; 0 ms
      c4 00                                    ; 1000 ms
      84 ffffff fffffe0c 00                    ; 500 ms: a step of -500, as GStreamer and DJI send it
    `);
    deepEqual(timestamps(messages), [2 ** 32 - 2000, 2 ** 32 - 1000, 0, 1000, 500]);
  });

  test("chunk streams have deltas of their own", () => {
    const messages = decode(hex`
      06 000064 000001 08 01000000 00
      07 0003e8 000001 09 01000000 00
      86 000017 00
      87 000028 00
      c6 00
      c7 00
    `);
    deepEqual(timestamps(messages), [100, 1000, 123, 1040, 146, 1080]);
  });

  test("time exactly 0xffffff is extended, 0xfffffe is not", () => {
    const messages = decode(hex`
      06 ffffff 00000a 09 01000000 00ffffff ${counting(10)}
      06 fffffe 00000a 09 01000000 ${counting(10)}
    `);
    deepEqual(timestamps(messages), [0xffffff, 0xfffffe]);
  });

  test("a stream that starts at 0xfffff0 passes 24 bits", () => {
    const payload = counting(150);
    const bytes = [hex`06 fffff0 000096 08 01000000 ${payload.subarray(0, 128)} c6 ${payload.subarray(128)}`];
    for (const time of [0xfffff8, 0x1000000, 0x1000008]) {
      const isExtended = time >= 0xffffff;
      const field = time.toString(16).padStart(8, "0");
      const header = isExtended
        ? hex`06 ffffff 000096 08 01000000 ${field}`
        : hex`06 ${field.slice(2)} 000096 08 01000000`;
      bytes.push(header, payload.subarray(0, 128), isExtended ? hex`c6 ${field}` : hex`c6`, payload.subarray(128));
    }
    const messages = decode(concatBytes(bytes));
    deepEqual(timestamps(messages), [0xfffff0, 0xfffff8, 0x1000000, 0x1000008]);
    for (const message of messages) deepEqual(message.payload, payload);
  });
});

describe("extended timestamps on format 3", () => {
  const video = counting(200);
  const head = video.subarray(0, 128);
  const tail = video.subarray(128);

  function found(bytes: Uint8Array): boolean | undefined {
    const decoder = new ChunkDecoder();
    decoder.push(bytes);
    while (decoder.next() !== undefined);
    return decoder.repeatsExtendedTimestamp;
  }

  test("repeated on a continuation", () => {
    const bytes = hex`06 ffffff 0000c8 09 01000000 01000000 ${head} c6 01000000 ${tail}`;
    deepEqual(decode(bytes), [{ type: 9, timestamp: 0x1000000, streamId: 1, payload: video }]);
    equal(found(bytes), true);
  });

  test("left out on a continuation, as older librtmp does", () => {
    const bytes = hex`06 ffffff 0000c8 09 01000000 01000000 ${head} c6 ${tail}`;
    deepEqual(decode(bytes), [{ type: 9, timestamp: 0x1000000, streamId: 1, payload: video }]);
    equal(found(bytes), false);
  });

  test("left out before a tail of one byte that is no part of the timestamp", () => {
    const decoder = new ChunkDecoder();
    decoder.push(hex`06 ffffff 000081 09 01000000 01000000 ${head} c6`);
    equal(decoder.next(), undefined);
    decoder.push(hex`80`);
    equal(decoder.next()?.payload.length, 129);
  });

  test("left out before payload that begins like the timestamp", () => {
    const payload = concatBytes([head, hex`01 00 00 80`]);
    const bytes = hex`06 ffffff 000084 09 01000000 01000000 ${head} c6 01000080`;
    deepEqual(decode(bytes), [{ type: 9, timestamp: 0x1000000, streamId: 1, payload }]);
  });

  test("left out before tails of 1 to 3 bytes that begin like the timestamp", () => {
    for (const length of [1, 2, 3]) {
      const tail = hex`010000`.subarray(0, length);
      const payload = concatBytes([head, tail]);
      const size = (128 + length).toString(16).padStart(6, "0");
      const messages = decode(hex`
        06 ffffff ${size} 09 01000000 01000000 ${head} c6 ${tail}
        04 000005 000002 08 01000000 af01
      `);
      deepEqual(
        messages.map((message) => message.payload),
        [payload, hex`af01`],
      );
    }
  });

  test("the delta of format 1 is repeated raw", () => {
    const messages = decode(hex`
      06 000064 000001 08 01000000 00
      46 ffffff 0000c8 09 01000000 ${head} ; delta 0x1000000
      c6 01000000 ${tail}
    `);
    deepEqual(messages[1], { type: 9, timestamp: 0x1000064, streamId: 1, payload: video });
  });

  test("the timestamp in place of the delta is accepted as repetition", () => {
    const messages = decode(hex`
      06 000064 000001 08 01000000 00
      46 ffffff 0000c8 09 01000000 ${head} ; delta 0x1000000
      c6 01000064 ${tail}                  ; but the timestamp here
    `);
    deepEqual(messages[1], { type: 9, timestamp: 0x1000064, streamId: 1, payload: video });
  });

  test("a message that format 3 begins has the field until shown otherwise", () => {
    const messages = decode(hex`
      06 ffffff 000002 08 01000000 01000000 af01
      c6 01000000 af02
    `);
    deepEqual(
      messages.map(({ timestamp, payload }) => [timestamp, payload]),
      [
        [0x1000000, hex`af01`],
        [0x2000000, hex`af02`],
      ],
    );
  });

  test("what a continuation has shown holds for message starts and other chunk streams", () => {
    const messages = decode(hex`
      06 ffffff 0000c8 09 01000000 01000000 ${head} c6 ${tail} ; left out here
      07 ffffff 000004 08 01000000 01000001 af01af01
      c7 01000001                                              ; so this is payload, whatever it looks like
    `);
    deepEqual(messages[2]?.payload, hex`01000001`);
  });

  test("a short header ends the repetition", () => {
    const messages = decode(hex`
      06 ffffff 0000c8 09 01000000 01000000 ${head} c6 01000000 ${tail}
      86 000014 ${head} c6 ${tail}
    `);
    deepEqual(timestamps(messages), [0x1000000, 0x1000014]);
    deepEqual(messages[1]?.payload, video);
  });

  test("small negative deltas with repeated field, as DJI sends them", () => {
    const messages = decode(hex`
      06 0003e8 0000c8 09 01000000 ${head} c6 ${tail}
      86 ffffff fffffff0 ${head} c6 fffffff0 ${tail}
    `);
    deepEqual(timestamps(messages), [1000, 984]);
    deepEqual(messages[1]?.payload, video);
  });
});

describe("fresh chunk streams", () => {
  test("format 1 begins with timestamp 0 and stream 0, as librtmp sends its first ping", () => {
    const messages = decode(hex`42 000000 000006 04 0003 00000001`);
    deepEqual(messages, [{ type: 4, timestamp: 0, streamId: 0, payload: hex`0003 00000001` }]);
  });

  for (const [format, bytes] of [
    [2, hex`84 000014 af01`],
    [3, hex`c4 af01`],
  ] as const) {
    test(`format ${format} is an error that names its place`, () => {
      const before = hex`03 000000 000001 14 00000000 05`;
      throwsCode("chunk.header", () => decode(concatBytes([before, bytes])));
      const decoder = new ChunkDecoder({ firstByteOffset: 3073 });
      decoder.push(concatBytes([before, bytes]));
      equal(decoder.next()?.type, 20, "the message before it still comes out");
      throws(
        () => decoder.next(),
        (error) =>
          error instanceof ProtocolError &&
          error.byteOffset === 3073 + before.length &&
          error.message.includes(`chunk stream 4, format ${format}, byte ${3073 + before.length}`),
      );
    });
  }
});

describe("headers in the middle of a message", () => {
  const video = counting(200);
  const head = video.subarray(0, 128);
  const tail = video.subarray(128);

  for (const isStrict of [false, true]) {
    test(`format 1 or 2 that fits continues the message (strict: ${isStrict})`, () => {
      const messages = decode(
        hex`
          06 000064 0000c8 09 01000000 ${head}
          46 000014 0000c8 09 ${tail}
          86 000014 ${head}
          86 000014 ${tail}
        `,
        { isStrict },
      );
      deepEqual(timestamps(messages), [100, 120], "the delta counts once");
      for (const message of messages) deepEqual(message.payload, video);
    });
  }

  for (const [name, header, timestamp] of [
    ["format 0", hex`06 000070 000002 09 01000000`, 0x70],
    ["another length", hex`46 000014 000002 09`, 120],
    ["another type", hex`46 000014 000002 08`, 120],
  ] as const) {
    test(`${name} begins a new message, or is an error when strict`, () => {
      const bytes = hex`06 000064 0000c8 09 01000000 ${head} ${header} 1700`;
      const messages = decode(bytes);
      deepEqual(
        messages.map((message) => [message.timestamp, message.payload]),
        [[timestamp, hex`1700`]],
      );
      throwsCode("chunk.header", () => decode(bytes, { isStrict: true }));
    });
  }
});

describe("Set Chunk Size and Abort", () => {
  test("a message longer than the chunk size arrives in one piece", () => {
    const messages = decode(hex`
      02 000000 000004 01 00000000   ; format 0, chunk stream 2: Set Chunk Size,
      00000002                       ;   2 bytes from here on
      04 000010 000005 08 01000000   ; format 0, chunk stream 4: audio, 16 ms, 5 bytes, stream 1
      af 01                          ;   2 of 5
      c4 21 10                       ; format 3: 4 of 5
      c4 04                          ; format 3: 5 of 5
    `);
    deepEqual(messages[1], { type: 8, timestamp: 16, streamId: 1, payload: hex`af 01 21 10 04` });
  });

  test("the size changes between two chunks of a message", () => {
    const video = counting(250);
    const messages = decode(hex`
      07 000001 0000fa 09 01000000 ${video.subarray(0, 128)}
      02 000000 000004 01 00000000 00000040
      c7 ${video.subarray(128, 192)}
      02 000000 000004 01 00000000 00001000
      c7 ${video.subarray(192)}
    `);
    deepEqual(messages.at(-1)?.payload, video);
  });

  test("0x7fffffff is a legal size, and nothing is allocated by it", () => {
    const messages = decode(hex`
      02 000000 000004 01 00000000 7fffffff
      07 000001 0000c8 09 01000000 ${counting(200)}
    `);
    deepEqual(messages[1]?.payload, counting(200));
  });

  for (const size of [0, -1, 1.5, 0x80000000]) {
    test(`a chunk size of ${size} is an error`, () => {
      throwsCode("chunk.size", () => new ChunkDecoder().setChunkSize(size));
    });
  }

  test("an aborted message is gone, and its header stays in force", () => {
    const video = counting(200);
    const messages = decode(hex`
      06 000064 0000c8 09 01000000 ${video.subarray(0, 128)}
      02 000000 000004 02 00000000 00000006 ; Abort
      86 000014 ${video.subarray(0, 128)}
      c6 ${video.subarray(128)}
    `);
    deepEqual(messages[1], { type: 9, timestamp: 120, streamId: 1, payload: video });
  });

  test("an abort of nothing does nothing", () => {
    deepEqual(timestamps(decode(hex`02 000000 000004 02 00000000 00000009 04 000005 000001 08 01000000 00`)), [0, 5]);
  });
});

describe("the historic chunk sizes", () => {
  const audio = counting(100);
  const video = counting(200);

  test("64 bytes for audio and 128 for the rest, until a Set Chunk Size", () => {
    const messages = decode(
      hex`
        06 000000 000064 08 01000000 ${audio.subarray(0, 64)} c6 ${audio.subarray(64)}
        07 000000 0000c8 09 01000000 ${video.subarray(0, 128)} c7 ${video.subarray(128)}
        02 000000 000004 01 00000000 00001000
        86 000014 ${audio}
      `,
      { historicChunkSizes: true },
    );
    deepEqual(
      messages.map((message) => message.payload),
      [audio, video, hex`00001000`, audio],
    );
  });

  test("are off by default", () => {
    deepEqual(decode(hex`06 000000 000064 08 01000000 ${audio}`)[0]?.payload, audio);
  });
});

describe("limits", () => {
  const limits = { ...DEFAULT_CHUNK_LIMITS, maxMessageBytes: 200, maxChunkStreams: 3, maxPartialBytes: 256 };

  test("maxMessageBytes: 200 pass, 201 are an error at the header; raising it helps at once", () => {
    equal(decode(hex`04 000000 0000c8 09 01000000 ${counting(128)} c4 ${counting(72)}`, { limits }).length, 1);
    const tooLong = hex`04 000000 0000c9 09 01000000`;
    throwsCode("chunk.message-limit", () => decode(tooLong, { limits }));
    const decoder = new ChunkDecoder({ limits });
    decoder.limits = DEFAULT_CHUNK_LIMITS;
    decoder.push(tooLong);
    equal(decoder.next(), undefined);
  });

  test("maxChunkStreams: three pass, the fourth is an error", () => {
    const three = [3, 4, 5].map((id) => hex`0${String(id)} 000000 000001 08 01000000 00`);
    equal(decode(concatBytes(three), { limits }).length, 3);
    throwsCode("chunk.stream-limit", () =>
      decode(hex`${concatBytes(three)} 06 000000 000001 08 01000000 00`, { limits }),
    );
  });

  test("maxChunkStreams counts those with one, two and three bytes of basic header together", () => {
    const three = [hex`3f`, hex`00 00`, hex`01 0001`].map((header) => hex`${header} 000000 000001 08 01000000 00`);
    equal(decode(concatBytes(three), { limits }).length, 3);
    for (const header of [hex`03`, hex`00 01`]) {
      throwsCode("chunk.stream-limit", () =>
        decode(hex`${concatBytes(three)} ${header} 000000 000001 08 01000000 00`, { limits }),
      );
    }
  });

  test("maxPartialBytes: 256 pass, 257 are an error, and finished messages do not count", () => {
    const twoStarted = hex`
      04 000000 0000c8 09 01000000 ${counting(128)}
      05 000000 0000c8 09 01000000 ${counting(128)}
    `;
    equal(decode(hex`${twoStarted} 06 000000 000001 08 01000000 af`, { limits }).length, 1);
    throwsCode("chunk.partial-limit", () => decode(hex`${twoStarted} c4 00`, { limits }));
    const decoder = new ChunkDecoder({ limits });
    decoder.push(twoStarted);
    equal(decoder.next(), undefined);
    equal(decoder.partialBytes, 256);
    decoder.abort(4);
    equal(decoder.partialBytes, 128);
    decoder.push(hex`c5 ${counting(72)}`);
    equal(decoder.next()?.payload.length, 200);
    equal(decoder.partialBytes, 0);
  });

  test("an announced length allocates nothing: what is held grows with what came", () => {
    const decoder = new ChunkDecoder();
    for (let id = 3; id < 63; id++) {
      decoder.push(hex`${Uint8Array.of(id)} 000000 ffffff 09 01000000 ${counting(128)}`);
      equal(decoder.next(), undefined);
    }
    equal(decoder.partialBytes, 60 * 128);
  });

  /** A message of `length` bytes at a chunk size of 1. */
  function tinyChunks(length: number): Uint8Array {
    const size = length.toString(16).padStart(6, "0");
    const continuations = new Uint8Array(2 * (length - 1)).fill(0xc4);
    return hex`02 000000 000004 01 00000000 00000001 04 000000 ${size} 09 01000000 c4 ${continuations}`;
  }

  test("maxHeaderOverheadBytes: 100 kB at a chunk size of 1 pass, endless ones do not", () => {
    const decoder = new ChunkDecoder();
    decoder.setChunkSize(1);
    decoder.push(tinyChunks(100_000).subarray(16));
    equal(decoder.next()?.payload.length, 100_000);
    decoder.push(tinyChunks(100_000).subarray(16));
    throwsCode("chunk.overhead", () => decoder.next());
  });

  test("maxHeaderOverheadBytes ends one byte beyond", () => {
    // Each continuation of one byte counts 8 and gives back 1: after n of them 7n, and 7n + 8 within the next.
    const overhead = (maxHeaderOverheadBytes: number): ChunkDecoderOptions => ({
      limits: { ...DEFAULT_CHUNK_LIMITS, maxHeaderOverheadBytes },
    });
    equal(decode(tinyChunks(11), overhead(7 * 9 + 8)).length, 2);
    throwsCode("chunk.overhead", () => decode(tinyChunks(11), overhead(7 * 9 + 7)));
  });

  test("messages begun again and again count as overhead", () => {
    const decoder = new ChunkDecoder();
    decoder.setChunkSize(1);
    const begun = hex`04 000000 000002 09 01000000 17`;
    throwsCode("chunk.overhead", () => {
      for (let count = 0; count < 20_000; count++) {
        decoder.push(begun);
        equal(decoder.next(), undefined);
      }
    });
  });

  test("no normal peer comes near the overhead: 129 bytes at 128, extended timestamps, for a long time", () => {
    const decoder = new ChunkDecoder({ limits: { ...DEFAULT_CHUNK_LIMITS, maxHeaderOverheadBytes: 64 } });
    const message = hex`06 ffffff 000081 09 01000000 01000000 ${counting(128)} c6 01000000 00`;
    for (let count = 0; count < 2000; count++) {
      decoder.push(message);
      equal(decoder.next()?.payload.length, 129);
    }
  });
});
