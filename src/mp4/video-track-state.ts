import { FrameType } from "../formats/flv/codec-ids.ts";
import type { VideoPacket, VideoTrack } from "../formats/flv/video-header.ts";
import { type Colours, decodeColours } from "./colours.ts";
import { withLengths } from "./start-codes.ts";
import type { TrackEvent } from "./track.ts";
import { TrackState } from "./track-state.ts";
import { createVideoConfig } from "./video-config.ts";

/** One track of pictures, while its codec stays the same. */
export class VideoTrackState {
  readonly codec: string;
  readonly #state: TrackState;
  #colours: Colours | undefined;

  constructor(trackId: number, codec: string) {
    this.codec = codec;
    this.#state = new TrackState({ kind: "video", trackId }, codec);
  }

  /** Throws what a broken body makes decoders throw. */
  read(packet: VideoPacket, track: VideoTrack, timestamp: number, events: TrackEvent[]): void {
    if (this.#state.isUnsupported(events)) return;
    switch (packet.packetType) {
      case "sequence-start":
        return this.#state.setRecord(track.body);
      case "metadata":
        return this.#setColours(track.body);
      case "frames":
        return this.#readFrame(packet, track, timestamp, events);
      case "sequence-end":
      case "mpeg2ts-sequence-start": // of AV1 in MPEG-2 TS, which nobody sends
        return;
      default:
        return packet.packetType satisfies never;
    }
  }

  #setColours(body: Uint8Array): void {
    const colours = decodeColours(body);
    if (colours === undefined) return;
    this.#colours = colours;
    this.#state.isChanged = true;
  }

  #readFrame(packet: VideoPacket, track: VideoTrack, timestamp: number, events: TrackEvent[]): void {
    const state = this.#state;
    const isKeyframe = packet.frameType === FrameType.Key || packet.frameType === FrameType.GeneratedKey;
    const body = this.#sampleOf(track.body);
    if (body.length === 0) return;
    if (isKeyframe && state.isChanged) {
      const { trackId } = track;
      const source = { trackId, codec: this.codec, record: state.record, keyframe: body, colours: this.#colours };
      state.configure(() => createVideoConfig(source), events);
    }
    if (state.config === undefined) return;
    const sample = {
      decodeTimeMs: timestamp,
      compositionOffsetMs: track.compositionTimeMs + packet.timestampOffsetNanoseconds / 1e6,
      bytes: body.slice(),
      isKeyframe,
      frameTicks: 0,
    };
    events.push({ kind: "sample", track: state.track, sample });
  }

  /** What goes into the file of the body of a frame. */
  #sampleOf(body: Uint8Array): Uint8Array {
    if (this.codec === "av1") return withoutTemporalDelimiter(body);
    const at = LENGTH_SIZE_AT[this.codec];
    if (at === undefined) return body;
    const lengthSize = this.#state.record?.[at] ?? FOUR_BYTES;
    return (lengthSize & 3) === FOUR_BYTES ? withLengths(body) : body;
  }
}

/** Where a record says how long its lengths are, and what it says for four bytes. */
const LENGTH_SIZE_AT: Record<string, number> = { avc: 4, hevc: 21 };
const FOUR_BYTES = 3;

/** In MP4 it is left out, and some encoders send it. "AV1 Codec ISO Media File Format Binding", section 2.4. */
function withoutTemporalDelimiter(unit: Uint8Array): Uint8Array {
  return unit[0] === 0x12 && unit[1] === 0 ? unit.subarray(2) : unit;
}
