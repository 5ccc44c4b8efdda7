import type { MediaMessage } from "../../formats/flv/media-message.ts";

/** Less than this is no picture and no sound: a keep-alive, or the end of a sequence. */
const LEAST_VIDEO_BYTES = 6;
const LEAST_AUDIO_BYTES = 3;
const COMMAND_FRAME = 5;

/** What is kept of one kind of media: of its first track alone, as others are no measure for it. Plain numbers. */
export class TrackMeter {
  /** The track that is looked at; -1 before its first frame. */
  trackId = -1;
  hasOtherTracks = false;
  hasConfiguration = false;
  frames = 0;
  /** As it came. */
  lastWire = 0;
  /** On the timeline. */
  firstMs = 0;
  lastMs = 0;
  /** When the first and the newest frame came. */
  firstAtMs = 0;
  lastAtMs = 0;
  /** The usual distance of two frames. */
  usualStepMs = 0;

  /** The first frame, which names the track. */
  begin({ trackId }: MediaMessage, timestampMs: number, nowMs: number): void {
    this.trackId = trackId;
    this.firstMs = timestampMs;
    this.firstAtMs = nowMs;
  }

  /** Returns the distance that is usual without this one. The first is taken as usual. */
  noteStep(stepMs: number): number {
    const usualMs = this.frames === 1 ? stepMs : this.usualStepMs;
    this.usualStepMs = usualMs + (stepMs - usualMs) / 16;
    return usualMs;
  }
}

/** Pictures and sounds, and no configuration. */
export function isVideoFrame(payload: Uint8Array): boolean {
  return payload.length >= LEAST_VIDEO_BYTES && (((payload[0] ?? 0) >> 4) & 7) !== COMMAND_FRAME;
}

export function isAudioFrame(payload: Uint8Array): boolean {
  return payload.length >= LEAST_AUDIO_BYTES;
}
