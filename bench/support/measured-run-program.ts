import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort, untilListening } from "../../test/support/free-port.ts";
import { answerQuestions } from "./child-program.ts";
import type { Isolation } from "./isolation.ts";
import type { Figures } from "./measures.ts";
import type { ServerStart } from "./server-starts.ts";

/** Starts one server, puts one load on it and ends it, in surroundings that are this process's own. */
export type MeasuredRunQuestions = {
  readonly run: { readonly details: MeasuredRun; readonly answer: RunOutcome };
};

export type MeasuredRun = {
  readonly server: ServerStart;
  readonly loader: string;
  readonly loadOptions: readonly string[];
  readonly isolation: Isolation;
};

export type RunOutcome = {
  readonly figures: Figures;
  readonly congestionControl: string;
  /** What could not be had. */
  readonly notes: readonly string[];
};

/** What a network of its own begins with is the machine's: these make machines alike. Linux's defaults, but for the first. */
const KERNEL_OPTIONS: Readonly<Record<string, string>> = {
  "net/ipv4/tcp_congestion_control": "cubic",
  "net/ipv4/tcp_rmem": "4096 131072 6291456",
  "net/ipv4/tcp_wmem": "4096 16384 4194304",
  "net/core/somaxconn": "4096",
};

const SETTLE_MS = 1000;
const LISTEN_TIMEOUT_MS = 15_000;
/** A server that writes its profile takes a while. */
const STOP_TIMEOUT_MS = 10_000;
const LOAD_TIMEOUT_MS = 900_000;
const LOG_TAIL_LENGTH = 800;

answerQuestions<MeasuredRunQuestions>({ run: measuredRun });

async function measuredRun({ server, loader, loadOptions, isolation }: MeasuredRun): Promise<RunOutcome> {
  const notes = [...prepareNetwork(isolation), ...raisePriority(isolation.priority)];
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const port = await freePort();
  const publishPort = server.companion === undefined ? port : await freePort();
  const fill = (text: string): string =>
    text.replaceAll("{port}", `${port}`).replaceAll("{publishPort}", `${publishPort}`).replaceAll("{folder}", folder);
  for (const [name, text] of Object.entries(server.files)) writeFileSync(join(folder, name), fill(text));
  const log = join(folder, "log");
  const { serverCores, loaderCore } = isolation;
  const child = startServer(server.command.map(fill), { ...isolation, cores: serverCores }, log);
  const children = [child];
  const companion =
    server.companion &&
    startServer(
      server.companion.map(fill),
      { ...isolation, cores: loaderCore === undefined ? [] : [loaderCore] },
      `${log}-companion`,
    );
  if (companion !== undefined) children.push(companion);
  // The benchmark was interrupted.
  const onExit = (): void => {
    children.forEach(killAll);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", onExit);
  try {
    await untilServing(child, port, log);
    if (companion !== undefined) await untilServing(companion, publishPort, `${log}-companion`);
    const cores = isolation.loaderCore === undefined ? [] : ["--cpu", `${isolation.loaderCore}`];
    const publishing = companion === undefined ? [] : ["--publish-port", `${publishPort}`];
    const parameters = ["--port", `${port}`, "--pid", `${child.pid}`, ...cores, ...publishing, ...loadOptions];
    const loading = promisify(execFile)(loader, parameters, { timeout: LOAD_TIMEOUT_MS });
    children.push(loading.child);
    // Its own message names the program's path, which is of no use in results.
    const { stdout } = await loading.catch(({ stderr }: { readonly stderr: string }) => {
      throw new Error(`the loader failed: ${stderr.trim() || "it was ended"}`);
    });
    return { figures: JSON.parse(stdout) as Figures, congestionControl: congestionControl(), notes };
  } finally {
    await stopServer(child);
    if (companion !== undefined) await stopServer(companion);
    process.off("exit", onExit);
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepareNetwork({ ip }: Isolation): string[] {
  if (ip === undefined) return [];
  execFileSync(ip, ["link", "set", "lo", "up"]);
  return Object.entries(KERNEL_OPTIONS).flatMap(([name, value]) => {
    try {
      writeFileSync(`/proc/sys/${name}`, value);
      return [];
    } catch {
      return [`${name} stays as the machine has it`];
    }
  });
}

/** With groups of the scheduler, a priority counts within its session only: this session's group is raised, too. */
function raisePriority(priority: number): string[] {
  if (priority === 0) return [];
  try {
    setPriority(0, priority);
  } catch {
    return ["usual priority: the machine does not let it be raised"];
  }
  try {
    writeFileSync("/proc/self/autogroup", `${priority}`);
  } catch {
    // There are no groups.
  }
  return [];
}

function startServer(
  command: readonly string[],
  { taskset, cores }: Pick<Isolation, "taskset"> & { readonly cores: readonly number[] },
  log: string,
): ChildProcess {
  const pinned = taskset === undefined ? command : [taskset, "-c", cores.join(","), ...command];
  const [program = "", ...parameters] = pinned;
  const output = openSync(log, "w");
  return spawn(program, parameters, { stdio: ["ignore", output, output] });
}

async function untilServing(child: ChildProcess, port: number, log: string): Promise<void> {
  const ended = new Promise<never>((_, reject) => {
    const fail = (): void =>
      reject(new Error(`the server ended at once:\n${readFileSync(log, "utf8").slice(-LOG_TAIL_LENGTH)}`));
    child.once("exit", fail);
    child.once("error", fail);
  });
  ended.catch(() => {});
  await Promise.race([untilListening(port, LISTEN_TIMEOUT_MS), ended]);
  await Promise.race([sleep(SETTLE_MS), ended]);
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => killAll(child), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  for (const each of [...descendants(pid), pid]) {
    try {
      process.kill(each, constants.signals.SIGKILL);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function descendants(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
        .split(" ")
        .filter((text) => text !== "")
        .map(Number),
    );
    return children.flatMap((child) => [...descendants(child), child]);
  } catch {
    return [];
  }
}

function congestionControl(): string {
  return readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim();
}
