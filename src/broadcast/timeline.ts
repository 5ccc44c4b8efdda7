import type { MediaMessage } from "../formats/flv/media-message.ts";

/** What was put right, for the log and the operator. */
export type TimelineCounters = {
  /** Small steps back, held at the last value. */
  steps: number;
  /** Jumps back or far ahead, closed by an offset. */
  jumps: number;
  /** Clocks that counted only 24 or 31 bits and started again at 0. */
  wraps: number;
};

export type TimelineOptions = {
  /** A step back shorter than this is held; a longer one is a jump. @default 1000 */
  readonly maxStepMs: number;
  /** A message this much further ahead of all others than twice the time that passed is a jump. @default 10_000 */
  readonly maxGapMs: number;
};

type Track = {
  readonly key: number;
  /** Last value on the wire, 32 bits. */
  lastWire: number;
  /** The same, counted on without wrapping. */
  lastUnwrapped: number;
  /** Added to get the broadcast's time. */
  offset: number;
  /** Last value on the broadcast's timeline. */
  last: number;
  lastAtMs: number;
  /** Usual distance of two messages, to close a jump with. */
  usualDelta: number;
};

/**
 * Where some publishers begin again at 0 although RTMP counts 32 bits: after 4 h 39 min, and FFmpeg, which writes FLV's
 * timestamp without its sign, after 24.8 days: docs/interop.md.
 */
const EARLY_WRAPS = [2 ** 24, 2 ** 31];

/**
 * Turns the timestamps of one publisher after another into one timeline that never steps back within a track.
 * Audio, video and data are judged each for itself, since encoders do not interleave them in order; a jump that two
 * tracks make together gets the same offset, so that they stay in step.
 */
export class Timeline {
  readonly counters: TimelineCounters = { steps: 0, jumps: 0, wraps: 0 };
  readonly #maxStepMs: number;
  readonly #maxGapMs: number;
  /** Nearly always two, so that looking through them is quicker than a map. */
  readonly #tracks: Track[] = [];
  /** Of tracks that have had no frame yet: the time of their newest configuration. */
  readonly #configTimes = new Map<number, number>();
  /** Where the publication's first frame goes; undefined for the first publication, which keeps its own times. */
  #start: number | undefined;
  #publicationOffset: number | undefined;
  #newest: number | undefined;
  #newestAtMs = 0;
  #lastJumpOffset: number | undefined;
  #lastData: number | undefined;
  /** Of times that another timeline has given out; undefined before the first frame. */
  #given: { wire: number; unwrapped: number; readonly offset: number } | undefined;
  #isGiven = false;

  constructor(options?: Partial<TimelineOptions>) {
    this.#maxStepMs = options?.maxStepMs ?? 1000;
    this.#maxGapMs = options?.maxGapMs ?? 10_000;
  }

