import type { BroadcastDirectory } from "../broadcast/directory.ts";
import type { HttpRoute } from "../transport/http-route.ts";
import type { Decision } from "./hooks.ts";
import type { Log } from "./log.ts";
import type { ServerLimits, ServerTimeouts } from "./options.ts";

/**
 * The other processes of a server that runs in several, as one of them sees them: names and limits are one for all. A
 * server without it is alone. Whatever a promise waits for, only the connection that asks is held up.
 */
export type ServerPool = {
  /** Requests of tunnels that are in other processes: hands them on. */
  readonly tunnelsElsewhere: HttpRoute;
  /** Requests of HLS sessions that began in other processes: hands them on. */
  readonly hlsElsewhere: HttpRoute;
  /** Takes from the other processes what is for this one. Before the server listens. */
  open(): Promise<void>;
  /** Whether one more connection of that network is within the limits of the whole server. */
  admit(network: string): Promise<Decision>;
  /** An admitted connection has ended. */
  left(network: string): void;
  /**
   * Somebody wants to publish `broadcastName` here. Allowed once no publisher in another process stands in the way, by the
   * rules for busy names; `publisher` describes the new one in their logs. Undefined: allowed, and nothing to wait for.
   */
  claim(broadcastName: string, publisher: string): Promise<Decision> | undefined;
  /**
   * Somebody wants to watch `broadcastName` here. Resolves when the broadcast of this process gets what a publisher in
   * another process sends, or nobody publishes it yet. Undefined: nothing to wait for.
   */
  watch(broadcastName: string): Promise<void> | undefined;
  /** About twice a second: lets go of names that are neither published nor watched here any more. */
  tick(nowMs: number): void;
  /** Ends what goes to and comes from other processes. */
  close(): void;
};

/** What a pool needs of a server that enters it. */
export type PoolParts = {
  readonly directory: BroadcastDirectory;
  readonly limits: ServerLimits;
  readonly timeouts: ServerTimeouts;
  readonly chunkSize: number;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** The tunnels and HLS sessions that are here: other processes hand requests on to them. */
  readonly tunnels: HttpRoute;
};

/** Makes a server one of several processes: by `joinWorkerPool`. */
export type PoolEntrance = {
  /** Which of the processes this is: ids of its tunnels end with it. */
  readonly worker: number;
  /** The same for all of them: what one gives to a client, another can check. */
  readonly secret: Uint8Array;
  readonly listening: SharedListening;
  /** Called once, by the server that is made with it. */
  enter(parts: PoolParts): ServerPool;
};

/** How a process listens on ports that others listen on, too. */
export type SharedListening = {
  /** Each process listens by itself, and the system spreads connections. */
  readonly reusesPorts: boolean;
  /** The ports of the addresses in their order: others listen there already. Absent: this is the first to listen. */
  readonly ports?: readonly number[];
};
