import { Broadcast } from "../../src/broadcast/broadcast.ts";
import { HealthMeter, type HealthMeterOptions } from "../../src/broadcast/health/health-meter.ts";
import type { HealthReport } from "../../src/broadcast/health/health-report.ts";
import { hex } from "../../src/bytes/hex.ts";
import { encodeAmf0 } from "../../src/formats/amf/amf0-encoder.ts";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";

/** When it comes, and what. */
export type Arrival = {
  readonly atMs: number;
  readonly kind: MediaMessage["kind"];
  readonly timestamp: number;
  readonly payload: Uint8Array;
};

/** Baseline 3.0, 320×240. */
export const AVC_CONFIG: Uint8Array = hex`
  17 00 000000
  01 42c01e ff e1 0017 6742c01eda0507e84000000300400000050f162ea0 01 0004 68ce3c80
`;
/** AAC-LC 48 kHz stereo. */
export const AAC_CONFIG: Uint8Array = hex`af 00 1190`;

/** What a publisher may do otherwise. */
export type Habits = {
  readonly seconds?: number;
  readonly frameRate?: number;
  readonly keyframeEvery?: (picture: number) => boolean;
  readonly pictureBytes?: (picture: number) => number;
  readonly soundBytes?: number;
  readonly metadata?: Record<string, unknown> | undefined;
  readonly videoConfig?: Uint8Array | undefined;
  readonly audioConfig?: Uint8Array | undefined;
  /** First bytes of pictures and sounds, if they are not AVC and AAC. */
  readonly picture?: Uint8Array;
  readonly sound?: Uint8Array;
  /** Later or other than it is: gets and gives the timestamp. */
  readonly videoTime?: (timestamp: number) => number;
  readonly audioTime?: (timestamp: number) => number;
  /** When it comes: gets and gives milliseconds since the beginning. */
  readonly arrival?: (atMs: number) => number;
  readonly audioArrival?: (atMs: number) => number;
  readonly isLeftOut?: (arrival: Arrival) => boolean;
};

const METADATA = {
  width: 320,
  height: 240,
  videocodecid: 7,
  audiocodecid: 10,
  framerate: 30,
  videodatarate: 2400,
  audiodatarate: 128,
};
/** 1024 samples of 48 kHz. */
const SOUND_MS = 1024 / 48;

/** What an encoder sends that keeps all rules, or has the habits given: in the order in which it comes. */
export function arrivalsOf(habits: Habits = {}): Arrival[] {
  const { seconds = 20, frameRate = 30, arrival = (atMs) => atMs, isLeftOut = () => false } = habits;
  const {
    videoTime = same,
    audioTime = same,
    keyframeEvery = (picture) => picture % Math.round(2 * frameRate) === 0,
  } = habits;
  const { pictureBytes = () => 10_000, soundBytes = 340 } = habits;
  const { picture = hex`27 01 000000`, sound = hex`af 01` } = habits;
  const { audioArrival = arrival } = habits;
  const begin: Arrival[] = [];
  const put = (kind: MediaMessage["kind"], payload: Uint8Array | undefined): void => {
    if (payload !== undefined) begin.push({ atMs: 0, kind, timestamp: 0, payload });
  };
  const metadata = "metadata" in habits ? habits.metadata : METADATA;
  put("data", metadata && encodeAmf0("onMetaData", metadata));
  put("audio", "audioConfig" in habits ? habits.audioConfig : AAC_CONFIG);
  put("video", "videoConfig" in habits ? habits.videoConfig : AVC_CONFIG);
  const media: Arrival[] = [];
  for (let count = 0; count < seconds * frameRate; count++) {
    const atMs = (count * 1000) / frameRate;
    const payload = padded(picture, pictureBytes(count));
    if (keyframeEvery(count)) payload[0] = ((payload[0] ?? 0) & 0x8f) | 0x10;
    media.push({ atMs, kind: "video", timestamp: Math.round(videoTime(atMs)), payload });
  }
  for (let atMs = 0; atMs < seconds * 1000; atMs += SOUND_MS) {
    media.push({ atMs, kind: "audio", timestamp: Math.round(audioTime(atMs)), payload: padded(sound, soundBytes) });
  }
  media.sort((left, right) => left.atMs - right.atMs);
  return [...begin, ...media]
    .map((each) => ({ ...each, atMs: (each.kind === "audio" ? audioArrival : arrival)(each.atMs) }))
    .filter((each) => !isLeftOut(each))
    .sort((left, right) => left.atMs - right.atMs);
}

function same(timestamp: number): number {
  return timestamp;
}

function padded(start: Uint8Array, length: number): Uint8Array {
  const payload = new Uint8Array(Math.max(length, start.length));
  payload.set(start);
  return payload;
}

export type MeteredPublisher = {
  readonly broadcast: Broadcast;
  readonly meter: HealthMeter;
  /** Sends all of it. */
  send(arrivals: Iterable<Arrival>): void;
  report(nowMs: number): HealthReport;
  end(nowMs: number): void;
};

/** Begins at 100 s of the clock, to which the times of arrivals are added. */
export function meteredPublisher(options: HealthMeterOptions = {}): MeteredPublisher {
  const broadcast = new Broadcast("live/test", { schedule() {} });
  const meter = new HealthMeter(options);
  const result = broadcast.publish({ description: "test", health: meter, replaced() {} }, START_MS);
  if (result.kind !== "accepted") throw new Error("not accepted");
  const { publication } = result;
  return {
    broadcast,
    meter,
    send(arrivals) {
      for (const { atMs, kind, timestamp, payload } of arrivals) {
        publication.write(classifyMedia(kind, timestamp >>> 0, payload), START_MS + atMs);
      }
    },
    report: (nowMs) => meter.report(START_MS + nowMs),
    end: (nowMs) => publication.end("unpublished", START_MS + nowMs),
  };
}

const START_MS = 100_000;

/** What the doctor says when all has come. */
export function healthOf(habits: Habits = {}, options: HealthMeterOptions = {}, afterMs = 0): HealthReport {
  const publisher = meteredPublisher(options);
  const arrivals = arrivalsOf(habits);
  publisher.send(arrivals);
  return publisher.report((arrivals.at(-1)?.atMs ?? 0) + afterMs);
}
