import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { ViewerNotice } from "../../broadcast/viewer.ts";
import { encodeFlvHeader } from "../../formats/flv/flv-writer.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import type { FlvTarget } from "./flv-target.ts";

/** What the output needs of its viewer. */
export type FlvOutputPort = {
  /** Begins the answer; undefined when the client has gone. */
  begin(): ByteStream | undefined;
  notify(notice: ViewerNotice): void;
  closeSlow(blockedMs: number): void;
};

/** After so long it is known what tracks a publication has: those that have come. */
const TRACKS_MS = 500;

/**
 * Gives a viewer the tags that all viewers of a broadcast share, behind a header of its own. The header must say what truly
 * comes, for mpegts.js waits for ever for a track that is announced and does not (docs/interop.md): the viewer begins when that is
 * known.
 */
export class FlvOutput {
  readonly kind = "bytes";
  readonly streamId = 1;
  #stream: ByteStream | undefined;
  #isOver = false;
  readonly #broadcast: Broadcast;
  readonly #target: FlvTarget;
  readonly #port: FlvOutputPort;
  readonly #nowMs: () => number;

  constructor(broadcast: Broadcast, target: FlvTarget, port: FlvOutputPort, nowMs: () => number) {
    this.#broadcast = broadcast;
    this.#target = target;
    this.#port = port;
    this.#nowMs = nowMs;
  }

  get isReady(): boolean {
    return this.#stream === undefined ? this.#areTracksKnown : this.#stream.unsentBytes === 0;
  }

  get unsentBytes(): number {
    return this.#stream?.unsentBytes ?? 0;
  }

  get takenBytes(): number {
    return this.#stream === undefined ? 0 : this.#stream.bytesWritten - this.#stream.unsentBytes;
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#stream !== undefined) this.#stream.write(pieces);
    else this.#begin(pieces);
  }

  notify(notice: ViewerNotice): void {
    this.#port.notify(notice);
  }

  closeSlow(blockedMs: number): void {
    this.#port.closeSlow(blockedMs);
  }

  #begin(pieces: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    const header = this.#header();
    this.#stream = this.#port.begin();
    this.#isOver = this.#stream === undefined;
    this.#stream?.write([header, ...pieces]);
  }

  get #areTracksKnown(): boolean {
    if (this.#isOver) return false;
    const { tracks, publishedAtMs, state } = this.#broadcast;
    if (tracks.length === 0) return false;
    const { wantsAudio, wantsVideo } = this.#target;
    const isComplete = (!wantsAudio || this.#has("audio")) && (!wantsVideo || this.#has("video"));
    return isComplete || state !== "live" || this.#nowMs() - (publishedAtMs ?? 0) >= TRACKS_MS;
  }

  #header(): Uint8Array {
    const { wantsAudio, wantsVideo } = this.#target;
    return encodeFlvHeader({
      hasAudio: wantsAudio && this.#has("audio"),
      hasVideo: wantsVideo && this.#has("video"),
    });
  }

  #has(wanted: "audio" | "video"): boolean {
    return this.#broadcast.tracks.some(({ kind }) => kind === wanted);
  }
}
