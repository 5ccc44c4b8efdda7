import type { BroadcastReport, WorkerReport } from "./messages.ts";

/** What a server in several processes does, as its workers reported it within the last second or two. */
export type WorkerPoolStatistics = {
  /** Of clients, in all workers. */
  readonly connections: number;
  readonly broadcasts: readonly PoolBroadcast[];
  /** Seconds of processor time since the start: of all workers, also of those that died, and of the supervisor. */
  readonly cpuSeconds: number;
  /** Memory of all workers and of the supervisor. What they share counts in each. */
  readonly residentBytes: number;
  readonly workers: readonly WorkerStatistics[];
};

/** A broadcast, taken together from all workers. */
export type PoolBroadcast = {
  readonly name: string;
  /** The worker that its publisher is connected to; undefined when nobody publishes it. */
  readonly home: number | undefined;
  readonly state: BroadcastReport["state"];
  /** Clients that watch it, in all workers. */
  readonly viewers: number;
  /** From its publisher. */
  readonly receivedBytes: number;
  readonly receivedMessages: number;
};

export type WorkerStatistics = {
  /** Counts from 1; who replaces a worker has its number. */
  readonly worker: number;
  /** Undefined while none is there. */
  readonly processId: number | undefined;
  /** Whether it takes connections. */
  readonly isReady: boolean;
  /** How often it was replaced. */
  readonly restarts: number;
  readonly connections: number;
  /** Seconds of processor time, of all processes that had this number. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly loopDelayP99Ms: number;
};

/** Puts broadcasts together by their names. `homeOf` knows best where they are published. */
export function mergeBroadcasts(
  reports: ReadonlyMap<number, WorkerReport>,
  homeOf: (name: string) => number | undefined,
): PoolBroadcast[] {
  const byName = new Map<string, Map<number, BroadcastReport>>();
  for (const [worker, { broadcasts }] of reports) {
    for (const broadcast of broadcasts) {
      const ofName = byName.get(broadcast.name) ?? new Map<number, BroadcastReport>();
      byName.set(broadcast.name, ofName.set(worker, broadcast));
    }
  }
  return Array.from(byName, ([name, ofName]) => mergeOne(name, homeOf(name), ofName));
}

function mergeOne(name: string, home: number | undefined, ofName: ReadonlyMap<number, BroadcastReport>): PoolBroadcast {
  const atHome = home === undefined ? undefined : ofName.get(home);
  let viewers = 0;
  for (const report of ofName.values()) viewers += report.viewers;
  const { state = "idle", receivedBytes = 0, receivedMessages = 0 } = atHome ?? {};
  return { name, home, state, viewers, receivedBytes, receivedMessages };
}
