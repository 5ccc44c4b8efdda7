import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findProgram } from "../../test/support/require-peer.ts";

/** How server and loader are kept from each other and from everything else on the machine, as far as it lets them. */
export type Isolation = {
  /** What starts a program in a network of its own; nothing where that cannot be had. */
  readonly prefix: readonly string[];
  /** The program that brings the network's loopback up. */
  readonly ip: string | undefined;
  readonly taskset: string | undefined;
  readonly serverCores: readonly number[];
  readonly loaderCore: number | undefined;
  /** Lower is before others. */
  readonly priority: number;
  /** What could not be had, and why: for whoever reads the result. */
  readonly notes: readonly string[];
};

const PRIORITY = -10;

/** The surroundings of a run whose server takes so many cores. */
export function planIsolation(workers: number): Isolation {
  const notes: string[] = [];
  const isRoot = process.getuid?.() === 0;
  const prefix = ownNetwork();
  const ip = findProgram("ip");
  const hasNetwork = prefix !== undefined && ip !== undefined;
  if (!hasNetwork) {
    const remedy = isRoot ? "install util-linux and iproute2, and let containers make them" : "run as root";
    notes.push(`no network of its own, but the machine's with its settings: ${remedy}`);
  }
  if (!isRoot) notes.push("usual priority: run as root");
  const taskset = findProgram("taskset");
  const cores = allowedCores();
  const serverCores = cores.slice(0, workers);
  const loaderCore = cores[workers];
  if (taskset === undefined) notes.push("server and loader share all cores: install util-linux");
  else if (loaderCore === undefined) notes.push(`server and loader share all cores: there are only ${cores.length}`);
  const isPinned = taskset !== undefined && loaderCore !== undefined;
  return {
    prefix: hasNetwork ? prefix : [],
    ip: hasNetwork ? ip : undefined,
    taskset: isPinned ? taskset : undefined,
    serverCores: isPinned ? serverCores : [],
    loaderCore: isPinned ? loaderCore : undefined,
    priority: isRoot ? PRIORITY : 0,
    notes,
  };
}

/** What starts a program in a network of its own, where that is possible. */
function ownNetwork(): readonly string[] | undefined {
  const unshare = findProgram("unshare");
  if (unshare === undefined) return undefined;
  const prefix = [unshare, "-n", "--"];
  return spawnSync(unshare, [...prefix.slice(1), process.execPath, "--version"]).status === 0 ? prefix : undefined;
}

/** Those that this process may use. */
function allowedCores(): number[] {
  const [, list = ""] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
