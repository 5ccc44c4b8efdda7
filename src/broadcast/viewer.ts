import type { Message } from "../rtmp/message/message.ts";
import { chooseForLaggard, chooseWanted, type Selection } from "./lag-policy.ts";
import type { LogEntry } from "./message-log.ts";
import type { ViewerGroup } from "./viewer-group.ts";
import { NEAR_FRACTION, type ViewerSource } from "./viewer-source.ts";

/** What happens to the broadcast that a viewer watches. Told in order with the media. */
export type ViewerNotice = "publish" | "unpublish";

/** Where a viewer's bytes go: one message stream of a connection. Called synchronously: queue, but neither wait nor throw. */
export type ViewerOutput = SharedBytesOutput | MessagesOutput;

type CommonOutput = {
  /** The message stream id that `play` was called on; 1 where there are none, as in FLV. */
  readonly streamId: number;
  /** Whether it takes more now; where it does not, or has unsent bytes, `Viewer.serve` is called when that changes. */
  readonly isReady: boolean;
  /** What waits to be sent. */
  readonly unsentBytes: number;
  /** What has been sent so far: a viewer with unsent bytes for which this stands still is closed after a time. */
  readonly takenBytes: number;
  notify(notice: ViewerNotice): void;
  /** The viewer took nothing for too long: say so, and close. */
  closeSlow(blockedMs: number): void;
};

/**
 * Takes the bytes of whole messages, RTMP's or FLV's as it has joined, made once for all viewers: do not change them. They stay as they are while
 * `unsentBytes`, looked at after each `write`, says that some were kept, and for as long as those are in use.
 */
type SharedBytesOutput = CommonOutput & { readonly kind: "bytes"; write(pieces: readonly Uint8Array[]): void };

/** Takes message by message, where chunks of several are interleaved. */
type MessagesOutput = CommonOutput & { readonly kind: "messages"; send(message: Message, entry: SentEntry): void };

/** What a viewer has not switched off. */
export type ViewerWants = {
  readonly wantsAudio: boolean;
  readonly wantsVideo: boolean;
  /** It cannot switch them on later: not even the configurations are sent. @default false */
  readonly isFinal?: boolean;
};

/** What an output may decide by. */
export type SentEntry = Pick<LogEntry, "isKeyframe" | "isConfig" | "isDisposable" | "trackId">;

/** What a viewer got and did not get. */
export type ViewerCounters = {
  readonly sentMessagesBytes: number;
  readonly droppedMessages: number;
  /** How often it fell behind by more than its limit. */
  readonly skips: number;
};

/** Where a viewer stands, and what it got. */
export type ViewerStanding = {
  /** How far it is behind the newest message: by what waits in its output too, as far as that is known. */
  readonly lagMs: number;
  readonly lagBytes: number;
  readonly isPaused: boolean;
  readonly sentBytes: number;
  readonly droppedMessages: number;
  readonly skips: number;
};

/** A cursor on a broadcast's log: where one viewer stands, and what of it the viewer wants. */
export class Viewer {
  // What each flush touches, side by side: with thousands of viewers these come from memory, not from a cache.
  /** It gets all that is new in one piece: joined, not paused, nothing switched off, no picture missed. */
  #takesAll = false;
  #isServing = false;
  #position = 0;
  #sentBytes = 0;
  readonly #output: ViewerOutput;
  readonly #source: ViewerSource;
  #notice: ViewerNotice | undefined;
  /** With whom it is served; kept by the audience. */
  group: ViewerGroup | undefined;
  /** Where it stands in that group's list; kept by the group. */
  index = -1;
  readonly #selection: Selection & { wantsAudio: boolean; wantsVideo: boolean };
  /** It begins when its output is first ready: nothing piles up for one that does not read. */
  #hasJoined = false;
  #isPaused = false;
  #takenBytes = 0;
  #blockedSinceMs: number | undefined;
  /** What a newcomer is behind by design; no lag until it has caught up. */
  #joinHead = 0;
  #droppedMessages = 0;
  #skips = 0;

  constructor(source: ViewerSource, output: ViewerOutput, wanted: ViewerWants) {
    this.#source = source;
    this.#output = output;
    this.#selection = { ...wanted, needsKeyframe: false };
  }

