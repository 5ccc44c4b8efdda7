/** Whoever reads again when its time has come. */
export type Reader = { readOn(): void };

/** Readers are spread over so many parts of a round, so that they are not all read in one go. */
const PARTS = 10;

/** Puts off reading, for all connections of a server by one timer, which runs only while somebody waits. */
export class ReadRounds {
  readonly roundMs: number;
  #waiting: Reader[][] = Array.from({ length: PARTS }, () => []);
  #timer: NodeJS.Timeout | undefined;

  constructor(roundMs: number) {
    this.roundMs = roundMs;
  }

  /** `readOn` is called once, a round from now. */
  wait(reader: Reader): void {
    this.#waiting.at(-1)?.push(reader);
    this.#timer ??= setTimeout(this.#onTime, this.roundMs / PARTS).unref();
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    const [due = [], ...others] = this.#waiting;
    this.#waiting = [...others, []];
    if (others.some((part) => part.length > 0)) this.#timer = setTimeout(this.#onTime, this.roundMs / PARTS).unref();
    for (const reader of due) reader.readOn();
  };
}
