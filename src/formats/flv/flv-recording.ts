import { equalBytes } from "../../bytes/concat.ts";
import { ProtocolError } from "../../errors.ts";
import { AmfEcmaArray, type AmfValue, hasMembers } from "../amf/amf-value.ts";
import { encodeAmf0 } from "../amf/amf0-encoder.ts";
import { decodeCommandValues } from "../amf/command-values.ts";
import { encodeFlvHeader, encodeFlvTag, FLV_HEADER_BYTES } from "./flv-writer.ts";
import type { MediaMessage } from "./media-message.ts";
import { normalizeDataMessage } from "./script-data.ts";
import { scriptName } from "./script-name.ts";
import { StreamClock } from "./stream-clock.ts";
import { TAG_HEADER_BYTES, TagType, tagTypeOf } from "./tag.ts";

/** Bytes that take the place of others in the file. */
export type FlvPatch = { readonly at: number; readonly bytes: Uint8Array };

/** What there is of a recording that is to go on: see `FlvScan`. */
export type FlvRecordingState = {
  /** Where the next tag goes. */
  readonly endOffset: number;
  /** Where its timestamps go on, in ms. */
  readonly endMs: number;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Where the numbers stand in the file that are known only at its end. */
  readonly durationAt: number | undefined;
  readonly fileSizeAt: number | undefined;
  /** The body of its onMetaData; undefined where there is none. */
  readonly metadata: Uint8Array | undefined;
};

/** Held in front of the first frame; a source that sends more configurations does without metadata at the start. */
const MAX_HELD_MESSAGES = 64;
/** A number of AMF0: its marker stands in front. */
const NUMBER_BYTES = 8;
/** In the file header. */
const FLAGS_AT = 4;

/**
 * Makes an FLV file of the messages of a broadcast: metadata first, then configurations, times from 0 on. Gives bytes to
 * append, and at the end those to put in place of others, where the file can be changed.
 */
export class FlvRecording {
  readonly #clock: StreamClock;
  /** Configurations and metadata, until the first frame shows that there are no more. */
  #held: MediaMessage[] | undefined = [];
  #metadata: readonly (readonly [string, AmfValue])[] = [];
  #size: number;
  #hasAudio: boolean;
  #hasVideo: boolean;
  #durationAt: number | undefined;
  #fileSizeAt: number | undefined;

  /** With a state, what is written goes on behind it. */
  constructor(state?: FlvRecordingState) {
    this.#clock = new StreamClock(state?.endMs ?? 0);
    this.#size = state?.endOffset ?? 0;
    this.#hasAudio = state?.hasAudio ?? false;
    this.#hasVideo = state?.hasVideo ?? false;
    this.#durationAt = state?.durationAt;
    this.#fileSizeAt = state?.fileSizeAt;
    if (state === undefined) return;
    this.#held = undefined;
    this.#metadata = (state.metadata && metadataMembers(state.metadata)) ?? [];
  }

  /** Media so far, in ms. */
  get durationMs(): number {
    return this.#clock.newestMs;
  }

  /** Bytes of the file so far. */
  get size(): number {
    return this.#size;
  }

