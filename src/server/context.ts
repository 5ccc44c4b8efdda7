import type { BroadcastDirectory } from "../broadcast/directory.ts";
import type { Connections } from "./connections.ts";
import type { EventLog } from "./event-log.ts";
import type { ServerFeature } from "./feature.ts";
import type { ServerHooks } from "./hooks.ts";
import type { Log } from "./log.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ServerPool } from "./pool.ts";

/** What every connection of a server shares. */
export type ServerContext = {
  readonly options: ResolvedOptions;
  readonly hooks: ServerHooks;
  /** What connections do beside streaming. */
  readonly features?: readonly ServerFeature[];
  readonly log: Log;
  readonly directory: BroadcastDirectory;
  /** Who is connected, however they came. */
  readonly connections: Connections;
  /** What people are told of. */
  readonly events: EventLog;
  /** Where the server runs in several processes. */
  readonly pool?: ServerPool;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** The time of day, in milliseconds since 1970. */
  readonly timeOfDayMs: () => number;
};
