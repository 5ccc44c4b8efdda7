/** A server on several cores. The public entry `millrace/workers`. */
export { joinWorkerPool } from "./join-worker-pool.ts";
export type { PortSharing } from "./messages.ts";
export type { PoolBroadcast, WorkerPoolStatistics, WorkerStatistics } from "./pool-statistics.ts";
export type { WorkerMembership } from "./worker-membership.ts";
export { createWorkerPool, type WorkerPool, type WorkerPoolLimits, type WorkerPoolOptions } from "./worker-pool.ts";
