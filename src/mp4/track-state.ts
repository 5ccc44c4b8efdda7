import { equalBytes } from "../bytes/concat.ts";
import { ProtocolError } from "../errors.ts";
import { codecName } from "../formats/flv/codec-description.ts";
import type { TrackConfig, TrackEvent, TrackName } from "./track.ts";
import { whyUnsupported } from "./unsupported.ts";

/** Frames that could begin a track before it is told that its configuration is missing. */
const MAX_WAITS = 5;

/** Longest configuration: parameter sets have some hundred bytes, and each is copied into an init segment. */
export const MAX_RECORD_BYTES = 65_536;

/** What tracks of both kinds have: the configuration told last, and what was said about a codec that does not go. */
export class TrackState {
  readonly track: TrackName;
  readonly codec: string;
  record: Uint8Array | undefined;
  /** Something that the configuration is made of is another than when it was made. */
  isChanged = true;
  #config: TrackConfig | undefined;
  readonly #unsupported: string | undefined;
  #told: string | undefined;
  #waits = 0;

  constructor(track: TrackName, codec: string) {
    this.track = track;
    this.codec = codec;
    this.#unsupported = whyUnsupported(track.kind, codec);
  }

  /** The configuration told last; undefined: no samples yet. */
  get config(): TrackConfig | undefined {
    return this.#config;
  }

  /** Tells once that the codec is none for MP4. Returns whether it is none. */
  isUnsupported(events: TrackEvent[]): boolean {
    if (this.#unsupported !== undefined) this.#tell(this.#unsupported, events);
    return this.#unsupported !== undefined;
  }

  /** Publishers repeat their sequence headers: only another one counts. Throws `media.header` for one too long. */
  setRecord(record: Uint8Array): void {
    if (this.record !== undefined && equalBytes(this.record, record)) return;
    if (record.length > MAX_RECORD_BYTES) {
      throw new ProtocolError("media.header", `a codec configuration of ${record.length} bytes`);
    }
    this.record = record.slice();
    this.isChanged = true;
  }

  /** Makes the configuration, and tells it when it is another one. What it does not read stays as it was. */
  configure(create: () => TrackConfig | undefined, events: TrackEvent[]): void {
    this.isChanged = false;
    const config = this.#createOrTell(create, events);
    if (config === undefined) return;
    if (this.#config !== undefined && equalBytes(this.#config.sampleEntry, config.sampleEntry)) return;
    this.#config = config;
    events.push({ kind: "config", config });
  }

  #createOrTell(create: () => TrackConfig | undefined, events: TrackEvent[]): TrackConfig | undefined {
    const name = codecName(this.codec);
    try {
      const config = create();
      if (config !== undefined) return config;
      // The next frame may tell more.
      this.isChanged = true;
      if (++this.#waits === MAX_WAITS) {
        this.#tell(`No configuration of ${name} came: let the encoder send its sequence header first.`, events);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.isChanged = this.record === undefined;
      this.#tell(`The configuration of ${name} makes no sense (${error.message}): check the encoder.`, events);
    }
    return undefined;
  }

  #tell(reason: string, events: TrackEvent[]): void {
    if (this.#told === reason) return;
    this.#told = reason;
    events.push({ kind: "unsupported", track: this.track, codec: this.codec, reason });
  }
}
