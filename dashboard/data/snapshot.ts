import type { BroadcastSnapshot, ServerSnapshot } from "../../src/server/snapshots.ts";

/** What the page knows of the server, kept up to date by server-sent events. */
export type Snapshot = {
  readonly server: ServerSnapshot;
  /** Without their metadata; the main ones where there are very many. */
  readonly broadcasts: readonly BroadcastSnapshot[];
  /** Of all broadcasts. */
  readonly total: number;
};
