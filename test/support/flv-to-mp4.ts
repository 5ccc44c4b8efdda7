import { readFileSync } from "node:fs";
import { classifyMedia, FlvReader, kindOfTagType } from "../../src/formats/flv/index.ts";
import { encodeFragment } from "../../src/mp4/fragment.ts";
import { encodeInitSegment } from "../../src/mp4/init-segment.ts";
import type { MediaSample, TrackConfig, TrackName } from "../../src/mp4/track.ts";
import { TrackBuffer } from "../../src/mp4/track-buffer.ts";
import { TrackReader } from "../../src/mp4/track-reader.ts";

/** What src/mp4 makes of an FLV file. */
export type Mp4Parts = {
  readonly configs: readonly TrackConfig[];
  /** Why tracks were left out. */
  readonly reasons: readonly string[];
  readonly init: Uint8Array;
  /** One for each second of media, with the samples of all tracks. */
  readonly fragments: readonly Uint8Array[];
  readonly firstKeyframe: MediaSample | undefined;
};

/** Takes each track's first configuration only; `wanted` chooses the tracks. */
export function flvToMp4(file: string, wanted: (track: TrackName) => boolean = () => true): Mp4Parts {
  const tracks = new Map<string, TrackBuffer>();
  const reasons: string[] = [];
  let firstKeyframe: MediaSample | undefined;
  const reader = new TrackReader();
  for (const { type, timestamp, data } of flvTags(file)) {
    for (const event of reader.read(classifyMedia(kindOfTagType(type) ?? "data", timestamp, data))) {
      const track = event.kind === "config" ? event.config : event.track;
      const name = `${track.kind} ${track.trackId}`;
      if (!wanted(track)) continue;
      if (event.kind === "unsupported") reasons.push(event.reason);
      if (event.kind === "config" && tracks.has(name)) throw new Error(`${name} has a second configuration`);
      if (event.kind === "config") tracks.set(name, new TrackBuffer(event.config));
      if (event.kind !== "sample") continue;
      tracks.get(name)?.push(event.sample);
      if (track.kind === "video") firstKeyframe ??= event.sample;
    }
  }
  const buffers = [...tracks.values()];
  const configs = buffers.map(({ config }) => config);
  for (const buffer of buffers) buffer.release();
  const init = configs.length === 0 ? new Uint8Array() : encodeInitSegment(configs);
  return { configs, reasons, init, fragments: [...fragmentsOf(buffers)], firstKeyframe };
}

function* flvTags(file: string): Generator<{ type: number; timestamp: number; data: Uint8Array }> {
  const reader = new FlvReader();
  reader.push(readFileSync(file));
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) yield tag;
}

function* fragmentsOf(buffers: readonly TrackBuffer[]): Generator<Uint8Array> {
  for (let number = 1; buffers.some(({ readyCount }) => readyCount > 0); number++) {
    const tracks = buffers.map((buffer, index) => ({
      trackId: index + 1,
      samples: buffer.take(number * buffer.config.timescale),
    }));
    if (tracks.every(({ samples }) => samples.length === 0)) continue;
    yield Buffer.concat(encodeFragment({ sequenceNumber: number, tracks, isSegmentStart: true }));
  }
}
