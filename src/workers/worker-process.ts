import type { ChildProcess } from "node:child_process";
import type { PortSharing, SupervisorMessage, WorkerMessage } from "./messages.ts";
import { forkWorker, type WorkerProgram } from "./port-sharing.ts";

/** How a process has ended, in words and for logs. */
export type WorkerEnd = { readonly exitCode?: number; readonly signal?: string; readonly error?: string };

export type WorkerProcessEvents = {
  onMessage(message: WorkerMessage): void;
  /** Called once, after the last message. */
  onEnd(end: WorkerEnd): void;
};

/** One process, and the talk with it. */
export class WorkerProcess {
  readonly #child: ChildProcess | undefined;
  readonly #events: WorkerProcessEvents;
  #isOver = false;

  constructor(sharing: PortSharing, program: WorkerProgram, events: WorkerProcessEvents) {
    this.#events = events;
    try {
      this.#child = forkWorker(sharing, program);
      this.#listen(this.#child);
    } catch (error) {
      // Like any other end: not before anybody has this object.
      queueMicrotask(() => this.#end({ error: error instanceof Error ? error.message : String(error) }));
    }
  }

  /** Undefined where it could not be started. */
  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** To one that is gone: nothing happens. */
  send(message: SupervisorMessage): void {
    // That it is gone is told by its exit.
    if (this.#child?.connected) this.#child.send(message, () => {});
  }

  /** Lets go of it: it ends by itself. */
  release(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  #listen(child: ChildProcess): void {
    child.on("message", (message) => {
      if (!this.#isOver) this.#events.onMessage(message as WorkerMessage);
    });
    // Without a process there is no exit.
    child.on("error", (error) => {
      if (child.pid === undefined) this.#end({ error: error.message });
    });
    child.once("exit", (exitCode, signal) => {
      const end = { ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }) };
      // Its last words may still be on their way.
      if (child.connected) child.once("disconnect", () => this.#end(end));
      else this.#end(end);
    });
  }

  #end(end: WorkerEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onEnd(end);
  }
}
