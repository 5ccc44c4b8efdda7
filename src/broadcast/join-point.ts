import { ProtocolError } from "../errors.ts";
import { dataSlot } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { MessageLog } from "./message-log.ts";

/** Where a newcomer's cursor is set, and whether pictures must wait for the next keyframe. */
export type JoinStart = { readonly position: number; readonly needsKeyframe: boolean };

/** What newcomers begin with, by the positions of one log. */
export type JoinPlaces = {
  current(): JoinStart;
  /** What a newcomer must get before the log's messages, with the time of its first one. */
  prelude(withMetadata: boolean): readonly MediaMessage[];
};

/** A configuration or metadata message, kept with bytes of its own. */
type StoredConfig = { readonly slot: string | number; readonly message: MediaMessage };

/** What a newcomer's needs may cost. */
export type JoinLimits = {
  /** Bytes kept since the newest keyframe. */
  readonly maxGopBytes: number;
  /** Messages kept since the newest keyframe. */
  readonly maxLogMessages: number;
  /** Bytes of the configurations and metadata kept. */
  readonly maxConfigBytes: number;
};

/** What keeping a configuration counts above its payload. */
const CONFIG_OVERHEAD_BYTES = 512;

/** In a broadcast without pictures a newcomer gets at most this much of the past. */
const PICTURELESS_BACKLOG_MS = 1000;
/** A broadcast whose last picture is older than this counts as one without pictures. */
const PICTURE_PAUSE_MS = 60_000;

/**
 * Where newcomers begin: the newest keyframe, with the configurations as they stood there. Before the first keyframe it
 * is the first message of the publication; without pictures, or a minute after the last, the newest second; and where no
 * keyframe came for more than `maxGopBytes` or `maxLogMessages`, the newest message, with pictures from the next keyframe on.
 */
export class JoinPoint implements JoinPlaces {
  readonly #log: MessageLog;
  readonly #limits: JoinLimits;
  readonly #configs = new Map<string | number, StoredConfig>();
  #configBytes = 0;
  #snapshot: readonly StoredConfig[] = [];
  #position: number;
  /** Messages from `#position` on. */
  #messages = 0;
  #timestamp: number | undefined;
  #newestTimestamp = 0;
  /** The time of the newest picture; undefined where there were none. */
  #pictureTimestamp: number | undefined;
  /** Pictures went on behind the last keyframe, and newcomers start elsewhere. */
  #needsKeyframe = false;
  #isTooLong = false;

  constructor(log: MessageLog, limits: JoinLimits) {
    this.#log = log;
    this.#limits = limits;
    this.#position = log.head;
  }

  /** The log must be kept from here on. */
  get position(): number {
    return this.#isTooLong ? this.#log.head : this.#position;
  }

  current(): JoinStart {
    return { position: this.position, needsKeyframe: this.#needsKeyframe };
  }

  /** A new publication, or none for now: newcomers wait for its first message. */
  startPublication(): void {
    this.#configs.clear();
    this.#configBytes = 0;
    this.#snapshot = [];
    this.#position = this.#log.head;
    this.#messages = 0;
    this.#timestamp = undefined;
    this.#pictureTimestamp = undefined;
    this.#needsKeyframe = false;
    this.#isTooLong = false;
  }

  /** Keeps a configuration instead of the one that it replaces. Throws `publish.config-limit`, and keeps nothing then. */
  storeConfig(slot: string | number, message: MediaMessage): void {
    const { maxConfigBytes } = this.#limits;
    const configBytes = this.#configBytes - this.#bytesOf(slot) + CONFIG_OVERHEAD_BYTES + message.payload.length;
    if (configBytes > maxConfigBytes) {
      throw new ProtocolError("publish.config-limit", `more than ${maxConfigBytes} bytes of configurations`);
    }
    this.#configBytes = configBytes;
    // Taken out first, so that the newest stands last.
    this.#configs.delete(slot);
    this.#configs.set(slot, { slot, message: { ...message, payload: new Uint8Array(message.payload) } });
  }

  /** What is stored of that name; undefined where nothing is. */
  dataPayload(name: string): Uint8Array | undefined {
    return this.#configs.get(dataSlot(name))?.message.payload;
  }

  clearData(name: string): void {
    const cleared = dataSlot(name);
    this.#configBytes -= this.#bytesOf(cleared);
    this.#configs.delete(cleared);
    this.#snapshot = this.#snapshot.filter(({ slot }) => slot !== cleared);
  }

  /** Looks at each message that was written, at its time on the timeline and its position in the log. */
  note(message: MediaMessage, timestamp: number, position: number): void {
    this.#newestTimestamp = timestamp;
    this.#messages++;
    this.#timestamp ??= timestamp;
    if (message.kind === "video") this.#pictureTimestamp = timestamp;
    if (message.isKeyframe && message.trackId === 0) this.#moveTo(position, timestamp, false);
    else if (
      !message.isConfig &&
      this.#isPictureless(timestamp) &&
      timestamp - this.#timestamp > PICTURELESS_BACKLOG_MS
    )
      this.#moveTo(position, timestamp, this.#pictureTimestamp !== undefined);
    else if (this.#isBeyondLimits()) {
      this.#isTooLong = true;
      this.#needsKeyframe = this.#pictureTimestamp !== undefined;
    }
  }

  prelude(withMetadata: boolean): readonly MediaMessage[] {
    return this.#preludeConfigs().filter(({ kind }) => withMetadata || kind !== "data");
  }

  /** What a newcomer gets, message by message. */
  *messages(): Generator<MediaMessage> {
    yield* this.#preludeConfigs();
    for (const entry of this.#log.entries(this.position)) yield this.#log.message(entry);
  }

  #isBeyondLimits(): boolean {
    const { maxGopBytes, maxLogMessages } = this.#limits;
    return this.#log.head - this.#position > maxGopBytes || this.#messages > maxLogMessages;
  }

  /** What the configuration in a slot counts. */
  #bytesOf(slot: string | number): number {
    const stored = this.#configs.get(slot);
    return stored === undefined ? 0 : CONFIG_OVERHEAD_BYTES + stored.message.payload.length;
  }

  #isPictureless(timestamp: number): boolean {
    return this.#pictureTimestamp === undefined || timestamp - this.#pictureTimestamp > PICTURE_PAUSE_MS;
  }

  #moveTo(position: number, timestamp: number, needsKeyframe: boolean): void {
    this.#needsKeyframe = needsKeyframe;
    this.#position = position;
    this.#messages = 1;
    this.#timestamp = timestamp;
    this.#isTooLong = false;
    this.#snapshot = this.#currentConfigs();
  }

  #preludeConfigs(): MediaMessage[] {
    const configs = this.#isTooLong ? this.#currentConfigs() : this.#snapshot;
    const timestamp = this.#isTooLong ? this.#newestTimestamp : (this.#timestamp ?? this.#newestTimestamp);
    // FFmpeg makes a subtitle stream of metadata with any other time than 0: docs/interop.md.
    return configs.map(({ message }) => ({ ...message, timestamp: message.kind === "data" ? 0 : timestamp }));
  }

  /** Metadata first, as players expect it. */
  #currentConfigs(): readonly StoredConfig[] {
    const all = Array.from(this.#configs.values());
    return [
      ...all.filter(({ message }) => message.kind === "data"),
      ...all.filter(({ message }) => message.kind !== "data"),
    ];
  }
}