  /** Where it stands in the log: nothing before this is needed for it. */
  get position(): number {
    return this.#hasJoined ? this.#position : this.#source.log.head;
  }

  /** What it reads from. */
  readsFrom(source: ViewerSource): boolean {
    return this.#source === source;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  get counters(): ViewerCounters {
    return { sentMessagesBytes: this.#sentBytes, droppedMessages: this.#droppedMessages, skips: this.#skips };
  }

  /** For people: looked at now and then. */
  get standing(): ViewerStanding {
    const { log } = this.#source;
    const unsentBytes = this.#hasJoined ? this.#output.unsentBytes : 0;
    const from = Math.max(log.tail, this.position - unsentBytes);
    const next = log.entryAt(from);
    return {
      lagMs: next === undefined || this.#isPaused ? 0 : Math.round(log.newestAtMs - next.writtenAtMs),
      lagBytes: this.#isPaused ? 0 : log.head - this.position + unsentBytes,
      isPaused: this.#isPaused,
      sentBytes: this.#sentBytes,
      droppedMessages: this.#droppedMessages,
      skips: this.#skips,
    };
  }

  /** Sends what is new if the viewer can take it. The hot path: once for each viewer and flush. */
  serve(): void {
    const source = this.#source;
    const from = this.#position;
    if (!this.#takesAll || !source.isNear(from)) return this.#serveWithCare();
    const output = this.#output;
    const { head } = source.log;
    if (from === head || output.kind !== "bytes" || !output.isReady) return;
    // Moved on first: an output may call back at once.
    this.#position = head;
    this.#sentBytes += head - from;
    output.write(source.views(output.streamId, from, head));
    if (output.unsentBytes > 0) source.log.lend(from, head);
  }

  #serveWithCare(): void {
    // A full output may call back at once: the loop below goes on then.
    if (this.#isServing) return;
    this.#isServing = true;
    this.#takesAll = false;
    if (!this.#hasJoined && !this.#isPaused && this.#output.isReady) this.#join();
    while (this.position < this.#source.log.head && !this.#isPaused && this.#output.isReady) this.#sendSome();
    this.#isServing = false;
    if (this.#notice !== undefined && this.#hasAll) this.#deliverNotice();
    const { wantsAudio, wantsVideo, needsKeyframe } = this.#selection;
    const hasChosen = this.#isPaused || !wantsAudio || !wantsVideo || needsKeyframe;
    this.#takesAll = this.#hasJoined && !hasChosen && this.#notice === undefined && this.#output.kind === "bytes";
  }

  /** Tells the viewer once it has got all that came before. */
  notify(notice: ViewerNotice): void {
    this.#takesAll = false;
    if (this.#notice === undefined) this.#notice = notice;
    // A publisher that is back before its end was told: nothing happened.
    else if (this.#notice !== notice) this.#notice = undefined;
    this.serve();
    if (this.#isPaused) this.#deliverNotice();
  }

  /** Closes a viewer that took nothing for longer than its limit. */
  tick(nowMs: number): void {
    // As nearly always; what was taken is asked for only where something waits, for sockets have to add it up.
    if (this.#output.unsentBytes === 0) {
      this.#blockedSinceMs = undefined;
      return;
    }
    const { takenBytes } = this.#output;
    if (takenBytes !== this.#takenBytes) this.#blockedSinceMs = undefined;
    else this.#blockedSinceMs ??= nowMs;
    this.#takenBytes = takenBytes;
    const blockedMs = nowMs - (this.#blockedSinceMs ?? nowMs);
    if (blockedMs > this.#source.limits.blockedTimeoutMs) this.#output.closeSlow(blockedMs);
  }

  /** From here on with or without audio or video; video comes back with a keyframe. */
  want(kind: "audio" | "video", isWanted: boolean): void {
    this.#takesAll = false;
    if (kind === "audio") this.#selection.wantsAudio = isWanted;
    else {
      if (!isWanted) this.#selection.needsKeyframe = true;
      this.#selection.wantsVideo = isWanted;
    }
  }

  pause(): void {
    this.#takesAll = false;
    this.#isPaused = true;
  }

  /** Goes on at the newest place that can be joined, if that lies ahead. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#hasJoined && this.#source.start.position > this.#position) {
      this.#skipToStart();
      this.#joinHead = this.#source.log.head;
    }
    this.serve();
  }

  /** Nothing waits for it, in its output either: there a notice, as a call, would overtake pictures. */
  get #hasAll(): boolean {
    return this.#hasJoined && this.#position === this.#source.log.head && this.#output.unsentBytes === 0;
  }

  #join(): void {
    this.#source.sendConfigs(this.#output, true, this.#selection);
    this.#hasJoined = true;
    this.#goToStart();
    this.#joinHead = this.#source.log.head;
  }

  /** Leaves out what lies before the newest place that can be joined, except the configurations that may be new to it. */
  #skipToStart(): void {
    const { log, start } = this.#source;
    if (this.#position < log.tail || hasConfig(log.entries(this.#position, start.position))) {
      this.#source.sendConfigs(this.#output, false, this.#selection);
    }
    this.#goToStart();
  }

  #goToStart(): void {
    const { position, needsKeyframe } = this.#source.start;
    this.#position = position;
    this.#selection.needsKeyframe = needsKeyframe || !this.#selection.wantsVideo;
  }

  #sendSome(): void {
    const { log, limits } = this.#source;
    const { wantsAudio, wantsVideo, needsKeyframe } = this.#selection;
    if (this.#position < log.tail || this.#lags()) {
      this.#skips++;
      if (this.#position < log.tail) this.#skipToStart();
      const waiting = Array.from(log.entries(this.#position));
      this.#sendChosen(chooseForLaggard(waiting, this.#selection, limits), log.head);
    } else if (!wantsAudio || !wantsVideo || needsKeyframe) {
      const end = this.#writeEnd();
      this.#sendChosen(chooseWanted(Array.from(log.entries(this.#position, end)), this.#selection), end);
    } else {
      const end = this.#writeEnd();
      this.#send(this.#position, end);
      this.#position = end;
    }
  }

  #lags(): boolean {
    const { log, limits } = this.#source;
    if (this.#position < this.#joinHead) return log.head - this.#joinHead > limits.maxLagBytes;
    if (log.head - this.#position > limits.maxLagBytes) return true;
    // The time needs a look into the index: only for one that is behind by more than a write.
    if (log.head - this.#position < limits.maxWriteBytes / NEAR_FRACTION) return false;
    const next = log.entryAt(this.#position);
    return next !== undefined && log.newestAtMs - next.writtenAtMs > limits.maxLagMs;
  }

  /** Where one write ends: at a border of messages, behind at least one. */
  #writeEnd(): number {
    const { log, limits } = this.#source;
    if (log.head - this.#position <= limits.maxWriteBytes) return log.head;
    const first = log.entryAt(this.#position);
    const next = log.entryAt(this.#position + limits.maxWriteBytes);
    const firstEnd = first === undefined ? log.head : first.offset + first.length;
    return Math.max(firstEnd, next?.offset ?? log.head);
  }

  /** Sends the chosen messages, neighbours in one piece. */
  #sendChosen(choice: { readonly entries: readonly LogEntry[]; readonly droppedMessages: number }, end: number): void {
    this.#droppedMessages += choice.droppedMessages;
    let from = -1;
    let to = -1;
    for (const entry of choice.entries) {
      if (entry.offset !== to) {
        if (to > from) this.#send(from, to);
        from = entry.offset;
      }
      to = entry.offset + entry.length;
    }
    if (to > from) this.#send(from, to);
    this.#position = end;
  }

  #send(from: number, to: number): void {
    const output = this.#output;
    const { streamId } = output;
    this.#sentBytes += to - from;
    const { log } = this.#source;
    if (output.kind === "bytes") {
      output.write(this.#source.views(streamId, from, to));
      if (output.unsentBytes > 0) log.lend(from, to);
      return;
    }
    log.lend(from, to);
    for (const entry of log.entries(from, to)) {
      const payload = log.payload(entry);
      output.send({ type: entry.type, timestamp: entry.timestamp >>> 0, streamId, payload }, entry);
    }
  }

  #deliverNotice(): void {
    const notice = this.#notice;
    this.#notice = undefined;
    if (notice !== undefined) this.#output.notify(notice);
  }
}

function hasConfig(entries: Iterable<LogEntry>): boolean {
  for (const { isConfig } of entries) if (isConfig) return true;
  return false;
}
