import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { ROOT } from "../../scripts/run-step.ts";
import { PROBE_FOLDER, type ProbeFigures } from "./probe-figures.ts";

/** What all processes of the server hold together. */
export type ServerSample = Omit<ProbeFigures, "resources"> & {
  readonly processes: number;
  /** Open files and sockets, as the system counts them. */
  readonly descriptors: number;
  /** Handles and timers of Node. */
  readonly resources: Readonly<Record<string, number>>;
};

const PROBE = new URL("server-probe.ts", import.meta.url).href;

/** `millrace serve` in a process of its own, or in several. */
export class EnduranceServer {
  readonly port: number;
  /** What it logged as an error. */
  readonly errors: readonly string[];
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;
  readonly #probeFolder: string;

  private constructor(
    port: number,
    child: ChildProcess,
    exited: Promise<string>,
    probeFolder: string,
    errors: readonly string[],
  ) {
    this.port = port;
    this.errors = errors;
    this.#child = child;
    this.#exited = exited;
    this.#probeFolder = probeFolder;
  }

  /** `folder` is empty. */
  static async start(
    folder: string,
    settings: Readonly<Record<string, number>>,
    workers: string | undefined,
  ): Promise<EnduranceServer> {
    const probeFolder = join(folder, "probes");
    const sets = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    const parameters = [
      "serve",
      "--json",
      "--listen",
      "127.0.0.1:0",
      "--tls-self-signed",
      join(folder, "tls"),
      ...sets,
    ];
    if (workers !== undefined) parameters.push("--workers", workers);
    const child = spawn(process.execPath, [join(ROOT, "bin", "millrace.js"), ...parameters], {
      env: { ...process.env, NODE_OPTIONS: `--import=${PROBE}`, [PROBE_FOLDER]: probeFolder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // It must not outlive who measures it.
    const kill = (): boolean => child.kill("SIGKILL");
    process.once("exit", kill);
    child.once("exit", () => process.off("exit", kill));
    const exited = once(child, "exit").then(([code, signal]) => `it ended with ${signal ?? code}`);
    const errors: string[] = [];
    createInterface(child.stderr).on("line", (line) => {
      if (!line.includes('"level":"info"') && !line.includes('"level":"warn"')) errors.push(line);
    });
    const started = once(createInterface(child.stdout), "line").then(([line]) => String(line));
    const line = await Promise.race([started, exited]);
    if (!line.startsWith("{")) throw new Error(`the server did not start: ${line}\n${errors.join("\n")}`);
    const { listeners } = JSON.parse(line) as { listeners: readonly { port: number }[] };
    return new EnduranceServer(listeners[0]?.port ?? 0, child, exited, probeFolder, errors);
  }

  /** `isSettled`: what nobody needs is collected first. */
  async sample(isSettled = false): Promise<ServerSample> {
    const pids = readdirSync(this.#probeFolder).map((file) => basename(file, ".sock"));
    const descriptors = sum(pids.map(descriptorsOf));
    const all = await Promise.all(pids.map((pid) => this.#ask(pid, isSettled)));
    const total = (figure: (figures: ProbeFigures) => number): number => sum(all.map(figure));
    return {
      processes: pids.length,
      descriptors,
      residentBytes: total(({ residentBytes }) => residentBytes),
      heapUsedBytes: total(({ heapUsedBytes }) => heapUsedBytes),
      externalBytes: total(({ externalBytes }) => externalBytes),
      arrayBufferBytes: total(({ arrayBufferBytes }) => arrayBufferBytes),
      cpuSeconds: total(({ cpuSeconds }) => cpuSeconds),
      loopDelayP99Ms: Math.max(...all.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
      loopDelayMaxMs: Math.max(...all.map(({ loopDelayMaxMs }) => loopDelayMaxMs)),
      resources: addCounts(all.map(({ resources }) => resources)),
    };
  }

  /** Asks it to end in order, and says how it did. */
  async stop(): Promise<string> {
    this.#child.kill("SIGTERM");
    return await this.#exited;
  }

  async #ask(pid: string, isSettled: boolean): Promise<ProbeFigures> {
    const socket = connect(join(this.#probeFolder, `${pid}.sock`));
    socket.write(isSettled ? "settled" : "now");
    return JSON.parse(await text(socket)) as ProbeFigures;
  }
}

function descriptorsOf(pid: string): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function addCounts(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of all) for (const [name, count] of Object.entries(one)) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
