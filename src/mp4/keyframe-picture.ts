import { concatBytes } from "../bytes/concat.ts";
import { encodeFragment } from "./fragment.ts";
import { encodeInitSegment } from "./init-segment.ts";
import type { TrackConfig } from "./track.ts";

/** How long the picture lasts: long enough that players show it, and some refuse what has no length. */
const PICTURE_SECONDS = 1;

/** A whole MP4 file of one keyframe, which a `<video>` shows as a still. Copies the bytes. */
export function encodeKeyframePicture(config: TrackConfig, sample: { readonly bytes: Uint8Array }): Uint8Array {
  const picture = {
    decodeTime: 0,
    duration: config.timescale * PICTURE_SECONDS,
    compositionOffset: 0,
    bytes: sample.bytes,
    isKeyframe: true,
  };
  const fragment = encodeFragment({ sequenceNumber: 1, tracks: [{ trackId: 1, samples: [picture] }] });
  return concatBytes([encodeInitSegment([config]), ...fragment]);
}
