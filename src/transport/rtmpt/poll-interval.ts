/** The first byte of an answer: how long a client waits before its next idle request, in about 1/64 s. */
const STEPS = [0x01, 0x03, 0x05, 0x09, 0x11, 0x21] as const;

/** The first byte of the last answer: the session is over. */
export const SESSION_OVER = 0x00;

/** Lets clients ask less and less often while there is nothing for them, down to about twice a second. */
export class PollInterval {
  #step = 0;

  /** For an answer with data, or to a client that sends: more is to be expected. */
  afterActivity(): number {
    this.#step = 0;
    return STEPS[0];
  }

  /** For an idle request that got nothing. */
  afterSilence(): number {
    this.#step = Math.min(this.#step + 1, STEPS.length - 1);
    return STEPS[this.#step] ?? STEPS[0];
  }
}
