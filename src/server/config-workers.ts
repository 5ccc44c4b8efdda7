import * as z from "zod";
import type { Config } from "./config.ts";
import type { ConfigProblem } from "./config-problem.ts";
import type { ResolvedConfig } from "./config-settings.ts";

export type WorkersConfig = number | "auto";

const MAX_WORKERS = 256;

export const workers: z.ZodType<WorkersConfig> = z
  .union([z.int().min(1).max(MAX_WORKERS), z.literal("auto")])
  .default(1)
  .describe(
    "Processes that take connections on the same ports and are one server to the world: a number, or one for each core (auto). See [Several cores](operations.md#several-cores).",
  );

/** Each worker has its own of these. A part that comes to be one for all leaves this list. */
const NOT_SHARED: readonly { readonly key: string; readonly what: string; isUsed(config: Config): boolean }[] = [
  {
    key: "sharedObjects.folder",
    what: "they would store different objects in one folder",
    isUsed: ({ sharedObjects }) => sharedObjects.folder !== undefined,
  },
  {
    key: "sharedObjects.apps",
    what: "clients of one application would not see each other's shared objects",
    isUsed: ({ sharedObjects }) => sharedObjects.apps.length > 0,
  },
];

/** What does not hold with several workers. */
export function checkWorkers({ config, effective }: ResolvedConfig): ConfigProblem[] {
  if (config.workers === 1) return [];
  return NOT_SHARED.filter(({ isUsed }) => isUsed(config)).map(({ key, what }) => {
    const origin = effective.get(key)?.origin ?? effective.get("workers")?.origin;
    if (origin === undefined) throw new Error(`${key} has its default, and a problem`);
    return { origin, key, message: `${key} needs workers to be 1: with ${config.workers}, ${what}` };
  });
}
