import type { ByteStream } from "../../transport/byte-stream.ts";
import type { Reader, ReadRounds } from "./read-rounds.ts";

/** So long a publisher is measured before it is judged, and again and again. */
const MEASURE_MS = 2000;
/** The most that may come in a round: less than what the kernel keeps for a connection that is not read. */
const MAX_ROUND_BYTES = 48 * 1024;
/** A read of so much may not have taken all there was. */
const LONG_READ_BYTES = 16 * 1024;

export type UnwatchedReadingPort = {
  readonly stream: ByteStream;
  /** Somebody gets what the connection publishes, and is not to wait. */
  readonly isWatched: boolean;
  /** Nothing is read for another reason; whoever has that reads on when it is over. */
  readonly isHeldUp: boolean;
};

/**
 * Reads a publisher that nobody watches once in a round instead of as each message comes: to be woken for many small reads
 * is most of what it costs. One that sends more than the kernel would keep for it in a round is read as it sends.
 */
export class UnwatchedReading implements Reader {
  readonly #port: UnwatchedReadingPort;
  readonly #rounds: ReadRounds;
  #measuredSinceMs: number;
  #measuredBytes = 0;
  #isCalm = false;
  #isPaused = false;

  constructor(port: UnwatchedReadingPort, rounds: ReadRounds, nowMs: number) {
    this.#port = port;
    this.#rounds = rounds;
    this.#measuredSinceMs = nowMs;
  }

  /** To be told of each read that was worked through. */
  hasRead(byteLength: number, nowMs: number): void {
    this.#measure(byteLength, nowMs);
    const mayWait = this.#isCalm && byteLength < LONG_READ_BYTES && !this.#isPaused;
    const { stream, isWatched, isHeldUp } = this.#port;
    if (!mayWait || isWatched || isHeldUp) return;
    this.#isPaused = true;
    stream.pause();
    this.#rounds.wait(this);
  }

  /** The round is over, or somebody has come who is not to wait for that. */
  readOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#port.isHeldUp) this.#port.stream.resume();
  }

  #measure(byteLength: number, nowMs: number): void {
    this.#measuredBytes += byteLength;
    const measuredMs = nowMs - this.#measuredSinceMs;
    if (measuredMs < MEASURE_MS) return;
    this.#isCalm = (this.#measuredBytes / measuredMs) * this.#rounds.roundMs <= MAX_ROUND_BYTES;
    this.#measuredSinceMs = nowMs;
    this.#measuredBytes = 0;
  }
}
