import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CleanUp } from "../support/peer-process.ts";
import type { HostileServerOptions, LogLine, Measurement, ServerReport, ServerRequest } from "./server-process.ts";

export type ServerOptions = HostileServerOptions;

/** A server in a process of its own, so that its memory is its own, and its death is seen. */
export class HostileServer {
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #port = 0;
  #measurement: Measurement | undefined;
  #death: string | undefined;
  #standardError = "";

  constructor(owner: CleanUp, options: ServerOptions) {
    this.#child = fork(fileURLToPath(new URL("./server-process.ts", import.meta.url)), [], {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.#child.on("message", (report: ServerReport) => this.#take(report));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#standardError += text;
    });
    this.#child.once("exit", (exitCode, signal) => {
      this.#death = `the server died (${signal ?? exitCode})`;
      this.#look();
    });
    owner.after(async () => {
      this.#child.kill("SIGKILL");
    });
    this.#ask({ kind: "start", options });
  }

  get port(): number {
    return this.#port;
  }

  async started(): Promise<void> {
    await this.until("a listener", () => this.#port > 0);
  }

  /** What it holds after garbage collection. */
  async measure(): Promise<Measurement> {
    this.#measurement = undefined;
    this.#ask({ kind: "measure" });
    let measurement: Measurement | undefined;
    await this.until("a measurement", () => {
      measurement = this.#measurement;
      return measurement !== undefined;
    });
    return measurement ?? Promise.reject(new Error("no measurement"));
  }

  /** Waits for a line of the log with this code, or with this text in its message or reason. */
  async untilLogged(what: string, count = 1, timeoutMs?: number): Promise<void> {
    await this.until(`${count} × "${what}" in the log`, () => this.logged(what) >= count, timeoutMs);
  }

  /** How many lines have this code, or this text in their message or reason. */
  logged(what: string): number {
    return this.lines.filter(({ code, message, reason }) => code === what || `${message}\n${reason}`.includes(what))
      .length;
  }

  /** Looks again at each report. Rejects when the server dies, or after `timeoutMs`. */
  async until(what: string, isSo: () => boolean, timeoutMs = 20_000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        if (error === undefined) resolve();
        else reject(error);
      };
      const watch = (): void => {
        if (this.#death !== undefined) settle(new Error(`${this.#death}\n${this.#standardError}`));
        else if (isSo()) settle();
      };
      const timer = setTimeout(
        () => settle(new Error(`no ${what} within ${timeoutMs} ms\n${this.#logTail()}`)),
        timeoutMs,
      );
      this.#watchers.add(watch);
      watch();
    });
  }

  /** Waits until no more than so many broadcasts are there. */
  async untilForgotten(count: number): Promise<void> {
    for (const deadlineMs = performance.now() + 10_000; ; ) {
      const { broadcasts } = await this.measure();
      if (broadcasts <= count) return;
      if (performance.now() > deadlineMs) throw new Error(`${broadcasts} broadcasts are still there`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #ask(request: ServerRequest): void {
    if (this.#child.connected) this.#child.send(request);
  }

  #take(report: ServerReport): void {
    if (report.kind === "started") this.#port = report.port;
    else if (report.kind === "measured") this.#measurement = report.measurement;
    else this.lines.push(report.line);
    this.#look();
  }

  #look(): void {
    for (const watch of this.#watchers) watch();
  }

  #logTail(): string {
    return this.lines
      .slice(-20)
      .map(({ level, message, code, reason }) => `  ${level} ${message.slice(0, 200)} ${code} ${reason}`)
      .join("\n");
  }
}
