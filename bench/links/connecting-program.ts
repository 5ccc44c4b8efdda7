import { connect, type Socket } from "node:net";
import { answerQuestions } from "../support/child-program.ts";

/** The clients of a measurement of accepting, in a process of their own. */
export type ConnectingQuestions = {
  /** Opens connections, some at a time, until each has heard from a worker; they stay open. */
  readonly connect: {
    readonly details: { readonly port: number; readonly count: number; readonly together: number };
    readonly answer: {
      readonly seconds: number;
      /** The worker that each got, in the order of answers. */
      readonly workers: readonly number[];
    };
  };
  /** Opens connections and waits for none of the workers. */
  readonly open: { readonly details: { readonly port: number; readonly count: number }; readonly answer: undefined };
  /** What has become of the opened ones after a time, or as soon as that is known. */
  readonly outcome: { readonly details: { readonly timeoutMs: number }; readonly answer: ConnectOutcome };
  readonly closeAll: { readonly details: undefined; readonly answer: undefined };
};

export type ConnectOutcome = {
  readonly answered: number;
  /** Reset or closed without a word. */
  readonly lost: number;
  /** Neither. */
  readonly hanging: number;
};

const sockets: Socket[] = [];
let outcomes: Promise<"answered" | "lost">[] = [];

answerQuestions<ConnectingQuestions>({
  async connect({ port, count, together }) {
    const workers: number[] = [];
    let started = 0;
    const startedAtMs = performance.now();
    const connectInTurn = async (): Promise<void> => {
      while (started++ < count) workers.push(await firstByte(port));
    };
    await Promise.all(Array.from({ length: together }, connectInTurn));
    return { seconds: (performance.now() - startedAtMs) / 1000, workers };
  },

  async open({ port, count }) {
    const opened = Array.from({ length: count }, () => openUnheard(port));
    outcomes = opened.map(({ outcome }) => outcome);
    await Promise.all(opened.map(({ isOpen }) => isOpen));
    return undefined;
  },

  async outcome({ timeoutMs }) {
    const { promise: over, resolve } = Promise.withResolvers<"hanging">();
    const timer = setTimeout(() => resolve("hanging"), timeoutMs);
    const all = await Promise.all(outcomes.map((outcome) => Promise.race([outcome, over])));
    clearTimeout(timer);
    const count = (kind: string): number => all.filter((outcome) => outcome === kind).length;
    return { answered: count("answered"), lost: count("lost"), hanging: count("hanging") };
  },

  closeAll() {
    // A reset leaves no port waiting for the next measurement.
    for (const socket of sockets.splice(0)) socket.resetAndDestroy();
    return undefined;
  },
});

async function firstByte(port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  sockets.push(socket);
  socket.once("data", (bytes: Uint8Array) => resolve(bytes[0] ?? 0));
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("a connection was closed without a word")));
  return await promise;
}

function openUnheard(port: number): { readonly isOpen: Promise<void>; readonly outcome: Promise<"answered" | "lost"> } {
  const open = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<"answered" | "lost">();
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  sockets.push(socket);
  socket.once("connect", open.resolve);
  socket.once("data", () => outcome.resolve("answered"));
  socket.once("error", () => {
    open.resolve();
    outcome.resolve("lost");
  });
  socket.once("close", () => outcome.resolve("lost"));
  return { isOpen: open.promise, outcome: outcome.promise };
}
