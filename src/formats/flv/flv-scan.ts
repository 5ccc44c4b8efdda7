import { classifyMedia } from "./classify.ts";
import { FlvReader, type FlvTag } from "./flv-reader.ts";
import { type FlvRecordingState, findMetadataNumber } from "./flv-recording.ts";
import { scriptName } from "./script-name.ts";
import { StreamClock } from "./stream-clock.ts";
import { kindOfTagType, TAG_HEADER_BYTES, TAG_TRAILER_BYTES } from "./tag.ts";

/** What an FLV file holds, up to its last whole tag. */
export type FlvScanResult = FlvRecordingState & {
  readonly tags: number;
  /** The newest keyframe, or the newest frame where there is no video; undefined without frames. */
  readonly lastKeyframe: { readonly timeMs: number; readonly payload: Uint8Array } | undefined;
  /** The newest timestamp of each medium as it stands in the file. */
  readonly newestMs: { readonly audio: number | undefined; readonly video: number | undefined };
};

/** Reads a file in pieces of any size, and tells how a recording in it can go on. */
export class FlvScan {
  readonly #reader = new FlvReader();
  #pushedBytes = 0;
  #endOffset: number | undefined;
  /** A tag counts when the four bytes behind it are there, too. */
  #unconfirmed: FlvTag | undefined;
  #clock: StreamClock | undefined;
  #tags = 0;
  #hasAudio = false;
  #hasVideo = false;
  #lastKeyframe: FlvScanResult["lastKeyframe"];
  #newest: { audio: number | undefined; video: number | undefined } = { audio: undefined, video: undefined };
  #metadata: Uint8Array | undefined;
  #durationAt: number | undefined;
  #fileSizeAt: number | undefined;

  /** Throws `flv.signature` or `flv.tag`; what was found before that stands. */
  push(bytes: Uint8Array): void {
    this.#pushedBytes += bytes.length;
    this.#reader.push(bytes);
    this.#confirm();
    for (let tag = this.#reader.next(); tag !== undefined; tag = this.#reader.next()) {
      this.#unconfirmed = tag;
      this.#confirm();
    }
    // The tag's data is a view that the next push makes invalid.
    if (this.#unconfirmed !== undefined)
      this.#unconfirmed = { ...this.#unconfirmed, data: this.#unconfirmed.data.slice() };
  }

  /** Undefined for a file without a whole tag. */
  get result(): FlvScanResult | undefined {
    if (this.#endOffset === undefined) return undefined;
    return {
      endOffset: this.#endOffset,
      endMs: this.#clock?.endMs ?? 0,
      hasAudio: this.#hasAudio,
      hasVideo: this.#hasVideo,
      durationAt: this.#durationAt,
      fileSizeAt: this.#fileSizeAt,
      metadata: this.#metadata,
      tags: this.#tags,
      lastKeyframe: this.#lastKeyframe,
      newestMs: { ...this.#newest },
    };
  }

  #confirm(): void {
    const tag = this.#unconfirmed;
    if (tag === undefined) return;
    const endOffset = tag.byteOffset + TAG_HEADER_BYTES + tag.data.length + TAG_TRAILER_BYTES;
    if (endOffset > this.#pushedBytes) return;
    this.#unconfirmed = undefined;
    this.#endOffset = endOffset;
    this.#tags++;
    this.#note(tag);
  }

  #note({ type, timestamp, data, byteOffset }: FlvTag): void {
    const kind = kindOfTagType(type);
    if (kind === undefined) return;
    if (kind === "data") {
      if (this.#metadata !== undefined || scriptName(data) !== "onMetaData") return;
      this.#metadata = new Uint8Array(data);
      this.#durationAt = offsetIn(data, "duration", byteOffset);
      this.#fileSizeAt = offsetIn(data, "filesize", byteOffset);
      return;
    }
    const { isConfig, isKeyframe, trackId } = classifyMedia(kind, timestamp, data);
    if (kind === "audio") this.#hasAudio = true;
    else this.#hasVideo = true;
    if (isConfig || data.length === 0) return;
    this.#clock ??= new StreamClock(timestamp);
    const timeMs = this.#clock.at(timestamp, `${kind} ${trackId}`);
    this.#newest[kind] = timeMs;
    if (isKeyframe || !this.#hasVideo) this.#lastKeyframe = { timeMs, payload: new Uint8Array(data) };
  }
}

function offsetIn(metadata: Uint8Array, name: string, tagOffset: number): number | undefined {
  const at = findMetadataNumber(metadata, name);
  return at === undefined ? undefined : tagOffset + TAG_HEADER_BYTES + at;
}
