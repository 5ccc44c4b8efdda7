import { type ChildProcess, fork } from "node:child_process";
import cluster from "node:cluster";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import type { PortSharing } from "./messages.ts";

export type WorkerProgram = {
  readonly program: URL;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** By `reusePort` where the system spreads connections over all who listen, else by `node:cluster`. */
export async function choosePortSharing(): Promise<PortSharing> {
  return process.platform === "linux" && (await canReusePort()) ? "reuse-port" : "cluster";
}

/** Starts a process that talks to this one. */
export function forkWorker(sharing: PortSharing, { program, args, env }: WorkerProgram): ChildProcess {
  const execArgv = workerFlags(process.execArgv, process.env["NODE_OPTIONS"]);
  if (sharing === "reuse-port") return fork(program, args, { env: { ...process.env, ...env }, execArgv });
  cluster.setupPrimary({ exec: fileURLToPath(program), args: [...args], execArgv });
  return cluster.fork(env).process;
}

/**
 * The flags of Node that workers run with: those of the supervisor, and a small young generation, which halves what a
 * viewer costs, unless somebody chose its size: decision 0029.
 */
export function workerFlags(own: readonly string[], nodeOptions: string | undefined): string[] {
  const isChosen = [...own, nodeOptions ?? ""].some((flag) => /--max[-_]semi[-_]space[-_]size/.test(flag));
  return isChosen ? [...own] : [...own, `--max-semi-space-size=${YOUNG_GENERATION_MB}`];
}

/** For each of its two halves. */
const YOUNG_GENERATION_MB = 4;

/** Whether two can listen on one port. */
async function canReusePort(): Promise<boolean> {
  const [first, second] = [createServer(), createServer()];
  try {
    await listen(first, 0);
    const bound = first.address();
    await listen(second, typeof bound === "object" ? (bound?.port ?? 0) : 0);
    return true;
  } catch {
    return false;
  } finally {
    first.close();
    second.close();
  }
}

function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host: "127.0.0.1", port, reusePort: true }, resolve);
  return promise;
}
