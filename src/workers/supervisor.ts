import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventLog } from "../server/event-log.ts";
import type { Log } from "../server/log.ts";
import { residentBytes } from "../server/resident-bytes.ts";
import { type AdmissionLimits, Admissions } from "./admissions.ts";
import { DirectoryOfHomes } from "./directory-of-homes.ts";
import type { PortSharing, WorkerListener, WorkerMessage } from "./messages.ts";
import { PoolMonitor } from "./pool-monitor.ts";
import { mergeBroadcasts, type WorkerPoolStatistics, type WorkerStatistics } from "./pool-statistics.ts";
import { choosePortSharing, type WorkerProgram } from "./port-sharing.ts";
import { WorkerSlot } from "./worker-slot.ts";

export type SupervisorOptions = {
  readonly program: WorkerProgram;
  /** How many. */
  readonly workers: number;
  readonly limits: SupervisorLimits;
  /** What each worker is given; as JSON has it. */
  readonly settings: unknown;
  /** @default what is best here */
  readonly sharing?: PortSharing | undefined;
  readonly log: Log;
  readonly clock: SupervisorClock;
};

export type SupervisorLimits = AdmissionLimits & {
  /** Names that are published at a time. */
  readonly maxBroadcasts: number;
  /** How long a worker may take to say whether it yields a name. */
  readonly yieldMs: number;
};

/** Time as a supervisor sees it, so that tests need not wait. */
export type SupervisorClock = {
  nowMs(): number;
  /** The time of day, in milliseconds since 1970. */
  timeOfDayMs(): number;
  /** Calls `tick` again and again. Returns a function that ends it. */
  every(intervalMs: number, tick: () => void): () => void;
};

const TICK_MS = 500;
const STATISTICS_INTERVAL_MS = 60_000;

