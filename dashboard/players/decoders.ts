import type { TrackSnapshot } from "../../src/server/snapshots.ts";
import { unplayableTracks } from "../words.ts";

/** As fragments of MP4 name them; of what has many profiles, one that is asked of every decoder. */
const TYPES: Readonly<Record<string, string>> = {
  avc: 'video/mp4; codecs="avc1.42e01e"',
  hevc: 'video/mp4; codecs="hvc1.1.6.L93.B0"',
  av1: 'video/mp4; codecs="av01.0.04M.08"',
  vp9: 'video/mp4; codecs="vp09.00.10.08"',
  aac: 'audio/mp4; codecs="mp4a.40.2"',
  opus: 'audio/mp4; codecs="opus"',
  flac: 'audio/mp4; codecs="flac"',
  ac3: 'audio/mp4; codecs="ac-3"',
  eac3: 'audio/mp4; codecs="ec-3"',
};

/** The tracks that this browser has no decoder for; of a codec that is not known here the player finds out. */
export function tracksWithoutDecoder(tracks: readonly TrackSnapshot[]): readonly TrackSnapshot[] {
  const unplayable = new Set(unplayableTracks(tracks));
  return tracks.filter((track) => unplayable.has(track) || isRefused(TYPES[track.codec]));
}

function isRefused(type: string | undefined): boolean {
  return type !== undefined && "MediaSource" in globalThis && !MediaSource.isTypeSupported(type);
}
