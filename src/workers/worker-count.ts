import { availableParallelism } from "node:os";

/** `auto`: one for each core that this process may use. */
export function workerCountOf(workers: number | "auto"): number {
  return workers === "auto" ? availableParallelism() : workers;
}
