import { type Log, silentLog } from "../server/log.ts";
import type { ListenerInfo } from "../server/media-server.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PUBLISH_OPTIONS,
  type ServerLimits,
  type ServerPublishOptions,
} from "../server/options.ts";
import type { ServerMonitor } from "../server/snapshots.ts";
import type { PortSharing } from "./messages.ts";
import type { WorkerPoolStatistics } from "./pool-statistics.ts";
import { Supervisor } from "./supervisor.ts";
import { workerCountOf } from "./worker-count.ts";

/** Limits that are one for all workers. The others hold for each connection, and the workers have them. */
export type WorkerPoolLimits = Pick<ServerLimits, "maxConnections" | "maxConnectionsPerAddress" | "maxBroadcasts">;

export type WorkerPoolOptions = {
  /** The file that each worker runs; it calls `joinWorkerPool`. */
  readonly program: URL;
  /** How many; `auto`: one for each core that this process may use. @default "auto" */
  readonly workers?: number | "auto";
  /** Of the command line of each. */
  readonly args?: readonly string[];
  /** More of the environment of each. */
  readonly env?: Readonly<Record<string, string>>;
  /** What each finds in `membership.settings`, as JSON has it: whoever replaces a worker gets the same. */
  readonly settings?: unknown;
  readonly limits?: Partial<WorkerPoolLimits>;
  /** As the workers have it: how long one may take to find out whether its publisher still lives. */
  readonly publish?: Partial<Pick<ServerPublishOptions, "staleAfterMs">>;
  /** How workers take connections on one port. @default "reuse-port" on Linux, "cluster" elsewhere */
  readonly sharing?: PortSharing;
  /** Of the supervisor; workers have their own. @default nothing is written */
  readonly log?: Log;
};

/** A server in several processes, each of which takes connections on the same ports. A crash takes one of them. */
export type WorkerPool = {
  /** Starts the first worker, then the others; once. Rejects with the reason when the first cannot start. */
  start(): Promise<void>;
  readonly listeners: readonly ListenerInfo[];
  /** What all do, for people: each worker is asked. Ids of connections are `worker-id`. */
  readonly monitor: ServerMonitor;
  /** What all did until about a second ago. */
  statistics(): WorkerPoolStatistics;
  /** `reload` of every server. Rejects when one could not: all others did. */
  reload(): Promise<void>;
  /** `drain` of every server. Resolves when all processes have ended. */
  drain(): Promise<void>;
  /** Ends every server at once, and all processes. */
  stop(): Promise<void>;
  /** Kills all processes. */
  kill(): void;
};

/** Beside `staleAfterMs`: a worker that is busy answers late. */
const YIELD_MARGIN_MS = 5_000;

/** The supervisor of a server in several processes, which carries no media itself. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { program, args = [], env = {}, settings, sharing, log = silentLog } = options;
  const workers = workerCountOf(options.workers ?? "auto");
  if (!(Number.isSafeInteger(workers) && workers >= 1)) {
    throw new RangeError(`workers is ${workers}, but must be a whole number from 1 on, or "auto"`);
  }
  const { staleAfterMs } = { ...DEFAULT_PUBLISH_OPTIONS, ...options.publish };
  return new Supervisor({
    program: { program, args, env },
    workers,
    limits: { ...DEFAULT_LIMITS, ...options.limits, yieldMs: staleAfterMs + YIELD_MARGIN_MS },
    settings,
    sharing,
    log,
    clock: {
      nowMs: () => performance.now(),
      timeOfDayMs: Date.now,
      every(intervalMs, tick) {
        const timer = setInterval(tick, intervalMs);
        return () => clearInterval(timer);
      },
    },
  });
}
