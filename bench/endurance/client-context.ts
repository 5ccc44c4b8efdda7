import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Pace } from "./pace.ts";
import { Season } from "./season.ts";

/** How often publishers look what is due. */
const TICK_MS = 20;
/** More of them say nothing new. */
const MAX_PROBLEMS = 100;

export type ClientCounters = {
  /** That have been opened so far. */
  connections: number;
  /** That publish or play now. */
  open: number;
  /** Sockets destroyed without a word. */
  cuts: number;
  /** Clients that sent or read nothing for a time. */
  stalls: number;
  /** Publishers whose name was taken. */
  refusals: number;
  /** Publishers and viewers that the server ended, as it should: silent, replaced, or too slow. */
  endedByServer: number;
  /** Calls and pings that were answered. */
  calls: number;
  /** Frames that were checked. */
  frames: number;
};

/** How late the clients' own timers are: where they stand still for seconds, that is not the server's fault. */
const DELAY_RESOLUTION_MS = 20;

/** What the clients of a process share. */
export class ClientContext {
  readonly port: number;
  readonly seed: number;
  readonly pace: Pace;
  readonly season: Season = new Season();
  readonly counters: ClientCounters = {
    connections: 0,
    open: 0,
    cuts: 0,
    stalls: 0,
    refusals: 0,
    endedByServer: 0,
    calls: 0,
    frames: 0,
  };
  readonly problems: string[] = [];
  readonly #onTick = new Set<(nowMs: number) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #loopDelay: ELDHistogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });

  constructor(port: number, seed: number, pace: Pace) {
    this.port = port;
    this.seed = seed;
    this.pace = pace;
    this.#loopDelay.enable();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      for (const take of this.#onTick) take(nowMs);
    }, TICK_MS);
  }

  /** The longest time so far in which the clients did nothing, though they had to. */
  get longestStandstillMs(): number {
    return Math.max(0, this.#loopDelay.max / 1e6 - DELAY_RESOLUTION_MS);
  }

  /** Calls often, until the function that it returns is called. */
  onTick(take: (nowMs: number) => void): () => void {
    this.#onTick.add(take);
    return () => this.#onTick.delete(take);
  }

  /** What fails is a problem, and undefined. */
  async attempt<Value>(who: string, act: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await act();
    } catch (error) {
      this.problem(`${who}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  problem(text: string): void {
    if (this.problems.length >= MAX_PROBLEMS) return;
    this.problems.push(text);
    process.stderr.write(`${text}\n`);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#loopDelay.disable();
  }
}
