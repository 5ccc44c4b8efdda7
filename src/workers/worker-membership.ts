import { rmdirSync } from "node:fs";
import { dirname } from "node:path";
import type { MediaServer } from "../server/media-server.ts";
import type { PoolEntrance } from "../server/pool.ts";
import { EventForwarder } from "./event-forwarder.ts";
import { answerInquiry } from "./inquiry-answers.ts";
import { Member } from "./member.ts";
import type { SupervisorMessage, WorkerMessage, WorkerStart } from "./messages.ts";
import { WorkerReporter } from "./worker-report.ts";

/** The talk with the supervisor, as a process has it by IPC. */
export type SupervisorChannel = {
  send(message: WorkerMessage): void;
  /** To be called once. `onGone` comes last: the supervisor has let go of this process, or is dead. */
  listen(events: { onMessage(message: SupervisorMessage): void; onGone(): void }): void;
};

/** The place of a program in a server of several processes. */
export type WorkerMembership = {
  /** Counts from 1; who replaces a worker has its number. */
  readonly worker: number;
  /** What the supervisor's program gives its workers. */
  readonly settings: unknown;
  /** The option of that name of `createMediaServer`, for one server. */
  readonly pool: PoolEntrance;
  /**
   * Starts the server, which was made with `pool`, and has it do what the supervisor says. Resolves when it has ended and the
   * supervisor has let go of it; rejects when the server cannot start, after the supervisor was told.
   */
  run(server: MediaServer): Promise<void>;
};

const REPORT_INTERVAL_MS = 1_000;

export function createMembership(start: WorkerStart, channel: SupervisorChannel): WorkerMembership {
  return new Membership(start, channel);
}

class Membership implements WorkerMembership {
  readonly pool: PoolEntrance;
  readonly #start: WorkerStart;
  readonly #channel: SupervisorChannel;
  readonly #gone = Promise.withResolvers<void>();
  #member: Member | undefined;
  #server: MediaServer | undefined;
  #forwarder: EventForwarder | undefined;
  #ended: Promise<void> | undefined;
  #isOrphan = false;

  constructor(start: WorkerStart, channel: SupervisorChannel) {
    this.#start = start;
    this.#channel = channel;
    this.pool = {
      worker: start.worker,
      secret: Buffer.from(start.secret, "hex"),
      listening: { reusesPorts: start.sharing === "reuse-port", ...(start.ports && { ports: start.ports }) },
      enter: (parts) => {
        if (this.#member !== undefined) throw new Error("one process has one server in the pool");
        this.#member = new Member(parts, start, channel);
        return this.#member;
      },
    };
    channel.listen({
      onMessage: (message) => this.#receive(message),
      onGone: () => this.#lose(),
    });
  }

  get worker(): number {
    return this.#start.worker;
  }

  get settings(): unknown {
    return this.#start.settings;
  }

  async run(server: MediaServer): Promise<void> {
    const member = this.#member;
    if (member === undefined) throw new Error("the server was not made with the membership's `pool`");
    this.#server = server;
    const reporter = new WorkerReporter(server, (name) => member.isHome(name));
    const report = (): void => this.#channel.send({ kind: "report", report: reporter.report() });
    const timer = setInterval(report, REPORT_INTERVAL_MS);
    this.#forwarder = new EventForwarder(server.monitor, this.#channel);
    try {
      await this.#startServer(server);
      await this.#gone.promise;
      await this.#ended;
      if (this.#isOrphan) this.#removeFolder();
    } finally {
      clearInterval(timer);
      reporter.close();
      this.#forwarder.close();
    }
  }

  async #startServer(server: MediaServer): Promise<void> {
    if (this.#ended !== undefined) return;
    try {
      await server.start();
    } catch (error) {
      // Stopped while it started: the supervisor knows.
      if (this.#ended !== undefined) return;
      this.#channel.send({ kind: "failed", reason: reasonOf(error) });
      throw error;
    }
    this.#channel.send({ kind: "ready", listeners: server.listeners, link: this.#start.link });
  }

  #receive(message: SupervisorMessage): void {
    switch (message.kind) {
      case "inquiry":
        return void (this.#server && answerInquiry(this.#server.monitor, this.#channel, message));
      case "reload":
        return void this.#reload();
      case "drain":
      case "stop":
        return this.#end(message.kind);
      default:
        this.#member?.receive(message);
    }
  }

  async #reload(): Promise<void> {
    try {
      await this.#server?.reload();
      this.#channel.send({ kind: "reloaded" });
    } catch (error) {
      this.#channel.send({ kind: "reloaded", reason: reasonOf(error) });
    }
  }

  #end(how: "drain" | "stop"): void {
    const before = this.#ended;
    const ended = this.#server?.[how]() ?? Promise.resolve();
    this.#ended = Promise.all([before, ended]).then(() => {});
    // Once, when the first is over: a stop ends what still drains.
    const tell = (): void => {
      this.#forwarder?.flush();
      this.#channel.send({ kind: "stopped" });
    };
    if (before === undefined) void this.#ended.then(tell, tell);
    // Told by `run`, perhaps later.
    this.#ended.catch(() => {});
  }

  /** Nobody knows any more what is whose. */
  #lose(): void {
    this.#isOrphan = this.#ended === undefined;
    if (this.#isOrphan) this.#end("drain");
    this.#gone.resolve();
  }

  /** Its supervisor is dead, and cannot: the last worker does. */
  #removeFolder(): void {
    try {
      rmdirSync(dirname(this.#start.link));
    } catch {
      // Other workers are still there.
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