  /** What to append; nothing while the head of the file is not decided. Payloads are copied. */
  write(message: MediaMessage): Uint8Array[] {
    const isFrame = message.kind !== "data" && !message.isConfig && message.payload.length > 0;
    if (this.#held === undefined) return this.#isKnownMetadata(message) ? [] : [this.#tag(message, isFrame)];
    if (!isFrame && this.#held.length < MAX_HELD_MESSAGES) {
      this.#hold(message);
      return [];
    }
    return [...this.#takeHead(message.kind), this.#tag(message, isFrame)];
  }

  /** The source was lost, and begins anew: times go on. */
  restart(): void {
    this.#clock.restart();
  }

  /** The source goes on where it was: this timestamp of it is that time of the file. */
  align(timestamp: number, timeMs: number): void {
    this.#clock.align(timestamp, timeMs);
  }

  /** The end: what is still to be appended, and what is now known of the head. */
  finish(): { readonly rest: readonly Uint8Array[]; readonly patches: readonly FlvPatch[] } {
    const rest = this.#held === undefined ? [] : this.#takeHead();
    const patches: FlvPatch[] = [
      { at: FLAGS_AT, bytes: encodeFlvHeader(this.#tracks).subarray(FLAGS_AT, FLAGS_AT + 1) },
    ];
    if (this.#durationAt !== undefined) patches.push(numberPatch(this.#durationAt, this.#clock.endMs / 1000));
    if (this.#fileSizeAt !== undefined) patches.push(numberPatch(this.#fileSizeAt, this.#size));
    return { rest, patches };
  }

  get #tracks(): { readonly hasAudio: boolean; readonly hasVideo: boolean } {
    return { hasAudio: this.#hasAudio, hasVideo: this.#hasVideo };
  }

  #hold(message: MediaMessage): void {
    const members = message.kind === "data" ? metadataMembers(message.payload) : undefined;
    if (members === undefined) this.#held?.push({ ...message, payload: new Uint8Array(message.payload) });
    else this.#metadata = members;
  }

  /** A server that is played anew says again what it said. FFmpeg takes metadata behind the head for subtitles: docs/interop.md. */
  #isKnownMetadata({ kind, payload }: MediaMessage): boolean {
    const members = kind === "data" ? metadataMembers(payload) : undefined;
    return members !== undefined && equalBytes(encodeMetadata(members).payload, encodeMetadata(this.#metadata).payload);
  }

  /** File header, metadata and what was held; `kind` is of the first frame. */
  #takeHead(kind?: MediaMessage["kind"]): Uint8Array[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    const metadata = encodeMetadata(this.#metadata);
    const told = {
      hasAudio: kind === "audio" || this.#tells("audiocodecid") || held.some((message) => message.kind === "audio"),
      hasVideo: kind === "video" || this.#tells("videocodecid") || held.some((message) => message.kind === "video"),
    };
    // Where nothing is told, either may still come: readers do without one sooner than they find one.
    const head = encodeFlvHeader(this.#metadata.length === 0 && kind !== undefined ? BOTH : told);
    const tag = encodeFlvTag(TagType.Script, this.#clock.newestMs, metadata.payload);
    const payloadAt = FLV_HEADER_BYTES + TAG_HEADER_BYTES;
    this.#durationAt = payloadAt + metadata.durationAt;
    this.#fileSizeAt = payloadAt + metadata.fileSizeAt;
    this.#size = head.length + tag.length;
    return [head, tag, ...held.map((message) => this.#tag(message, false))];
  }

  #tells(name: string): boolean {
    return this.#metadata.some(([key, value]) => key === name && value !== undefined && value !== null);
  }

  #tag({ kind, trackId, timestamp, payload }: MediaMessage, isFrame: boolean): Uint8Array {
    if (kind === "audio") this.#hasAudio = true;
    if (kind === "video") this.#hasVideo = true;
    const time = isFrame ? this.#clock.at(timestamp, `${kind} ${trackId}`) : this.#clock.beside(timestamp);
    const body = kind === "data" ? storedData(payload) : payload;
    const tag = encodeFlvTag(tagTypeOf(kind), time, body);
    this.#size += tag.length;
    return tag;
  }
}

const BOTH = { hasAudio: true, hasVideo: true };

/** In a file, metadata stands without the command that sets it on a server. */
function storedData(payload: Uint8Array): Uint8Array {
  const data = normalizeDataMessage(payload, false);
  return data.kind === "set" ? data.payload : payload;
}

/** The members of readable metadata, without those that say something of a file. */
function metadataMembers(payload: Uint8Array): (readonly [string, AmfValue])[] | undefined {
  const body = storedData(payload);
  if (scriptName(body) !== "onMetaData") return undefined;
  try {
    const [, value] = decodeCommandValues(body).values;
    return hasMembers(value) ? [...value.members].filter(([name]) => !MEMBERS_OF_FILES.has(name)) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** What onMetaData says of a file, and of no live broadcast. */
export const MEMBERS_OF_FILES: ReadonlySet<string> = new Set([
  ...["duration", "filesize", "lasttimestamp", "lastkeyframetimestamp", "lastkeyframelocation"],
  ...["keyframes", "hasKeyframes", "canSeekToEnd", "datasize", "videosize", "audiosize"],
]);

/** The two numbers stand in front, so that their places are known. */
function encodeMetadata(members: readonly (readonly [string, AmfValue])[]): {
  readonly payload: Uint8Array;
  readonly durationAt: number;
  readonly fileSizeAt: number;
} {
  const all: [string, AmfValue][] = [["duration", 0], ["filesize", 0], ...members.map(([...member]) => member)];
  const payload = encodeAmf0("onMetaData", new AmfEcmaArray(all));
  const durationAt = METADATA_START_BYTES + 2 + "duration".length + 1;
  return { payload, durationAt, fileSizeAt: durationAt + NUMBER_BYTES + 2 + "filesize".length + 1 };
}

/** The name as a string, and the marker and count of the array. */
const METADATA_START_BYTES = 3 + "onMetaData".length + 5;

/** Where the number of that name stands in the metadata; undefined where there is none. AMF0 sections 2.2 and 2.10. */
export function findMetadataNumber(payload: Uint8Array, name: string): number | undefined {
  const key = encodeAmf0(name).subarray(1);
  const wanted = [...key, 0];
  const last = payload.length - wanted.length - NUMBER_BYTES;
  for (let at = 0; at <= last; at++) {
    if (wanted.every((byte, index) => payload[at + index] === byte)) return at + wanted.length;
  }
  return undefined;
}

function numberPatch(at: number, value: number): FlvPatch {
  return { at, bytes: encodeAmf0(value).subarray(1) };
}
