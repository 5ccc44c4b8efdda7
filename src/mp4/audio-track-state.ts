import { AAC_SAMPLE_RATES } from "../formats/codecs/aac-config.ts";
import { decodeAdtsHeader, isAdts } from "../formats/codecs/adts-header.ts";
import type { AudioPacket } from "../formats/flv/audio-header.ts";
import type { TrackBody } from "../formats/flv/enhanced.ts";
import { decodeMultichannelConfig } from "../formats/flv/multichannel-config.ts";
import { type AudioFormat, createAudioFormat } from "./audio-config.ts";
import type { TrackConfig, TrackEvent } from "./track.ts";
import { TrackState } from "./track-state.ts";

/** One track of sound, while its codec stays the same. */
export class AudioTrackState {
  readonly codec: string;
  readonly #state: TrackState;
  #format: AudioFormat | undefined;
  #channels: number | undefined;
  /** What the header of the frame said from which the format was made, for codecs without a configuration. */
  #headerBits = -1;
  #lastTicks = 0;

  constructor(trackId: number, codec: string) {
    this.codec = codec;
    this.#state = new TrackState({ kind: "audio", trackId }, codec);
  }

  /** Throws what a broken body makes decoders throw. */
  read(packet: AudioPacket, track: TrackBody, timestamp: number, events: TrackEvent[]): void {
    if (this.#state.isUnsupported(events)) return;
    switch (packet.packetType) {
      case "sequence-start":
        return this.#state.setRecord(track.body);
      case "multichannel-config":
        return this.#setChannels(track.body);
      case "frames":
        return this.#readFrame(track.body, timestamp + packet.timestampOffsetNanoseconds / 1e6, events);
      case "sequence-end":
        return;
      default:
        return packet.packetType satisfies never;
    }
  }

  #setChannels(body: Uint8Array): void {
    const { channels } = decodeMultichannelConfig(body);
    if (channels === 0 || channels === this.#channels) return;
    this.#channels = channels;
    this.#state.isChanged = true;
  }

  #readFrame(body: Uint8Array, timeMs: number, events: TrackEvent[]): void {
    const state = this.#state;
    const frame = this.codec === "aac" ? this.#withoutAdts(body) : body;
    if (frame.length === 0) return;
    const bits = headerBitsOf(this.codec, frame);
    if (state.isChanged || bits !== this.#headerBits) {
      state.configure(() => this.#createFormat(frame), events);
      this.#headerBits = bits;
    }
    if (state.config === undefined || this.#format === undefined) return;
    this.#lastTicks = this.#format.ticksOf(frame) || this.#lastTicks;
    const sample = {
      decodeTimeMs: timeMs,
      compositionOffsetMs: 0,
      bytes: frame.slice(),
      isKeyframe: true,
      frameTicks: this.#lastTicks,
    };
    events.push({ kind: "sample", track: state.track, sample });
  }

  #createFormat(frame: Uint8Array): TrackConfig | undefined {
    const { record, track } = this.#state;
    const { trackId } = track;
    const format = createAudioFormat({ trackId, codec: this.codec, record, frame, channels: this.#channels });
    if (format !== undefined) this.#format = format;
    return format?.config;
  }

  /** Some encoders send ADTS frames, which tell the configuration, instead of raw ones: docs/interop.md. */
  #withoutAdts(frame: Uint8Array): Uint8Array {
    if (!isAdts(frame)) return frame;
    const { objectType, sampleRate, channelConfiguration, headerBytes, frameBytes } = decodeAdtsHeader(frame);
    if (this.#state.record === undefined) {
      const rateIndex = AAC_SAMPLE_RATES.indexOf(sampleRate);
      const config = (objectType << 11) | (rateIndex << 7) | (channelConfiguration << 3);
      this.#state.setRecord(Uint8Array.of(config >> 8, config & 0xff));
    }
    return frame.subarray(headerBytes, frameBytes);
  }
}

/** The bits of a frame that another configuration would change, for codecs that have none of their own. */
function headerBitsOf(codec: string, frame: Uint8Array): number {
  const [, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = frame;
  switch (codec) {
    case "mp3": // version and layer, sample rate, mono
      return (second << 16) | ((third & 0x0c) << 8) | ((fourth & 0xc0) === 0xc0 ? 1 : 0);
    case "ac3": // sample rate and bitrate, version, channels
      return ((fifth & 0xfe) << 16) | (sixth << 8) | (seventh & 0xe0);
    case "eac3": // sample rate, channels, version
      return (fifth << 16) | (sixth & 0xf8);
    default:
      return 0;
  }
}
