import type { NewEvent } from "../server/event-log.ts";
import type { BroadcastSample, BroadcastSnapshot, ConnectionSnapshot, ServerSnapshot } from "../server/snapshots.ts";
import type { ListenerWay } from "../transport/ways-in.ts";

/** Where another process takes relays: the path of a socket in a folder that only this user can enter. */
export type LinkPath = string;

/** What one process of the pool does, about once a second: for statistics of the whole. */
export type WorkerReport = {
  readonly connections: number;
  readonly broadcasts: readonly BroadcastReport[];
  /** Seconds of processor time since its start, user and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** By how much timers came late since the last report, in milliseconds. */
  readonly loopDelayP99Ms: number;
};

/** A broadcast as one process has it: at home where its publisher is, elsewhere a mirror. */
export type BroadcastReport = {
  readonly name: string;
  readonly isHome: boolean;
  readonly state: "live" | "waiting" | "idle";
  /** Clients of this process; relays to others do not count. */
  readonly viewers: number;
  readonly receivedBytes: number;
  readonly receivedMessages: number;
};

/** How several processes take connections on one port: each listens by itself (`reusePort`), or by `node:cluster`. */
export type PortSharing = "reuse-port" | "cluster";

/** The first that a worker is told. */
export type WorkerStart = {
  readonly kind: "start";
  /** Counts from 1; who replaces a worker has its number. */
  readonly worker: number;
  /**
   * Where it takes relays, and beside it, in the same folder, what else others hand on to it. With `node:cluster` that
   * needs `exclusive: true`, or all workers would listen there.
   */
  readonly link: LinkPath;
  readonly sharing: PortSharing;
  /** The same random bytes for all workers, at least 32, as hex digits: what one gives to clients, another can check. */
  readonly secret: string;
  /**
   * One for each address that it listens on, in their order: instead of 0. Absent for the first worker, which starts alone:
   * it makes sure that no other program listens there, for `reusePort` would share the port with it, too.
   */
  readonly ports?: readonly number[];
  /** What the supervisor's program gives its workers. */
  readonly settings?: unknown;
};

/** Where a broadcast is published: undefined when nowhere. `worker` counts from 1. */
export type Home = { readonly worker: number; readonly link: LinkPath } | undefined;

/**
 * From a worker to the supervisor. Those with an `id` are answered by an `answer` with the same. The environment of a
 * worker has MILLRACE_WORKER with its number; INT, TERM and HUP are its supervisor's, and it leaves them alone, for a
 * terminal sends them to all. Without its supervisor (`disconnect`) it drains and ends.
 */
export type WorkerMessage =
  /** It listens, or could not. */
  | { readonly kind: "ready"; readonly listeners: readonly WorkerListener[]; readonly link: LinkPath }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "admit"; readonly id: number; readonly network: string }
  | { readonly kind: "left"; readonly network: string }
  | { readonly kind: "claim"; readonly id: number; readonly name: string; readonly publisher: string }
  /**
   * The worker's publication of that name is over, with its grace time, or it did not come to one after its claim. Not
   * after it has yielded it. `claim` is the id of the newest claim that it knows to be allowed: where the supervisor has
   * allowed another since, this says nothing about that.
   */
  | { readonly kind: "release"; readonly name: string; readonly claim: number }
  | { readonly kind: "watch"; readonly id: number; readonly name: string }
  | { readonly kind: "unwatch"; readonly name: string }
  /** The answer to a `yield`: without a refusal, it publishes that name no more; `claim` as above, if it did. */
  | { readonly kind: "yielded"; readonly id: number; readonly refusal?: string; readonly claim?: number }
  /** The answer to `reload`; with the reason if all stays as it was. */
  | { readonly kind: "reloaded"; readonly reason?: string }
  /** About once a second from its start on, while it drains, too: a worker without is taken for dead. */
  | { readonly kind: "report"; readonly report: WorkerReport }
  /** To an `inquiry`: a piece of the answer. */
  | { readonly kind: "found"; readonly id: number; readonly values: readonly unknown[]; readonly isLast: boolean }
  /** What people are told of, with what happened shortly before. */
  | { readonly kind: "events"; readonly events: readonly NewEvent[] }
  /** All is closed: it ends when the supervisor lets go of it (`disconnect`). */
  | { readonly kind: "stopped" };

export type WorkerListener = {
  readonly protocol: "rtmp";
  readonly host: string;
  readonly port: number;
  readonly accepts: readonly ListenerWay[];
};

/** What the supervisor asks of a worker for people; each is a call of the worker's `ServerMonitor`. */
export type Inquiry =
  | { readonly kind: "server" | "broadcasts" | "connections" }
  | { readonly kind: "broadcast" | "history"; readonly name: string }
  | { readonly kind: "kick"; readonly connection: string; readonly reason: string }
  | { readonly kind: "kick-publisher"; readonly name: string; readonly reason: string };

/** Of what an answer is a list. */
export type Found = {
  readonly server: ServerSnapshot;
  readonly broadcasts: BroadcastSnapshot;
  readonly connections: ConnectionSnapshot;
  readonly broadcast: BroadcastSnapshot;
  readonly history: BroadcastSample;
  readonly kick: boolean;
  readonly "kick-publisher": boolean;
};

/** From the supervisor to a worker. */
export type SupervisorMessage =
  | WorkerStart
  /** Allowed unless there is a refusal; for `watch`, `home` says where the broadcast is. */
  | { readonly kind: "answer"; readonly id: number; readonly refusal?: string; readonly home?: Home }
  /** A publisher in another worker wants the name that this one publishes: its rules decide. */
  | { readonly kind: "yield"; readonly id: number; readonly name: string; readonly publisher: string }
  /**
   * To those that watch: the broadcast is published there from now on, or nowhere. What a worker brings about itself (it
   * has become home, or has released the name) it is not told.
   */
  | { readonly kind: "home"; readonly name: string; readonly home?: Home }
  /** For people: answered in pieces. */
  | { readonly kind: "inquiry"; readonly id: number; readonly inquiry: Inquiry }
  | { readonly kind: "reload" }
  | { readonly kind: "drain" }
  | { readonly kind: "stop" };
