import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { ServerContext } from "../context.ts";
import type { HlsOptions } from "./hls-options.ts";
import { countSkipped, encodeMediaPlaylist, type MediaPlaylist, type RenditionReport } from "./media-playlist.ts";
import { encodeMultivariantPlaylist } from "./multivariant-playlist.ts";
import type { PlaylistText } from "./playlist-text.ts";
import type { Rendition } from "./rendition.ts";
import type { SegmentFolder } from "./segment-folder.ts";
import { Segmenter } from "./segmenter.ts";

/** Something that is answered once the broadcast has come so far. */
export type HlsWait = {
  readonly deadlineMs: number;
  /** Looks whether it can be answered, and answers then: true. */
  look(): boolean;
  /** It took too long. */
  overdue(): void;
};

export type HlsBroadcastParts = {
  readonly context: Pick<ServerContext, "log" | "nowMs" | "timeOfDayMs">;
  readonly options: HlsOptions;
  readonly instance: string;
  /** Where whole segments go; undefined: they stay in memory. */
  readonly stored: SegmentFolder | undefined;
};

type Playlists = { readonly full: PlaylistText; readonly delta: PlaylistText };

/**
 * One publication as HLS has it: fed by the broadcast, asked by sessions. Playlists are made when somebody asks, and once
 * for all who ask until the next change.
 */
export class HlsBroadcast {
  /** Stands in the names of all files. */
  readonly instance: string;
  readonly name: string;
  readonly segmenter: Segmenter;
  readonly stored: SegmentFolder | undefined;
  readonly #broadcast: Broadcast;
  readonly #parts: HlsBroadcastParts;
  readonly #waits = new Set<HlsWait>();
  readonly #playlists = new Map<Rendition, Playlists>();
  readonly #unsubscribe: () => void;
  #madeAtChange = -1;
  #changesSeen = 0;
  #isLookDue = false;
  #failure: string | undefined;
  #overAtMs: number | undefined;
  /** Of the newest request; the idle time counts from it. */
  lastRequestMs: number;

