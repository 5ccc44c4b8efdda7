import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/** Whoever ends what a test started: a test's context, or `{ after }` of node:test for a whole suite. */
export type CleanUp = { after(end: () => Promise<void>): void };

/** A real peer that runs as a child process. It is killed at the end of its test at the latest. */
export type PeerProcess = {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended, however it did. Never rejects. */
  readonly done: Promise<PeerResult>;
  /** Asks the peer to end in order (SIGINT, twice if need be), kills it after `graceMs` (default 3 s), and waits for its end. */
  stop(graceMs?: number): Promise<PeerResult>;
  /** kill -9, as a crash or a lost host would. */
  kill(): Promise<PeerResult>;
  /** Resolves when the peer's standard error matches, from its start on; rejects when the peer ends or time is up. */
  untilStderr(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** The last lines of the peer's standard error so far. */
  stderrTail(): string;
};

export type PeerResult = {
  /** Null when a signal ended the peer. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It lived longer than it was allowed to, and was killed. */
  readonly isTimedOut: boolean;
  readonly stdout: string;
  readonly stderrTail: string;
};

export type PeerOptions = {
  /** How long the peer may live. @default 60_000 */
  readonly timeoutMs?: number;
  /** Called at once with the peer's standard input. Writing to a peer that has ended is no error. @default it is empty */
  readonly writeInput?: (input: Writable) => void;
};

const STDERR_TAIL_CHARACTERS = 8000;
const running = new Set<ChildProcess>();

/** Starts a program without a shell. */
export function startPeer(
  owner: CleanUp,
  command: string,
  parameters: readonly string[],
  options: PeerOptions = {},
): PeerProcess {
  killLeftoversAtExit();
  const { writeInput } = options;
  const child: ChildProcess = spawn(command, parameters, {
    stdio: [writeInput === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  running.add(child);
  child.stdin?.on("error", () => {});
  if (child.stdin !== null) writeInput?.(child.stdin);
  const watcher = new OutputWatcher(child);
  let isTimedOut = false;
  const deadline = setTimeout(() => {
    isTimedOut = true;
    child.kill("SIGKILL");
  }, options.timeoutMs ?? 60_000);
  const done = new Promise<PeerResult>((resolve) => {
    const settle = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(deadline);
      running.delete(child);
      watcher.end();
      resolve({ exitCode, signal, isTimedOut, stdout: watcher.stdout, stderrTail: watcher.stderr });
    };
    child.once("error", (error) => {
      watcher.note(error.message);
      settle(127, null);
    });
    child.once("close", settle);
  });
  const kill = async (): Promise<PeerResult> => {
    child.kill("SIGKILL");
    return await done;
  };
  owner.after(async () => {
    await kill();
  });
  return {
    name: command,
    pid: child.pid ?? -1,
    done,
    kill,
    async stop(graceMs = 3000): Promise<PeerResult> {
      child.kill("SIGINT");
      // FFmpeg gives up a read from a silent server only at the second signal.
      const reminder = setTimeout(() => child.kill("SIGINT"), 500);
      const killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      const result = await done;
      clearTimeout(reminder);
      clearTimeout(killer);
      return result;
    },
    untilStderr: (pattern, timeoutMs = 30_000) => watcher.until(command, pattern, timeoutMs),
    stderrTail: () => watcher.stderr,
  };
}

/** For tests: the peer must have ended by itself and well. */
export function assertEndedWell(peer: PeerProcess, result: PeerResult): void {
  if (result.exitCode === 0) return;
  const how = result.isTimedOut ? "was killed after its time" : `ended with ${result.exitCode ?? result.signal}`;
  throw new Error(`${peer.name} ${how}:\n${result.stderrTail}`);
}

class OutputWatcher {
  stdout = "";
  stderr = "";
  #hasEnded = false;
  readonly #waiters = new Set<() => void>();

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.note(text));
  }

  note(text: string): void {
    this.stderr = (this.stderr + text).slice(-STDERR_TAIL_CHARACTERS);
    for (const waiter of this.#waiters) waiter();
  }

  end(): void {
    this.#hasEnded = true;
    for (const waiter of this.#waiters) waiter();
  }

  until(name: string, pattern: RegExp, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = (): void => {
        if (pattern.test(this.stderr)) settle();
        else if (this.#hasEnded) settle(new Error(`${name} ended before it wrote ${pattern}:\n${this.stderr}`));
      };
      const timer = setTimeout(
        () => settle(new Error(`${name} did not write ${pattern} within ${timeoutMs} ms:\n${this.stderr}`)),
        timeoutMs,
      );
      this.#waiters.add(look);
      look();
    });
  }
}

let isWatchingExit = false;

/** A test file that is ended by the runner leaves no child behind. */
function killLeftoversAtExit(): void {
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.once("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
  process.once("SIGTERM", () => process.exit(143));
}
