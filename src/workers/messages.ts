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

/** Where a broadcast is published: undefined when nowhere. `worker` counts from 1. */
export type Home = { readonly worker: number; readonly link: LinkPath } | undefined;

/** From a worker to the supervisor. Those with an `id` are answered by an `answer` with the same. */
export type WorkerMessage =
  /** It listens, or could not. */
  | { readonly kind: "ready"; readonly listeners: readonly WorkerListener[]; readonly link: LinkPath }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "admit"; readonly id: number; readonly network: string }
  | { readonly kind: "left"; readonly network: string }
  | { readonly kind: "claim"; readonly id: number; readonly name: string; readonly publisher: string }
  /** The worker's publication of that name is over, with its grace time. */
  | { readonly kind: "release"; readonly name: string }
  | { readonly kind: "watch"; readonly id: number; readonly name: string }
  | { readonly kind: "unwatch"; readonly name: string }
  /** The answer to a `yield`. */
  | { readonly kind: "yielded"; readonly id: number; readonly refusal?: string }
  | { readonly kind: "report"; readonly report: WorkerReport }
  /** All is closed: it may end. */
  | { readonly kind: "stopped" };

export type WorkerListener = {
  readonly protocol: "rtmp";
  readonly host: string;
  readonly port: number;
  readonly accepts: readonly string[];
};

/** From the supervisor to a worker. */
export type SupervisorMessage =
  /** Allowed unless there is a refusal; for `watch`, `home` says where the broadcast is. */
  | { readonly kind: "answer"; readonly id: number; readonly refusal?: string; readonly home?: Home }
  /** A publisher in another worker wants the name that this one publishes: its rules decide. */
  | { readonly kind: "yield"; readonly id: number; readonly name: string; readonly publisher: string }
  /** To those that watch: the broadcast is published there from now on, or nowhere. */
  | { readonly kind: "home"; readonly name: string; readonly home?: Home }
  | { readonly kind: "reload" }
  | { readonly kind: "drain" }
  | { readonly kind: "stop" };
