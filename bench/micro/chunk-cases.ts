import { ChunkDecoder } from "../../src/rtmp/chunk/chunk-decoder.ts";
import { ChunkEncoder } from "../../src/rtmp/chunk/chunk-encoder.ts";
import { type Interleave, OutboundScheduler } from "../../src/rtmp/chunk/outbound-scheduler.ts";
import { encodeStandalone, standaloneLength } from "../../src/rtmp/chunk/standalone-message.ts";
import { encodeSetChunkSize } from "../../src/rtmp/message/control.ts";
import { chunkStreamIdOf, type Message } from "../../src/rtmp/message/message.ts";
import type { MicroCase } from "./micro-case.ts";
import { copier, payloadBytes, secondOfMedia } from "./second-of-media.ts";

const CHUNK_SIZES = [128, 4096, 65_536];
/** A segment of an Ethernet, so that hardly a message or a chunk begins where a piece does. */
const ODD_PIECE_BYTES = 1447;
/** Of the log, and of what a scheduler hands over at once. */
const LOG_CHUNK_SIZE = 65_536;
const TAKEN_BYTES = 65_536;

export function chunkCases(): MicroCase[] {
  const decoding = CHUNK_SIZES.flatMap((chunkSize) => [
    decodingCase(chunkSize, "whole", Number.POSITIVE_INFINITY),
    decodingCase(chunkSize, "in odd pieces", ODD_PIECE_BYTES),
  ]);
  const scheduling = (["message", "chunk"] as const).flatMap((interleave) =>
    [4096, 65_536].map((chunkSize) => schedulingCase(interleave, chunkSize)),
  );
  return [...decoding, ...CHUNK_SIZES.map(encodingCase), standaloneCase(), ...scheduling];
}

function decodingCase(chunkSize: number, how: string, pieceBytes: number): MicroCase {
  const messages = secondOfMedia();
  return {
    name: `chunk-decoding ${chunkSize} ${how}`,
    operation: "message",
    operations: messages.length,
    bytes: payloadBytes(messages),
    comparison: "copying the pieces",
    prepare() {
      const encoder = encoderOf(chunkSize);
      for (const message of messages) encoder.write(message, chunkStreamIdOf(message.type, message.streamId));
      const pieces = cut(encoder.takeOutput(), pieceBytes);
      const decoder = new ChunkDecoder();
      decoder.setChunkSize(chunkSize);
      return {
        run() {
          let decoded = 0;
          for (const piece of pieces) {
            decoder.push(piece);
            for (let message = decoder.next(); message !== undefined; message = decoder.next()) decoded++;
          }
          if (decoded !== messages.length) throw new Error(`${decoded} of ${messages.length} messages`);
          return decoded;
        },
        compare: copier(pieces),
      };
    },
  };
}

function encodingCase(chunkSize: number): MicroCase {
  return overMessages(`chunk-encoding ${chunkSize}`, (messages) => {
    const encoder = encoderOf(chunkSize);
    return () => {
      for (const message of messages) encoder.write(message, chunkStreamIdOf(message.type, message.streamId));
      return encoder.takeOutput();
    };
  });
}

/** As the log of a broadcast takes messages. */
function standaloneCase(): MicroCase {
  return overMessages("chunk-encoding standalone", (messages) => {
    const ids = messages.map(({ type, streamId }) => chunkStreamIdOf(type, streamId));
    const lengths = messages.map(({ payload, timestamp }, index) =>
      standaloneLength(payload.length, timestamp, LOG_CHUNK_SIZE, ids[index] ?? 0),
    );
    const target = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
    return () => {
      let at = 0;
      for (const [index, message] of messages.entries()) {
        at = encodeStandalone(target, at, message, ids[index] ?? 0, LOG_CHUNK_SIZE);
      }
      return target;
    };
  });
}

function schedulingCase(interleave: Interleave, chunkSize: number): MicroCase {
  return overMessages(`chunk-encoding scheduler ${chunkSize} by ${interleave}`, (messages) => {
    const scheduler = new OutboundScheduler(encoderOf(chunkSize), { interleave });
    return () => {
      let bytes = 0;
      for (const message of messages) scheduler.push(message, chunkStreamIdOf(message.type, message.streamId));
      while (scheduler.queuedMessages > 0) for (const { length } of scheduler.take(TAKEN_BYTES)) bytes += length;
      return bytes;
    };
  });
}

function overMessages(name: string, prepareRun: (messages: readonly Message[]) => () => unknown): MicroCase {
  const messages = secondOfMedia();
  return {
    name,
    operation: "message",
    operations: messages.length,
    bytes: payloadBytes(messages),
    comparison: "copying the payloads",
    prepare: () => ({ run: prepareRun(messages), compare: copier(messages.map(({ payload }) => payload)) }),
  };
}

function encoderOf(chunkSize: number): ChunkEncoder {
  const encoder = new ChunkEncoder();
  const message = encodeSetChunkSize(chunkSize);
  encoder.write(message, chunkStreamIdOf(message.type, message.streamId));
  encoder.takeOutput();
  return encoder;
}

function cut(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return pieces;
}
