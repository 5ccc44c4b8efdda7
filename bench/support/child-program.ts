import { type ChildProcess, fork } from "node:child_process";

type Answer = { readonly value: unknown } | { readonly error: string };

/** What a program can be asked: by its name, the question's details and the answer. */
export type Questions = Record<string, { readonly details: unknown; readonly answer: unknown }>;

/**
 * A program in a process of its own, which answers questions one at a time. It ends when this process does. What it writes
 * goes to the standard error.
 */
export class ChildProgram<Asked extends Questions> {
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;

  /** Through the `prefix` of a command the program can be started in surroundings of its own: then in a session of its own, too. */
  constructor(file: URL, nodeOptions: readonly string[] = [], prefix: readonly string[] = []) {
    const [execPath = process.execPath, ...execArgv] = [...prefix, process.execPath, ...nodeOptions];
    const child = fork(file, [], { execPath, execArgv, detached: prefix.length > 0, stdio: ["ignore", 2, 2, "ipc"] });
    const { promise, resolve } = Promise.withResolvers<string>();
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? code}`));
    this.#child = child;
    this.#exited = promise;
  }

  /** Rejects when the program fails to answer, and when it has ended. */
  async ask<Name extends keyof Asked & string>(
    name: Name,
    details: Asked[Name]["details"],
  ): Promise<Asked[Name]["answer"]> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const onAnswer = (answer: Answer): void => {
      if ("error" in answer) reject(new Error(answer.error));
      else resolve(answer.value);
    };
    this.#child.once("message", onAnswer);
    void this.#exited.then((how) => reject(new Error(`the program that was asked "${name}" is gone: ${how}`)));
    if (this.#child.connected) this.#child.send({ name, details });
    try {
      return await promise;
    } finally {
      this.#child.off("message", onAnswer);
    }
  }

  /** Resolves when the process has ended. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}

/** The other side: answers what the parent process asks, until it lets go of this one. */
export function answerQuestions<Asked extends Questions>(
  answers: {
    readonly [Name in keyof Asked]: (
      details: Asked[Name]["details"],
    ) => Asked[Name]["answer"] | Promise<Asked[Name]["answer"]>;
  },
): void {
  const answer = async (name: keyof Asked, details: unknown): Promise<Answer> => {
    try {
      return { value: await answers[name](details) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
  process.on("message", ({ name, details }: { readonly name: keyof Asked; readonly details: unknown }) => {
    void answer(name, details).then((answered) => process.send?.(answered));
  });
  // Here a profile is written, if one was asked for.
  process.once("disconnect", () => process.exit());
}