/** Starts the processes of a server, replaces those that die, and keeps what is one for all. Media do not pass it. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #directory: DirectoryOfHomes;
  readonly #admissions: Admissions;
  readonly monitor: PoolMonitor;
  #slots: readonly WorkerSlot[] = [];
  #listeners: readonly WorkerListener[] = [];
  #folder: string | undefined;
  #stopTicking: (() => void) | undefined;
  #statisticsAtMs = 0;
  #lastTickMs = 0;
  #isStarted = false;
  #isStopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#admissions = new Admissions(options.limits);
    this.#directory = new DirectoryOfHomes({
      ...options.limits,
      send: (worker, message) => this.#slots[worker - 1]?.send(message),
    });
    const { timeOfDayMs } = options.clock;
    this.monitor = new PoolMonitor({
      events: new EventLog(timeOfDayMs),
      nowMs: () => options.clock.nowMs(),
      timeOfDayMs,
      readyWorkers: () => this.#slots.filter(({ isReady }) => isReady).map(({ worker }) => worker),
      listeners: () => this.#listeners,
      statistics: () => this.statistics(),
      homeOf: (name) => this.#directory.homeOf(name)?.worker,
      send: (worker, message) => this.#slots[worker - 1]?.send(message),
    });
  }

  get listeners(): readonly WorkerListener[] {
    return this.#listeners;
  }

  /** Resolves when every worker listens, or has failed once. Rejects when the first does not come to listen. */
  async start(): Promise<void> {
    if (this.#isStarted) throw new Error("the workers were started already");
    this.#isStarted = true;
    const { clock, workers } = this.#options;
    this.#statisticsAtMs = clock.nowMs() + STATISTICS_INTERVAL_MS;
    const sharing = this.#options.sharing ?? (await choosePortSharing());
    if (this.#isStopping) throw new Error(STOPPED_EARLY);
    this.#folder = createFolder();
    const secret = randomBytes(32).toString("hex");
    this.#slots = Array.from({ length: workers }, (_, index) =>
      this.#slot(index + 1, this.#folder ?? "", sharing, secret),
    );
    this.#lastTickMs = clock.nowMs();
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick());
    const [first, ...others] = this.#slots;
    // Alone: who fails to listen fails for all, and where it listens the others listen, too.
    const failure = await first?.start();
    if (this.#isStopping) throw new Error(STOPPED_EARLY);
    if (failure !== undefined) {
      await this.stop();
      throw new Error(failure);
    }
    this.#listeners = first?.listeners ?? [];
    const ports = this.#listeners.map(({ port }) => port);
    first?.keepPorts(ports);
    await Promise.all(others.map((slot) => slot.start(ports)));
    if (this.#isStopping) throw new Error(STOPPED_EARLY);
    this.monitor.started();
  }

  /** Rejects with the reason of one that could not; it goes on as before. */
  async reload(): Promise<void> {
    const results = await Promise.allSettled(this.#slots.map((slot) => slot.reload()));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Ends all, each in its own order. */
  drain(): Promise<void> {
    return this.#end("drain");
  }

  /** Ends all at once. */
  stop(): Promise<void> {
    return this.#end("stop");
  }

  /** Ends all without a word to anybody. */
  kill(): void {
    this.#isStopping = true;
    for (const slot of this.#slots) slot.kill();
    this.#cleanUp();
  }

  statistics(): WorkerPoolStatistics {
    const workers = this.#slots.map(statisticsOf);
    const reports = new Map(
      this.#slots.flatMap(({ worker, report }) => (report === undefined ? [] : [[worker, report]])),
    );
    const { user, system } = process.cpuUsage();
    return {
      connections: this.#admissions.size,
      broadcasts: mergeBroadcasts(reports, (name) => this.#directory.homeOf(name)?.worker),
      cpuSeconds: workers.reduce((sum, worker) => sum + worker.cpuSeconds, (user + system) / 1e6),
      residentBytes: workers.reduce((sum, worker) => sum + worker.residentBytes, residentBytes()),
      workers,
    };
  }

  #slot(worker: number, folder: string, sharing: PortSharing, secret: string): WorkerSlot {
    const { program, settings, log, clock } = this.#options;
    return new WorkerSlot({
      worker,
      program,
      folder,
      start: { sharing, secret, settings },
      log,
      nowMs: () => clock.nowMs(),
      onMessage: (message) => this.#onMessage(worker, message),
      onTold: (level, text) => this.monitor.tell({ kind: "server", level, text, worker }),
      onEnd: () => {
        this.monitor.remove(worker);
        this.#admissions.remove(worker);
        this.#directory.remove(worker, clock.nowMs());
      },
    });
  }

  #onMessage(worker: number, message: WorkerMessage): void {
    const nowMs = this.#options.clock.nowMs();
    switch (message.kind) {
      case "ready":
        return this.#directory.add(worker, message.link);
      case "admit":
        return this.#admit(worker, message);
      case "left":
        return this.#admissions.left(worker, message.network);
      case "claim":
        return this.#directory.claim(worker, message, nowMs);
      case "release":
        return this.#directory.release(worker, message.name, message.claim, nowMs);
      case "watch":
        return this.#directory.watch(worker, message.id, message.name);
      case "unwatch":
        return this.#directory.unwatch(worker, message.name);
      case "yielded":
        return this.#directory.yielded(worker, message, nowMs);
      case "found":
      case "events":
        return this.monitor.receive(worker, message);
      default:
        return;
    }
  }

  #admit(worker: number, { id, network }: WorkerMessage & { kind: "admit" }): void {
    const refusal = this.#admissions.admit(worker, network);
    this.#slots[worker - 1]?.send({ kind: "answer", id, ...(refusal !== undefined && { refusal }) });
  }

  #tick(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const slot of this.#slots) slot.tick(nowMs);
    // One that was held up itself has yet to read what the workers have answered meanwhile.
    if (nowMs - this.#lastTickMs < 2 * TICK_MS) {
      this.#directory.tick(nowMs);
      this.monitor.tick(nowMs);
    }
    this.#lastTickMs = nowMs;
    if (nowMs < this.#statisticsAtMs) return;
    this.#statisticsAtMs = nowMs + STATISTICS_INTERVAL_MS;
    this.#options.log.debug(this.#summary(), "statistics of all workers");
  }

  async #end(how: "drain" | "stop"): Promise<void> {
    if (!this.#isStopping && this.#listeners.length > 0) {
      this.monitor.tell({ kind: "server", level: "info", text: "The server shuts down." });
    }
    this.#isStopping = true;
    const summary = this.#summary();
    await Promise.all(this.#slots.map((slot) => slot.stop(how)));
    if (this.#stopTicking === undefined) return;
    this.#cleanUp();
    if (this.#listeners.length > 0) this.#options.log.info(summary, "all workers have ended");
  }

  #cleanUp(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** For a line of the log. */
  #summary(): object {
    const { connections, broadcasts, cpuSeconds, residentBytes, workers } = this.statistics();
    return {
      connections,
      broadcasts: this.#directory.size,
      viewers: broadcasts.reduce((sum, broadcast) => sum + broadcast.viewers, 0),
      cpuSeconds: Math.round(cpuSeconds * 1000) / 1000,
      residentBytes,
      restarts: workers.reduce((sum, { restarts }) => sum + restarts, 0),
    };
  }
}

/** What is behind the folder in the path of a link: the worker, and how often it was started. */
const LINK_NAME_BYTES = "/256-999999".length;
/** What the path of a socket may have on every system. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Only this user can enter it. */
function createFolder(): string {
  const folder = join(tmpdir(), "millrace-");
  const random = "XXXXXX";
  if (Buffer.byteLength(folder + random) + LINK_NAME_BYTES > MAX_SOCKET_PATH_BYTES) {
    throw new Error(
      `the workers cannot have their sockets in ${tmpdir()}: its path is too long. Set TMPDIR to a shorter one`,
    );
  }
  return mkdtempSync(folder);
}

const STOPPED_EARLY = "the workers were stopped while they started";

function statisticsOf({ worker, processId, isReady, restarts, report, cpuSeconds }: WorkerSlot): WorkerStatistics {
  const { connections = 0, residentBytes = 0, loopDelayP99Ms = 0 } = report ?? {};
  return { worker, processId, isReady, restarts, connections, cpuSeconds, residentBytes, loopDelayP99Ms };
}
