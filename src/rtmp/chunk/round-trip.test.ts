import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { ProtocolError } from "../../errors.ts";
import { decodeSetChunkSize, encodeSetChunkSize } from "../message/control.ts";
import { type Message, MessageType } from "../message/message.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { ChunkEncoder } from "./chunk-encoder.ts";
import { OutboundScheduler } from "./outbound-scheduler.ts";

type Sent = { readonly message: Message; readonly chunkStreamId: number };

/** Near all borders of the protocol, and anywhere. */
const timestamp = fc.oneof(
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0xfffff0, max: 0x100000f }),
  fc.integer({ min: 2 ** 32 - 2000, max: 2 ** 32 - 1 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);

const message: fc.Arbitrary<Message> = fc.record(
  {
    type: fc.constantFrom<number>(MessageType.Audio, MessageType.Video, MessageType.Data, MessageType.Command, 30),
    timestamp,
    streamId: fc.constantFrom(0, 1, 2, 2 ** 32 - 1),
    payload: fc.uint8Array({ maxLength: 400, size: "max" }),
  },
  { noNullPrototype: true },
);

const sent: fc.Arbitrary<Sent> = fc.oneof(
  fc.record({ chunkStreamId: fc.constantFrom(3, 4, 63, 64, 319, 320, 65599), message }),
  fc.integer({ min: 1, max: 300 }).map((chunkSize) => ({ chunkStreamId: 2, message: encodeSetChunkSize(chunkSize) })),
);

function decode(bytes: Uint8Array, historicChunkSizes: boolean): Message[] {
  return decodeEveryWay(
    () => new ChunkDecoder({ historicChunkSizes, isStrict: true }),
    bytes,
    ({ type, payload }, decoder) => {
      if (type === MessageType.SetChunkSize) decoder.setChunkSize(decodeSetChunkSize(payload));
    },
  );
}

test("whatever an encoder writes, a decoder reads", () => {
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 12, size: "max" }), fc.boolean(), (messages, historicChunkSizes) => {
      const encoder = new ChunkEncoder({ historicChunkSizes });
      for (const step of messages) encoder.write(step.message, step.chunkStreamId);
      deepEqual(
        decode(encoder.takeOutput(), historicChunkSizes),
        messages.map((step) => step.message),
      );
    }),
    { numRuns: 60 },
  );
});

test("whatever is interleaved, each chunk stream delivers its messages whole and in order", () => {
  const steps = fc.array(fc.oneof(sent, fc.integer({ min: 1, max: 300 })), { maxLength: 24, size: "max" });
  fc.assert(
    fc.property(steps, fc.constantFrom("message" as const, "chunk" as const), (todo, interleave) => {
      const scheduler = new OutboundScheduler(new ChunkEncoder(), { interleave });
      const pieces: Uint8Array[] = [];
      for (const step of todo) {
        if (typeof step === "number") pieces.push(...scheduler.take(step));
        else scheduler.push(step.message, step.chunkStreamId);
      }
      pieces.push(...scheduler.take());
      const pushed = todo.filter((step) => typeof step !== "number");
      const messages = pushed.map((step) => step.message);
      const decoded = decode(concatBytes(pieces), false);
      deepEqual(decoded.map(key).sort(), messages.map(key).sort());
      for (const { chunkStreamId } of pushed) {
        const wanted = pushed.filter((step) => step.chunkStreamId === chunkStreamId).map((step) => key(step.message));
        deepEqual(inOrder(decoded.map(key), wanted), wanted);
      }
    }),
    { numRuns: 60 },
  );
});

test("a decoder fed with anything gives messages or a ProtocolError, and the same however the bytes are cut", () => {
  const chunkByte = fc.oneof(fc.constantFrom(0x00, 0x01, 0x04, 0x06, 0x44, 0x84, 0xc4, 0xc6, 0xff, 0x02), fc.nat(255));
  const anything = fc.array(chunkByte, { maxLength: 160, size: "max" }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 40 }), fc.boolean(), (bytes, chunkSize, isStrict) => {
      const create = (): ChunkDecoder => {
        const decoder = new ChunkDecoder({ isStrict });
        decoder.setChunkSize(chunkSize);
        return decoder;
      };
      try {
        decodeEveryWay(create, bytes);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

function key({ type, timestamp: time, streamId, payload }: Message): string {
  return `${type} ${time} ${streamId} ${payload.join(" ")}`;
}

/** As many of `wanted` as stand in `found` in this order. */
function inOrder(found: readonly string[], wanted: readonly string[]): string[] {
  const rest = [...wanted];
  return found.flatMap((next) => (next === rest[0] ? rest.splice(0, 1) : []));
}
