import { frameNumbers, frameOf, profileOf } from "./frames.ts";

type ReceivedMessage = {
  readonly kind: "audio" | "video" | "data";
  readonly payload: Uint8Array;
  readonly isConfig: boolean;
};

/** What a viewer saw of one publication. */
export type SeenSession = {
  readonly session: number;
  readonly firstSequence: number;
  lastSequence: number;
  /** The viewer was still there when the next one began, or the end was told. */
  isOver: boolean;
};

/**
 * Checks what one viewer gets: every frame bit for bit what was published, none twice, none out of order; and of a viewer
 * that reads all the time, from a keyframe on all of them.
 */
export class Continuity {
  readonly sessions: SeenSession[] = [];
  readonly #isGapless: boolean;
  readonly #report: (problem: string) => void;

  constructor(isGapless: boolean, report: (problem: string) => void) {
    this.#isGapless = isGapless;
    this.#report = report;
  }

  receive({ kind, payload, isConfig }: ReceivedMessage): void {
    if (kind === "data" || isConfig) return;
    const numbers = frameNumbers(kind, payload);
    if (numbers === undefined) return this.#report(`${payload.length} bytes of ${kind} that nobody sent`);
    const { session, sequence } = numbers;
    const sent = frameOf(session, sequence);
    if (sent.kind !== kind || Buffer.compare(sent.payload, payload) !== 0) {
      return this.#report(`frame ${sequence} of publication ${session} is not what was sent`);
    }
    const current = this.sessions.at(-1);
    if (current?.session === session) this.#continue(current, sequence);
    else this.#begin(current, session, sequence);
  }

  /** The viewer was told that the publisher is gone. */
  unpublished(): void {
    const current = this.sessions.at(-1);
    if (current !== undefined) current.isOver = true;
  }

  #begin(previous: SeenSession | undefined, session: number, sequence: number): void {
    if (previous !== undefined) previous.isOver = true;
    if (this.sessions.some((seen) => seen.session === session)) {
      this.#report(`publication ${session} comes again behind another one`);
    }
    if (this.#isGapless) {
      const isFirst = previous === undefined;
      const isPossible = isFirst ? sequence % profileOf(session).messagesPerGop === 0 : sequence === 0;
      if (!isPossible) this.#report(`publication ${session} begins with frame ${sequence}`);
    }
    this.sessions.push({ session, firstSequence: sequence, lastSequence: sequence, isOver: false });
  }

  #continue(current: SeenSession, sequence: number): void {
    const { session, lastSequence, isOver } = current;
    const isNext = this.#isGapless ? sequence === lastSequence + 1 : sequence > lastSequence;
    if (!isNext) this.#report(`publication ${session}: frame ${sequence} comes behind ${lastSequence}`);
    if (isOver) this.#report(`publication ${session}: frame ${sequence} comes behind its end`);
    current.lastSequence = sequence;
  }
}
