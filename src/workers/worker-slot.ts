import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../server/log.ts";
import type { MonitorEvent } from "../server/snapshots.ts";
import type { SupervisorMessage, WorkerListener, WorkerMessage, WorkerReport, WorkerStart } from "./messages.ts";
import type { WorkerProgram } from "./port-sharing.ts";
import { RestartDelay } from "./restart-delay.ts";
import { type WorkerEnd, WorkerProcess } from "./worker-process.ts";

export type WorkerSlotOptions = {
  /** Counts from 1. */
  readonly worker: number;
  readonly program: WorkerProgram;
  /** What each process is told first, but for who it is and where it listens. */
  readonly start: Pick<WorkerStart, "sharing" | "secret" | "settings">;
  /** Where the links are. */
  readonly folder: string;
  readonly log: Log;
  nowMs(): number;
  onMessage(message: WorkerMessage): void;
  /** For people: in sentences. */
  onTold(level: MonitorEvent["level"], text: string): void;
  /** A process is gone: nothing more comes of it. Another may take its place when this returns. */
  onEnd(): void;
};

/** A worker that says nothing for so long hangs, and is killed. */
export const MAX_SILENCE_MS = 30_000;
/** From the order to end at once, or from the end of all work, to the exit. */
export const MAX_STOP_MS = 5_000;
/** A supervisor that was held up for so long judges nobody: what workers said meanwhile is still unread. */
const HELD_UP_MS = 5_000;

type Running = {
  readonly process: WorkerProcess;
  readonly startedAtMs: number;
  /** Told once whether it has come to listen; if not, why. */
  readonly onBegun: (failure: string | undefined) => void;
  heardAtMs: number;
  killAtMs: number;
  isReady: boolean;
  /** Its own words for why it ends. */
  failure?: string;
};