  /** The newest time given out; undefined before the first frame. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /**
   * A new publisher takes over: its first frame follows the last one by the time that passed, at most `maxPauseMs`. Where
   * another timeline has given its times out (`isGiven`), they are in order, and stay as far apart as they are.
   */
  startPublication(nowMs: number, maxPauseMs: number, isGiven = false): void {
    this.#given = undefined;
    this.#isGiven = isGiven;
    this.#tracks.length = 0;
    this.#configTimes.clear();
    this.#publicationOffset = undefined;
    this.#lastJumpOffset = undefined;
    if (this.#newest === undefined) return;
    this.#start = this.#newest + Math.min(Math.max(Math.round(nowMs - this.#newestAtMs), 1), maxPauseMs);
  }

  /** The message's time in milliseconds on the broadcast's timeline: counts on without wrapping. */
  timestampOf(message: MediaMessage, nowMs: number): number {
    const isBeside = message.isConfig || message.kind === "data";
    const timestamp = this.#isGiven
      ? this.#givenTime(message, isBeside)
      : isBeside
        ? this.#besideTracks(message)
        : this.#onTrack(message, nowMs);
    const hasFrames = this.#tracks.length > 0 || this.#given !== undefined;
    if (hasFrames && (this.#newest === undefined || timestamp >= this.#newest)) {
      this.#newest = timestamp;
      this.#newestAtMs = nowMs;
    }
    return timestamp;
  }

  /** One offset for all; what newcomers get before the first frame has other times. */
  #givenTime({ timestamp: wire }: MediaMessage, isBeside: boolean): number {
    const start = this.#start;
    if (this.#given === undefined && isBeside) return start ?? wire;
    this.#given ??= { wire, unwrapped: wire, offset: start === undefined ? 0 : start - wire };
    const given = this.#given;
    given.unwrapped += signed32(wire - given.wire);
    given.wire = wire;
    return Math.max(given.unwrapped + given.offset, start ?? 0);
  }

  /** Configurations and data often carry 0: they count with the media around them, and never set the base. */
  #besideTracks(message: MediaMessage): number {
    const key = trackKey(message);
    const own = this.#trackOf(key);
    const track = own ?? this.#tracks[0];
    if (track === undefined) return this.#start ?? message.timestamp;
    const unwrapped = track.lastUnwrapped + signed32(message.timestamp - track.lastWire);
    const timestamp = unwrapped + track.offset;
    // The frames behind a configuration must not go back before it, so it is ahead by a step at most.
    const maxAheadMs = message.kind === "data" ? this.#maxGapMs : this.#maxStepMs;
    const isNear = timestamp >= track.last - this.#maxStepMs && timestamp <= track.last + maxAheadMs;
    const kept = isNear ? timestamp : track.last;
    if (message.kind !== "data" && own === undefined) return this.#beforeTrack(key, kept);
    if (message.kind !== "data") {
      track.last = Math.max(kept, track.last);
      return track.last;
    }
    this.#lastData = Math.max(kept, this.#lastData ?? kept, this.#start ?? kept);
    return this.#lastData;
  }

  /** A configuration before the first frame of its track, which may be a little older than the newest of another. */
  #beforeTrack(key: number, near: number): number {
    const timestamp = Math.max(near, this.#configTimes.get(key) ?? this.#start ?? near);
    this.#configTimes.set(key, timestamp);
    return timestamp;
  }

  #onTrack(message: MediaMessage, nowMs: number): number {
    const key = trackKey(message);
    const track = this.#trackOf(key);
    if (track === undefined) return this.#firstOfTrack(key, message.timestamp, nowMs);
    const delta = signed32(message.timestamp - track.lastWire);
    const elapsed = nowMs - track.lastAtMs;
    track.lastWire = message.timestamp;
    track.lastUnwrapped += delta;
    track.lastAtMs = nowMs;
    let timestamp = track.lastUnwrapped + track.offset;
    // Where another track has come as far, a gap in this one is no jump: publishers may be faster than real time.
    const ahead = timestamp - Math.max(track.last, this.#newest ?? track.last);
    if (timestamp < track.last || ahead > this.#maxGapMs + 2 * elapsed) timestamp = this.#mend(track, timestamp, delta);
    else if (delta > 0 && delta < 1000) track.usualDelta = delta;
    track.last = timestamp;
    return timestamp;
  }

  #trackOf(key: number): Track | undefined {
    for (const track of this.#tracks) if (track.key === key) return track;
    return undefined;
  }

  #firstOfTrack(key: number, wire: number, nowMs: number): number {
    this.#publicationOffset ??= this.#start === undefined ? 0 : this.#start - wire;
    const first = this.#tracks[0];
    // A later track is unwrapped beside the first, so that both wrap together.
    const unwrapped = first === undefined ? wire : first.lastUnwrapped + signed32(wire - first.lastWire);
    let offset = this.#publicationOffset;
    if (first !== undefined) offset = first.offset + this.#wrapBetween(unwrapped + first.offset, first.last);
    const isFar = first !== undefined && Math.abs(unwrapped + offset - first.last) > this.#maxGapMs;
    if (isFar && this.#start !== undefined) {
      offset = first.last - unwrapped;
      this.counters.jumps++;
    }
    const earliest = this.#configTimes.get(key) ?? this.#start ?? unwrapped + offset;
    const timestamp = Math.max(unwrapped + offset, earliest);
    const track = {
      key,
      lastWire: wire,
      lastUnwrapped: unwrapped,
      offset,
      last: timestamp,
      lastAtMs: nowMs,
      usualDelta: 20,
    };
    this.#tracks.push(track);
    return timestamp;
  }

  #mend(track: Track, timestamp: number, delta: number): number {
    const wrap = this.#wrapBetween(delta, 0);
    if (wrap > 0) {
      this.counters.wraps++;
      track.offset += wrap;
      return Math.max(track.lastUnwrapped + track.offset, track.last);
    }
    if (delta > 0 && timestamp >= track.last) return this.#jump(track, timestamp);
    if (track.last - timestamp > this.#maxStepMs) return this.#jump(track, timestamp);
    this.counters.steps++;
    return track.last;
  }

  /** What an early wrap that lies between two times takes from the first: 0 if there is none. */
  #wrapBetween(timestamp: number, near: number): number {
    const distance = near - timestamp;
    const wrap = EARLY_WRAPS.find((modulus) => Math.abs(Math.abs(distance) - modulus) <= this.#maxGapMs) ?? 0;
    return Math.sign(distance) * wrap;
  }

  /** Closes a jump: with the offset of the other track's jump where both made the same one, otherwise by the usual distance. */
  #jump(track: Track, timestamp: number): number {
    this.counters.jumps++;
    const shared = this.#lastJumpOffset;
    if (shared !== undefined && shared !== track.offset) {
      const candidate = track.lastUnwrapped + shared;
      if (Math.abs(candidate - track.last) <= this.#maxStepMs) {
        track.offset = shared;
        return Math.max(candidate, track.last);
      }
    }
    const closed = track.last + track.usualDelta;
    track.offset += closed - timestamp;
    this.#lastJumpOffset = track.offset;
    return closed;
  }
}

function trackKey({ kind, trackId }: MediaMessage): number {
  return kind === "audio" ? AUDIO_KEYS + trackId : trackId;
}

/** Audio tracks count from here, video tracks from 0: a track id has 8 bits. */
const AUDIO_KEYS = 256;

/** The shorter way round from one 32-bit time to another. */
function signed32(difference: number): number {
  return difference | 0;
}
