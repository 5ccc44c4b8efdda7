type Sent = { readonly bytes: number; readonly atMs: number };

/** Closer together than this they tell nothing more. */
const MIN_STEP_MS = 50;
/** When there are more, every second one is forgotten, and the step is twice as long. */
const MAX_MARKS = 1024;

/** How long ago the server was where it is now: when the bytes that it has acknowledged had just been sent. */
export class AcknowledgementLag {
  readonly #windowBytes: number;
  /** The oldest first. */
  #marks: Sent[] = [];
  #stepMs = MIN_STEP_MS;

  /** Servers acknowledge about once a window: what is less behind than that counts as no lag. */
  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  /** So many bytes have been sent altogether, and the last of them are not acknowledged. */
  sent(bytesSent: number, unacknowledgedBytes: number | undefined, nowMs: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && nowMs - last.atMs < this.#stepMs) return;
    this.#marks.push({ bytes: bytesSent, atMs: nowMs });
    if (this.#marks.length > MAX_MARKS) this.#forget(bytesSent - (unacknowledgedBytes ?? bytesSent));
  }

  /** Of these bytes, so many are not acknowledged; undefined as long as nothing was. */
  lagMs(bytesSent: number, unacknowledgedBytes: number | undefined, nowMs: number): number | undefined {
    if (unacknowledgedBytes === undefined) return undefined;
    if (unacknowledgedBytes <= this.#windowBytes) return 0;
    const acknowledged = bytesSent - unacknowledgedBytes;
    const oldest = this.#marks.findLast(({ bytes }) => bytes <= acknowledged) ?? this.#marks[0];
    return oldest === undefined ? 0 : nowMs - oldest.atMs;
  }

  /** What has been acknowledged; and where that is not enough, every second mark. */
  #forget(acknowledgedBytes: number): void {
    const firstNeeded = this.#marks.findLastIndex(({ bytes }) => bytes <= acknowledgedBytes);
    this.#marks = this.#marks.slice(Math.max(0, firstNeeded));
    if (this.#marks.length <= MAX_MARKS / 2) {
      this.#stepMs = MIN_STEP_MS;
      return;
    }
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#stepMs *= 2;
  }
}
