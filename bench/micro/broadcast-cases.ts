import { Broadcast } from "../../src/broadcast/broadcast.ts";
import { HealthMeter } from "../../src/broadcast/health/health-meter.ts";
import type { ViewerOutput } from "../../src/broadcast/viewer.ts";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";
import { MessageType } from "../../src/rtmp/message/message.ts";
import type { MicroCase } from "./micro-case.ts";
import { copier, payloadBytes, secondOfMedia } from "./second-of-media.ts";

const VIEWERS = [1, 100, 1000];
const SLICE_VIEWERS = 256;
/** Less what waits at its end. */
const SECOND_BYTES = 250_000;

export function broadcastCases(): MicroCase[] {
  return [classifyCase(), writeCase(), meterCase(), ...VIEWERS.map(flushCase)];
}

/** What a message is: by its first bytes. */
function classifyCase(): MicroCase {
  const messages = secondOfMedia();
  return {
    name: "broadcast classify",
    operation: "message",
    operations: messages.length,
    bytes: payloadBytes(messages),
    comparison: "copying the payloads",
    prepare: () => ({
      run: () => messages.map(({ type, timestamp, payload }) => classifyMedia(kindOf(type), timestamp, payload)),
      compare: copier(messages.map(({ payload }) => payload)),
    }),
  };
}

/** Timeline, log, join point: with nobody there. */
function writeCase(): MicroCase {
  const messages = secondOfMedia();
  return {
    name: "broadcast write without viewers",
    operation: "message",
    operations: messages.length,
    bytes: payloadBytes(messages),
    comparison: "copying the payloads",
    prepare: () => ({
      run: secondWriter().writeSecond,
      compare: copier(messages.map(({ payload }) => payload)),
    }),
  };
}

/** What a health meter costs more than writing alone. */
function meterCase(): MicroCase {
  const messages = secondOfMedia();
  return {
    name: "broadcast write with health",
    operation: "message",
    operations: messages.length,
    bytes: payloadBytes(messages),
    comparison: "writing without it",
    prepare: () => ({
      run: secondWriter(new HealthMeter()).writeSecond,
      compare: secondWriter().writeSecond,
    }),
  };
}

/** A second of media, flushed to each viewer as the default policy says: with each video frame, and audio after 25 ms. */
function flushCase(viewers: number): MicroCase {
  const messages = secondOfMedia();
  const flushes = flushesOfASecond();
  return {
    name: `broadcast flush ${viewers} viewers`,
    operation: "viewer and flush",
    operations: viewers * flushes,
    bytes: viewers * payloadBytes(messages),
    comparison: "a call with the same views for each viewer",
    prepare() {
      const { broadcast, writeSecond } = secondWriter();
      const watching = Array.from({ length: viewers }, countingOutput);
      for (const output of watching) broadcast.join(output);
      const outputs = Array.from({ length: viewers }, countingOutput);
      const views = [new Uint8Array(10_000)];
      return {
        run() {
          const takenBefore = watching[0]?.takenBytes ?? 0;
          writeSecond();
          const taken = (watching[0]?.takenBytes ?? 0) - takenBefore;
          if (taken < SECOND_BYTES) throw new Error(`a viewer got ${taken} bytes`);
          return taken;
        },
        compare() {
          for (let flush = 0; flush < flushes; flush++) for (const output of outputs) output.write(views);
          return outputs;
        },
      };
    },
  };
}

type CountingOutput = Extract<ViewerOutput, { readonly kind: "bytes" }> & { takenBytes: number };

/** Takes everything at once. */
function countingOutput(): CountingOutput {
  return {
    kind: "bytes",
    streamId: 1,
    isReady: true,
    unsentBytes: 0,
    takenBytes: 0,
    write(pieces) {
      for (const { length } of pieces) this.takenBytes += length;
    },
    notify() {},
    closeSlow() {},
  };
}

type SecondWriter = {
  readonly broadcast: Broadcast;
  /** Sends the next second of media, and returns how many passes that took. */
  writeSecond(): number;
};

/** A broadcast whose publisher has sent a second of media. */
function secondWriter(health?: HealthMeter): SecondWriter {
  let nowMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;
  const broadcast = new Broadcast("live/bench", {
    schedule(_, delayMs) {
      dueMs = nowMs + delayMs;
    },
  });
  const published = broadcast.publish({ description: "bench", replaced() {}, ...(health && { health }) }, 0);
  if (published.kind !== "accepted") throw new Error("the broadcast was not accepted");
  const { publication } = published;
  const messages: MediaMessage[] = secondOfMedia().map(({ type, timestamp, payload }) =>
    classifyMedia(kindOf(type), timestamp, payload),
  );
  const passIfDue = (): number => {
    if (dueMs > nowMs) return 0;
    dueMs = Number.POSITIVE_INFINITY;
    broadcast.startPass();
    while (broadcast.continuePass(nowMs, SLICE_VIEWERS));
    return 1;
  };
  let second = 0;
  const writeSecond = (): number => {
    const startMs = second++ * 1000;
    let passes = 0;
    for (const message of messages) {
      nowMs = startMs + message.timestamp;
      passes += passIfDue();
      publication.write({ ...message, timestamp: nowMs }, nowMs);
      passes += passIfDue();
    }
    return passes;
  };
  writeSecond();
  return { broadcast, writeSecond };
}

function flushesOfASecond(): number {
  const { broadcast, writeSecond } = secondWriter();
  broadcast.join(countingOutput());
  return writeSecond();
}

function kindOf(type: number): "audio" | "video" {
  return type === MessageType.Audio ? "audio" : "video";
}
