import { isNewDescription } from "../formats/flv/codec-description.ts";
import { type CodecDescription, describeCodec } from "../formats/flv/describe-media.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";

/** One audio or video track of a broadcast, in words for logs and pages. */
export type Track = {
  readonly kind: "audio" | "video";
  /** 0 for the default track. */
  readonly trackId: number;
  readonly codec: CodecDescription;
};

/** After so many messages that name no codec, only configurations are looked at. */
const MAX_UNREADABLE = 100;

/** What a publication carries: learnt from configurations, or from the first message of codecs that have none. */
export class Tracks {
  readonly #tracks: Record<Track["kind"], (Track | undefined)[]> = { audio: [], video: [] };
  #unreadable = 0;

  /** The tracks so far, video first. */
  get list(): readonly Track[] {
    return [...this.#tracks.video, ...this.#tracks.audio].filter((track) => track !== undefined);
  }

  /** Looks at each message; returns the track when it is new, or is another than before. */
  note(message: MediaMessage): Track | undefined {
    const { kind, trackId, isConfig, payload } = message;
    if (kind === "data") return undefined;
    const known = this.#tracks[kind][trackId];
    if (!isConfig && (known !== undefined || this.#unreadable >= MAX_UNREADABLE)) return undefined;
    const codec = describeCodec(payload, kind);
    // Silence names no codec.
    if (codec.codec === "") this.#unreadable++;
    if (!isNewDescription(known?.codec, codec)) return undefined;
    const track = { kind, trackId, codec };
    this.#tracks[kind][trackId] = track;
    return track;
  }

  clear(): void {
    this.#tracks.audio.length = 0;
    this.#tracks.video.length = 0;
    this.#unreadable = 0;
  }
}
