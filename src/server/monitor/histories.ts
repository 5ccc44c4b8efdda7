import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { BroadcastDirectory } from "../../broadcast/directory.ts";
import { type ConnectionTally, countViewers } from "../connection-tally.ts";
import type { BroadcastSample } from "../snapshots.ts";
import { BroadcastHistory } from "./broadcast-history.ts";

const SAMPLE_MS = 1000;
/** Ticks are half a second apart, and may be a little early. */
const SLACK_MS = 100;

type Followed = { readonly broadcast: Broadcast; readonly history: BroadcastHistory; isWaiting: boolean };

export type HistoriesOptions = {
  readonly directory: BroadcastDirectory;
  /** Asked once a second, while anything is published. */
  tally(): ConnectionTally;
  /** The publisher was lost, and did not come back within the grace time. */
  onGivenUp(broadcast: Broadcast): void;
};

/** What each broadcast did in the last minutes, kept while it is published or waits for its publisher. */
export class Histories {
  readonly #options: HistoriesOptions;
  readonly #followed = new Map<string, Followed>();
  #dueAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HistoriesOptions) {
    this.#options = options;
  }

  /** Call about twice a second. */
  tick(nowMs: number): void {
    if (nowMs < this.#dueAtMs - SLACK_MS) return;
    const isFarBehind = nowMs - this.#dueAtMs > SAMPLE_MS;
    this.#dueAtMs = (isFarBehind ? nowMs : this.#dueAtMs) + SAMPLE_MS;
    this.#forgetEnded();
    let tally: ConnectionTally | undefined;
    for (const broadcast of this.#options.directory) {
      if (broadcast.state === "idle") continue;
      tally ??= this.#options.tally();
      const followed = this.#follow(broadcast);
      followed.isWaiting = broadcast.state === "waiting";
      followed.history.sample(nowMs, broadcast.counters, countViewers(tally.viewersOf(broadcast.name)));
    }
  }

  /** `epochMs` is the time of day at 0 of the clock of the ticks. */
  list(name: string, epochMs: number): readonly BroadcastSample[] {
    return this.#followed.get(name)?.history.list(epochMs) ?? [];
  }

  #follow(broadcast: Broadcast): Followed {
    const known = this.#followed.get(broadcast.name);
    if (known?.broadcast === broadcast) return known;
    const followed = { broadcast, history: new BroadcastHistory(), isWaiting: false };
    this.#followed.set(broadcast.name, followed);
    return followed;
  }

  #forgetEnded(): void {
    for (const [name, { broadcast, isWaiting }] of this.#followed) {
      if (broadcast.state !== "idle") continue;
      this.#followed.delete(name);
      if (isWaiting) this.#options.onGivenUp(broadcast);
    }
  }
}
