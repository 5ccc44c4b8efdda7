import { concatBytes } from "../../bytes/concat.ts";
import { encodeFragment } from "../../mp4/fragment.ts";
import type { TimedSample } from "../../mp4/track.ts";
import type { Part } from "./segment.ts";

/** How long a part may get. */
export type PartRoom = { readonly timescale: number; readonly partSeconds: number };

/** Whether a part with those samples, one at least, has room for another, which must follow without a gap. */
export function hasRoomFor(
  samples: readonly TimedSample[],
  { decodeTime, duration }: TimedSample,
  { timescale, partSeconds }: PartRoom,
): boolean {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.decodeTime + last.duration !== decodeTime) return false;
  return (decodeTime + duration - first.decodeTime) / timescale <= partSeconds + TINY;
}

/** The samples of a segment, by the parts that they fill. */
export function splitIntoParts(samples: readonly TimedSample[], room: PartRoom): TimedSample[][] {
  const pieces: TimedSample[][] = [];
  let piece: TimedSample[] = [];
  for (const sample of samples) {
    if (piece.length > 0 && !hasRoomFor(piece, sample, room)) {
      pieces.push(piece);
      piece = [];
    }
    piece.push(sample);
  }
  return piece.length === 0 ? pieces : [...pieces, piece];
}

export type PartPlace = {
  readonly timescale: number;
  /** Of its fragment, which counts through all parts of a rendition. */
  readonly sequenceNumber: number;
  readonly isSegmentStart: boolean;
};

/** A part of samples, one at least, that follow each other without a gap. */
export function createPart(
  samples: readonly TimedSample[],
  { timescale, sequenceNumber, isSegmentStart }: PartPlace,
): Part {
  const [first] = samples;
  const last = samples.at(-1);
  const ticks = first === undefined || last === undefined ? 0 : last.decodeTime + last.duration - first.decodeTime;
  const bytes = concatBytes(encodeFragment({ sequenceNumber, tracks: [{ trackId: 1, samples }], isSegmentStart }));
  return { bytes, durationSeconds: ticks / timescale, isIndependent: first?.isKeyframe === true };
}

/** Of sums of seconds. */
const TINY = 1e-6;