  constructor(broadcast: Broadcast, parts: HlsBroadcastParts) {
    const { context, options, instance } = parts;
    this.instance = instance;
    this.stored = parts.stored;
    this.name = broadcast.name;
    this.#broadcast = broadcast;
    this.#parts = parts;
    this.lastRequestMs = context.nowMs();
    this.segmenter = new Segmenter({
      ...options,
      onUnsupported: ({ track, codec, reason }) => {
        const about = { broadcast: this.name, kind: track.kind, track: track.trackId, codec };
        context.log.warn(about, `left out of HLS: ${reason}`);
      },
    });
    this.#unsubscribe = broadcast.subscribe({
      write: (message) => this.#write(message),
      end: () => this.#end(),
    });
  }

  get waitCount(): number {
    return this.#waits.size;
  }

  /** There is something to play. */
  get isReady(): boolean {
    return this.segmenter.targetDuration !== undefined;
  }

  get isOver(): boolean {
    return this.segmenter.isEnded;
  }

  /** Since when nothing comes any more; undefined while something may. */
  get overAtMs(): number | undefined {
    return this.#overAtMs;
  }

  /** Why there will be nothing to play; undefined while there may be. */
  get failure(): { readonly status: number; readonly reason: string } | undefined {
    if (this.#failure !== undefined) return { status: 500, reason: this.#failure };
    if (this.isReady) return undefined;
    if (this.isOver) return { status: 404, reason: "The broadcast has ended." };
    if (!this.segmenter.hasOnlyUnsupported) return undefined;
    return { status: 415, reason: this.segmenter.unsupported.map(({ reason }) => reason).join(" ") };
  }

  get targetDuration(): number {
    return this.segmenter.targetDuration ?? 0;
  }

  /** Its viewers get so many bytes. */
  sent(bytes: number): void {
    this.#broadcast.counters.sentBytes += bytes;
  }

  /** What has a playlist of its own. */
  rendition(name: string): Rendition | undefined {
    const rendition = this.segmenter.rendition(name);
    return this.isReady && rendition !== undefined && rendition.segments.length > 0 ? rendition : undefined;
  }

  /** Not kept: it tells what has been measured so far, and is asked once by each viewer. */
  multivariant(): PlaylistText {
    const { renditions, titles } = this.segmenter;
    const sources = renditions.map((rendition) => {
      const { name, config, rates } = rendition;
      return { name, config, ...rates, ...titles.of(rendition.track) };
    });
    return encodeMultivariantPlaylist(this.instance, sources);
  }

  playlist(rendition: Rendition, skips: boolean): PlaylistText {
    const { changes } = this.segmenter;
    if (changes !== this.#madeAtChange) this.#playlists.clear();
    this.#madeAtChange = changes;
    let made = this.#playlists.get(rendition);
    if (made === undefined) {
      const playlist = this.#describe(rendition);
      const full = encodeMediaPlaylist(playlist);
      const skipped = countSkipped(playlist);
      made = { full, delta: skipped === 0 ? full : encodeMediaPlaylist(playlist, skipped) };
      this.#playlists.set(rendition, made);
    }
    return skips ? made.delta : made.full;
  }

  /** Answered with all the others that wait, when there is something new. Returns a function that takes it back. */
  wait(wait: HlsWait): () => void {
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** About twice a second. */
  tick(nowMs: number): void {
    for (const wait of [...this.#waits]) {
      if (nowMs < wait.deadlineMs) continue;
      this.#waits.delete(wait);
      wait.overdue();
    }
  }

  /** Lets go of the broadcast: nothing new comes. */
  stop(): void {
    this.#unsubscribe();
    this.#end();
    this.stored?.clear();
  }

  #describe(rendition: Rendition): MediaPlaylist {
    const { segmenter, instance } = this;
    const others = segmenter.renditions.filter((other) => other !== rendition);
    return {
      rendition: rendition.name,
      instance,
      targetDuration: this.targetDuration,
      partTargetSeconds: rendition.partTargetSeconds,
      segments: rendition.segments,
      open: rendition.open,
      discontinuitySequence: rendition.window.discontinuitySequence,
      timelineStartMs: segmenter.timelineStartMs,
      reports: others.map(reportOf),
    };
  }

  /** What goes wrong here must not harm the publisher. */
  #write(message: MediaMessage): void {
    if (this.#failure !== undefined) return;
    try {
      this.segmenter.write(message, this.#parts.context.timeOfDayMs());
    } catch (error) {
      this.#failure = "The broadcast cannot be cut into segments.";
      this.#parts.context.log.error({ broadcast: this.name, err: error }, "a broadcast cannot be cut into segments");
    }
    const { changes } = this.segmenter;
    if (changes === this.#changesSeen && this.failure === undefined) return;
    this.#changesSeen = changes;
    this.#lookSoon();
    this.stored?.store(this.segmenter.renditions, this.instance);
  }

  #end(): void {
    this.#overAtMs ??= this.#parts.context.nowMs();
    this.segmenter.end();
    this.#lookSoon();
  }

  /** Apart from what the publisher sent: thousands may wait. */
  #lookSoon(): void {
    if (this.#isLookDue || this.#waits.size === 0) return;
    this.#isLookDue = true;
    setImmediate(() => {
      this.#isLookDue = false;
      this.#look([...this.#waits]);
    });
  }

  /** So many in one go, that media passes in between. */
  #look(waits: readonly HlsWait[]): void {
    for (const wait of waits.slice(0, LOOKS_AT_ONCE)) {
      if (this.#waits.has(wait) && wait.look()) this.#waits.delete(wait);
    }
    if (waits.length > LOOKS_AT_ONCE) setImmediate(() => this.#look(waits.slice(LOOKS_AT_ONCE)));
  }
}

/** Some milliseconds of work. */
const LOOKS_AT_ONCE = 200;

function reportOf(rendition: Rendition): RenditionReport {
  const { name, open, segments } = rendition;
  const last = segments.at(-1);
  if (open !== undefined && open.parts.length > 0) {
    return { rendition: name, lastNumber: open.number, lastPart: open.parts.length - 1 };
  }
  const parts = last?.parts.length ?? 0;
  return { rendition: name, lastNumber: last?.number ?? 0, lastPart: parts === 0 ? undefined : parts - 1 };
}
