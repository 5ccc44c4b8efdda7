import { ProtocolError } from "../errors.ts";
import { type AudioPacket, decodeAudioHeader } from "../formats/flv/audio-header.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { decodeVideoHeader, type VideoPacket } from "../formats/flv/video-header.ts";
import { AudioTrackState } from "./audio-track-state.ts";
import type { TrackEvent } from "./track.ts";
import { VideoTrackState } from "./video-track-state.ts";

/**
 * Takes the messages of a broadcast apart for MP4: legacy and Enhanced RTMP, one track or many in a message. Pictures
 * begin with a keyframe. What cannot be read is left out. A new publication needs a new reader only where its
 * configurations shall be told again.
 */
export class TrackReader {
  readonly #video = new Map<number, VideoTrackState>();
  readonly #audio = new Map<number, AudioTrackState>();

  /** What the message brings, in its order; payloads are copied. Never throws for what a publisher sends. */
  read(message: MediaMessage): TrackEvent[] {
    const events: TrackEvent[] = [];
    try {
      this.#read(message, events);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    return events;
  }

  #read({ kind, timestamp, payload }: MediaMessage, events: TrackEvent[]): void {
    if (kind === "data") return;
    const header = kind === "video" ? decodeVideoHeader(payload) : decodeAudioHeader(payload);
    if (header.kind !== "packet") return;
    if ("frameType" in header) this.#readVideo(header, timestamp, events);
    else this.#readAudio(header, timestamp, events);
  }

  #readVideo(packet: VideoPacket, timestamp: number, events: TrackEvent[]): void {
    for (const track of packet.tracks) {
      let state = this.#video.get(track.trackId);
      if (state?.codec !== track.codec) {
        state = new VideoTrackState(track.trackId, track.codec);
        this.#video.set(track.trackId, state);
      }
      state.read(packet, track, timestamp, events);
    }
  }

  #readAudio(packet: AudioPacket, timestamp: number, events: TrackEvent[]): void {
    for (const track of packet.tracks) {
      let state = this.#audio.get(track.trackId);
      if (state?.codec !== track.codec) {
        state = new AudioTrackState(track.trackId, track.codec);
        this.#audio.set(track.trackId, state);
      }
      state.read(packet, track, timestamp, events);
    }
  }
}