/** The place of one worker: a process, and when that dies, another. */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  readonly #restartDelay = new RestartDelay();
  #running: Running | undefined;
  #listeners: readonly WorkerListener[] = [];
  #report: WorkerReport | undefined;
  #cpuSecondsBefore = 0;
  #starts = 0;
  #link = "";
  #ports: readonly number[] | undefined;
  #restartAtMs = Number.POSITIVE_INFINITY;
  #lastTickMs: number;
  #stopping: PromiseWithResolvers<void> | undefined;
  #reloading: PromiseWithResolvers<void> | undefined;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#lastTickMs = options.nowMs();
  }

  get worker(): number {
    return this.#options.worker;
  }

  /** Undefined between two processes. */
  get processId(): number | undefined {
    return this.#running?.process.processId;
  }

  get isReady(): boolean {
    return this.#running?.isReady ?? false;
  }

  get listeners(): readonly WorkerListener[] {
    return this.#listeners;
  }

  /** The last of the present process. */
  get report(): WorkerReport | undefined {
    return this.#report;
  }

  /** Of all processes that were here. */
  get cpuSeconds(): number {
    return this.#cpuSecondsBefore + (this.#report?.cpuSeconds ?? 0);
  }

  /** How often a process was replaced. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** Starts the first process. Resolves when it listens, or with the reason why it does not. */
  start(ports?: readonly number[]): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#ports = ports;
    this.#fork(resolve);
    return promise;
  }

  /** What it listens on, for whoever takes its place. */
  keepPorts(ports: readonly number[]): void {
    this.#ports = ports;
  }

  send(message: SupervisorMessage): void {
    this.#running?.process.send(message);
  }

  /** Rejects with the reason when all stays as it was. A worker that is not there yet reads everything anyway. */
  reload(): Promise<void> {
    if (!this.isReady) return Promise.resolve();
    this.#reloading ??= Promise.withResolvers();
    this.send({ kind: "reload" });
    return this.#reloading.promise;
  }

  /** Ends it, in order or at once; no other takes its place. Resolves when it is gone. */
  stop(how: "drain" | "stop"): Promise<void> {
    this.#restartAtMs = Number.POSITIVE_INFINITY;
    const running = this.#running;
    this.#stopping ??= Promise.withResolvers();
    if (running === undefined) this.#stopping.resolve();
    else if (running.isReady) running.process.send({ kind: how });
    // It has no clients yet.
    else running.process.release();
    if (running !== undefined && (how === "stop" || !running.isReady)) this.#killSoon(running);
    return this.#stopping.promise;
  }

  /** Ends it without a word; no other takes its place. */
  kill(): void {
    this.#restartAtMs = Number.POSITIVE_INFINITY;
    this.#stopping ??= Promise.withResolvers();
    this.#running?.process.kill();
  }

  /** Call about twice a second. */
  tick(nowMs: number): void {
    const running = this.#running;
    const wasHeldUp = nowMs - this.#lastTickMs > HELD_UP_MS;
    this.#lastTickMs = nowMs;
    if (running !== undefined) {
      if (wasHeldUp) running.heardAtMs = nowMs;
      this.#killWhatHangs(running, nowMs);
    } else if (nowMs >= this.#restartAtMs) {
      this.#fork(() => {});
    }
  }

  #fork(onBegun: Running["onBegun"]): void {
    const { worker, program, start, folder, nowMs } = this.#options;
    this.#restartAtMs = Number.POSITIVE_INFINITY;
    this.#starts++;
    const env = { ...program.env, MILLRACE_WORKER: `${worker}` };
    const process = new WorkerProcess(
      start.sharing,
      { ...program, env },
      {
        onMessage: (message) => this.#onMessage(running, message),
        onEnd: (end) => this.#onEnd(running, end),
      },
    );
    const startedAtMs = nowMs();
    const never = Number.POSITIVE_INFINITY;
    const running: Running = {
      process,
      startedAtMs,
      onBegun,
      heardAtMs: startedAtMs,
      killAtMs: never,
      isReady: false,
    };
    this.#running = running;
    // Each process has its own: another could come by that of the last.
    this.#link = join(folder, `${worker}-${this.#starts}`);
    process.send({ kind: "start", worker, link: this.#link, ...start, ...(this.#ports && { ports: this.#ports }) });
  }

  #onMessage(running: Running, message: WorkerMessage): void {
    running.heardAtMs = this.#options.nowMs();
    switch (message.kind) {
      case "ready":
        return this.#begin(running, message);
      case "failed":
        running.failure = message.reason;
        return;
      case "report":
        this.#report = message.report;
        return;
      case "reloaded":
        return this.#endReload(message.reason);
      case "stopped":
        running.process.release();
        return this.#killSoon(running);
      default:
        this.#options.onMessage(message);
    }
  }

  #begin(running: Running, message: WorkerMessage & { kind: "ready" }): void {
    const { log, worker, onMessage, onTold } = this.#options;
    running.isReady = true;
    this.#listeners = message.listeners;
    const details = { worker, processId: running.process.processId };
    if (this.restarts > 0) {
      log.info(details, "a worker has taken the place of the one that died");
      onTold("info", `Worker ${worker} takes connections again.`);
    } else {
      log.debug(details, "a worker is ready");
    }
    onMessage(message);
    running.onBegun(undefined);
  }

  #onEnd(running: Running, end: WorkerEnd): void {
    const { onEnd } = this.#options;
    rmSync(this.#link, { force: true });
    const lived = this.#options.nowMs() - running.startedAtMs;
    this.#running = undefined;
    this.#cpuSecondsBefore = this.cpuSeconds;
    this.#report = undefined;
    onEnd();
    this.#endReload(undefined);
    if (this.#stopping !== undefined) this.#stopping.resolve();
    else this.#replace(running, end, lived);
    running.onBegun(running.failure ?? `the worker ${describeEnd(end)} while it started`);
  }

  #replace({ failure, isReady }: Running, end: WorkerEnd, livedMs: number): void {
    const { log, worker, nowMs, onTold } = this.#options;
    // The first of all has nobody to stand in for until it is known where all listen.
    if (this.#ports === undefined) return;
    const delayMs = this.#restartDelay.after(livedMs);
    const details = { worker, ...end, ...(failure !== undefined && { reason: failure }), livedMs: Math.round(livedMs) };
    const what = isReady ? "a worker died, and its connections with it" : "a worker did not come to listen";
    log.error({ ...details, delayMs }, `${what}: another takes its place`);
    const died = isReady ? `Worker ${worker} died, and its connections with it` : `Worker ${worker} did not start`;
    onTold("error", `${died} (it ${failure ?? describeEnd(end)}): another takes its place.`);
    this.#restartAtMs = nowMs() + delayMs;
    if (delayMs === 0) this.#fork(() => {});
  }

  #endReload(reason: string | undefined): void {
    if (reason === undefined) this.#reloading?.resolve();
    else this.#reloading?.reject(new Error(reason));
    this.#reloading = undefined;
  }

  #killWhatHangs(running: Running, nowMs: number): void {
    const { log, worker, onTold } = this.#options;
    const silentMs = Math.round(nowMs - running.heardAtMs);
    if (silentMs >= MAX_SILENCE_MS) {
      log.error({ worker, silentMs }, "a worker hangs: it is killed");
      onTold("error", `Worker ${worker} hangs: it is killed.`);
    } else if (nowMs >= running.killAtMs) {
      log.warn({ worker }, "a worker did not end: it is killed");
    } else {
      return;
    }
    running.heardAtMs = nowMs;
    running.killAtMs = Number.POSITIVE_INFINITY;
    running.process.kill();
  }

  #killSoon(running: Running): void {
    running.killAtMs = Math.min(running.killAtMs, this.#options.nowMs() + MAX_STOP_MS);
  }
}

function describeEnd({ exitCode, signal, error }: WorkerEnd): string {
  if (error !== undefined) return `could not be started (${error})`;
  return signal === undefined ? `ended with exit code ${exitCode ?? 0}` : `was killed by ${signal}`;
}
