import { serverOptionsOf } from "../server/config-options.ts";
import { createMediaServer } from "../server/media-server.ts";
import { joinWorkerPool } from "../workers/join-worker-pool.ts";
import type { Output } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { createLog } from "./log.ts";
import { decodeServerSettings } from "./worker-settings.ts";

/** One of the processes of `millrace serve --workers`, as its supervisor wants it. */
export async function runWorker(stderr: Output): Promise<ExitCode> {
  const membership = await joinWorkerPool().catch(() => undefined);
  // Its supervisor has ended while it loaded.
  if (membership === undefined) return ExitCode.Failed;
  const { worker, pool } = membership;
  const { config, allowedSwf, users } = decodeServerSettings(membership.settings);
  process.title = `millrace worker ${worker}`;
  const log = createLog(config.log, stderr, worker);
  try {
    await membership.run(createMediaServer({ ...serverOptionsOf(config, allowedSwf, users), log, pool }));
    return ExitCode.Ok;
  } catch {
    // The supervisor knows why, and says so.
    return ExitCode.Failed;
  }
}
