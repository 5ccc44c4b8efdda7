/** How two workers take connections of one port. */
export type AcceptWay =
  /** Processes of `cluster`: the first one accepts, and hands each connection to a worker in turn. */
  | "cluster-round-robin"
  /** Processes of `cluster` that accept on one shared socket. */
  | "cluster-shared"
  /** Processes with a socket each, among which the kernel spreads connections (SO_REUSEPORT). */
  | "reuse-port-processes"
  /** The same with threads. */
  | "reuse-port-threads";

export const ACCEPT_WAYS: readonly AcceptWay[] = [
  "cluster-round-robin",
  "cluster-shared",
  "reuse-port-processes",
  "reuse-port-threads",
];
