/** What one flush of a broadcast carries at 2.6 Mbit/s: a video frame, and the audio since the one before. */
const FLUSHES_PER_SECOND = 30;
const VIDEO_MESSAGE_BYTES = 10_012;
const AUDIO_MESSAGE_BYTES = 382;
const AUDIO_MESSAGES_PER_SECOND = 43;

export const MESSAGES_PER_SECOND: number = FLUSHES_PER_SECOND + AUDIO_MESSAGES_PER_SECOND;
export const BYTES_PER_SECOND: number =
  FLUSHES_PER_SECOND * VIDEO_MESSAGE_BYTES + AUDIO_MESSAGES_PER_SECOND * AUDIO_MESSAGE_BYTES;

/** In front of each flush: when it was sent, its length with this, the broadcast, and how many messages it has. */
export const FLUSH_HEADER_BYTES = 16;
export const LENGTH_AT = 8;
const BROADCAST_AT = 12;
const MESSAGES_AT = 14;
const MAX_FLUSH_BYTES = FLUSH_HEADER_BYTES + VIDEO_MESSAGE_BYTES + 2 * AUDIO_MESSAGE_BYTES;

/** Takes what is due of all broadcasts, and is told when that was all for now. */
export type FlushTaker = {
  /** The bytes may change as soon as the call is over. */
  carry(flush: Uint8Array, broadcast: number): void;
  endTurn(): void;
};

/** Of the whole machine: the same in every process and thread. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function sentAtMsOf(view: DataView, at: number): number {
  return view.getFloat64(at);
}

export function messagesOf(view: DataView, at: number): number {
  return view.getUint16(at + MESSAGES_AT);
}

/** Gives the flushes of many broadcasts when they are due, evenly spread over time, until it is stopped. */
export class LinkLoad {
  readonly #broadcasts: number;
  readonly #taker: FlushTaker;
  readonly #bytes = new Uint8Array(MAX_FLUSH_BYTES).fill(0x5a);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #startedAtMs = performance.now();
  #flushes = 0;
  #messages = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(broadcasts: number, taker: FlushTaker) {
    this.#broadcasts = broadcasts;
    this.#taker = taker;
  }

  get messages(): number {
    return this.#messages;
  }

  readonly run = (): void => {
    const perMs = (this.#broadcasts * FLUSHES_PER_SECOND) / 1000;
    const due = Math.floor((performance.now() - this.#startedAtMs) * perMs);
    for (; this.#flushes < due; this.#flushes++) this.#carryNext();
    this.#taker.endTurn();
    const nextAtMs = this.#startedAtMs + (due + 1) / perMs;
    this.#timer = setTimeout(this.run, Math.max(1, nextAtMs - performance.now()));
  };

  stop(): void {
    clearTimeout(this.#timer);
  }

  #carryNext(): void {
    const round = Math.floor(this.#flushes / this.#broadcasts);
    const broadcast = this.#flushes % this.#broadcasts;
    const audioMessages = audioMessagesBefore(round + 1) - audioMessagesBefore(round);
    const length = FLUSH_HEADER_BYTES + VIDEO_MESSAGE_BYTES + audioMessages * AUDIO_MESSAGE_BYTES;
    this.#view.setFloat64(0, clockMs());
    this.#view.setUint32(LENGTH_AT, length);
    this.#view.setUint16(BROADCAST_AT, broadcast);
    this.#view.setUint16(MESSAGES_AT, 1 + audioMessages);
    this.#messages += 1 + audioMessages;
    this.#taker.carry(this.#bytes.subarray(0, length), broadcast);
  }
}

function audioMessagesBefore(flush: number): number {
  return Math.floor((flush * AUDIO_MESSAGES_PER_SECOND) / FLUSHES_PER_SECOND);
}
