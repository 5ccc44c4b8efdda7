import type { Log } from "../server/log.ts";
import type { ServerMonitor } from "../server/snapshots.ts";
import type { HttpRoute } from "../transport/http-route.ts";

/** Where the API listens. */
export type ApiAddress = {
  /** An address or a name of this machine; on anything but loopback a token is needed. */
  readonly host: string;
  /** 0 = a free one that the system chooses. */
  readonly port: number;
};

export type ApiServerOptions = {
  /** The server that is looked after: `server.monitor`. */
  readonly monitor: ServerMonitor;
  /** @default 127.0.0.1:8081, or the next port that is free */
  readonly listen?: ApiAddress;
  /**
   * What whoever looks after the server must know: at least 16 characters. Without one, everybody on this machine may do
   * everything, and the API listens on loopback only.
   */
  readonly token?: string;
  /** Names, beside `localhost` and addresses of loopback, under which browsers may ask where there is no token. @default none */
  readonly allowedHosts?: readonly string[];
  /** A built dashboard, with its `index.html`. @default the one of this package */
  readonly dashboardFolder?: string;
  /** Plays broadcasts to the dashboard, under `/media/`: its requests are an operator's. @default nothing plays there */
  readonly media?: HttpRoute;
  /**
   * The same where another process of this machine plays them: its listener for HTTP, asked for at each request. Hooks of
   * the application see the dashboard as a viewer then.
   */
  mediaAddress?(): ApiAddress | undefined;
  /** The newest keyframe of a broadcast as an MP4 file; undefined where there is none. @default there are no pictures */
  picture?(broadcast: string): Promise<Uint8Array | undefined>;
  /** Whether clients can come: what `/readyz` says. @default always */
  isReady?(): boolean;
  /** How many broadcasts have metrics of their own; the others are one, `other`. @default 0 */
  readonly maxBroadcastMetrics?: number;
  readonly limits?: Partial<ApiLimits>;
  /** @default nothing is written */
  readonly log?: Log;
};

/** What clients of the API can make it hold or do. */
export type ApiLimits = {
  /** Sockets at a time. @default 512 */
  readonly maxConnections: number;
  /** Listeners of `/api/v1/stream` at a time. @default 64 */
  readonly maxEventStreams: number;
  /** What may wait for a listener that does not read. @default 1 MiB */
  readonly maxUnsentBytes: number;
  /** The longest body of a request. @default 16 KiB */
  readonly maxBodyBytes: number;
  /** Browsers that are signed in at a time: a further one ends the oldest. @default 256 */
  readonly maxSessions: number;
  /** How long a browser stays signed in. @default 12 hours */
  readonly sessionMs: number;
  /** For one request to arrive whole. @default 10_000 */
  readonly requestMs: number;
  /** For a connection on which nothing happens. @default 60_000 */
  readonly idleMs: number;
};

export const DEFAULT_API_LIMITS: ApiLimits = {
  maxConnections: 512,
  maxEventStreams: 64,
  maxUnsentBytes: 2 ** 20,
  maxBodyBytes: 16 * 1024,
  maxSessions: 256,
  sessionMs: 12 * 60 * 60 * 1000,
  requestMs: 10_000,
  idleMs: 60_000,
};
