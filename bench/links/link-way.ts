/** How bytes get from one worker to the others. */
export type LinkWay =
  /** Nothing is carried: what the load itself costs. */
  | "none"
  /** Processes; a Unix socket for each broadcast and receiver. */
  | "unix"
  /** Processes; one Unix socket for each receiver. */
  | "unix-shared"
  /** Threads; a message for each flush and receiver, its bytes copied by the structured clone. */
  | "port-copied"
  /** Threads; the same, with a copy of its own for each receiver that is handed over. */
  | "port-transferred"
  /** Threads; a ring that all read, woken by `Atomics.notify`. */
  | "ring-atomics"
  /** Threads; the same, woken by a message. */
  | "ring-port";

export const LINK_WAYS: readonly LinkWay[] = [
  "unix",
  "unix-shared",
  "port-copied",
  "port-transferred",
  "ring-atomics",
  "ring-port",
];

export function isOfThreads(way: LinkWay): boolean {
  return way.startsWith("port") || way.startsWith("ring");
}
