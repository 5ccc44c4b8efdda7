import { ok } from "node:assert/strict";
import { playFrom, publishTo } from "../../src/client/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { settle } from "../support/rtmp-peer.ts";
import type { Random } from "./random.ts";

const timeouts = { handshakeMs: 60_000, answerMs: 60_000 };

/** Handshake, and the answers to connect, createStream, and publish or play. */
const SLOW_PIECES = 24;

/** Our client against a server that sends these bytes; what it says is how it ended, or what it had of its stream. */
export async function feedClient(
  kind: "publish" | "play",
  pieces: readonly Uint8Array[],
  random: Random,
): Promise<string> {
  const [near, far] = memoryStreamPair();
  far.start({ onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} });
  const open = kind === "publish" ? publishTo : playFrom;
  let outcome = "waiting";
  let messages = 0;
  const opened = open("rtmp://fuzz/live/key", { stream: near, timeouts }).then(
    (stream) => {
      outcome = "open";
      if ("onMessage" in stream) stream.onMessage(() => messages++);
      return stream;
    },
    (error: unknown) => {
      outcome = describe(error);
      return undefined;
    },
  );
  for (const [index, piece] of pieces.entries()) {
    const cut = random.below(piece.length);
    far.write([piece.subarray(0, cut)]);
    if (random.below(8) === 0) await settle();
    far.write([piece.subarray(cut)]);
    // A server answers what it is asked: at first it waits for each question, as a rule.
    if (index < SLOW_PIECES && random.below(50) > 0) await settle();
  }
  await settle();
  far.destroy();
  const stream = await opened;
  if (stream !== undefined) {
    const { description } = await stream.ended;
    outcome = `${outcome}: ${description}`;
    await stream.close();
  }
  return messages > 0 ? `${outcome}, with messages` : outcome;
}

/** Only what a caller can be told: anything else is a fault of ours. */
function describe(error: unknown): string {
  ok(error instanceof Error);
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) throw error;
  return error instanceof ProtocolError ? error.code : error.message;
}
