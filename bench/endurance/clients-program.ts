import { answerQuestions } from "../support/child-program.ts";
import { ClientContext, type ClientCounters } from "./client-context.ts";
import type { Pace } from "./pace.ts";
import { type PublishedSession, runPublisherSlot } from "./publisher-slot.ts";
import { runViewerSlot, type View } from "./viewer-slot.ts";

/** Clients of an endurance run, in a process of their own: publishers or viewers. */
export type ClientsQuestions = {
  /** From here on they come and go. */
  readonly start: { readonly details: ClientsOptions; readonly answer: undefined };
  readonly progress: { readonly details: undefined; readonly answer: ClientsProgress };
  /** All leave, and no more come. */
  readonly finish: { readonly details: undefined; readonly answer: ClientsResult };
};

export type ClientsOptions = {
  readonly role: "publishers" | "viewers";
  readonly port: number;
  readonly seed: number;
  readonly pace: Pace;
  readonly publishers: number;
  readonly viewers: number;
};

export type ClientsProgress = ClientCounters & { readonly problems: number; readonly longestStandstillMs: number };

export type ClientsResult = {
  readonly counters: ClientCounters;
  readonly problems: readonly string[];
  readonly longestStandstillMs: number;
  readonly sessions: readonly PublishedSession[];
  readonly views: readonly View[];
};

type Running = {
  readonly context: ClientContext;
  readonly sessions: Promise<PublishedSession[][]>;
  readonly views: Promise<View[][]>;
};

let running: Running | undefined;

answerQuestions<ClientsQuestions>({
  start({ role, port, seed, pace, publishers, viewers }) {
    const context = new ClientContext(port, seed, pace);
    const slots = (count: number): number[] => Array.from({ length: count }, (_, slot) => slot);
    const [publisherSlots, viewerSlots] = role === "publishers" ? [slots(publishers), []] : [[], slots(viewers)];
    running = {
      context,
      sessions: Promise.all(publisherSlots.map((slot) => runPublisherSlot(slot, publishers, context))),
      views: Promise.all(viewerSlots.map((slot) => runViewerSlot(slot, publishers, context))),
    };
    return undefined;
  },

  progress() {
    const { counters, problems, longestStandstillMs } = runningContext().context;
    return { ...counters, problems: problems.length, longestStandstillMs };
  },

  async finish() {
    const { context, sessions, views } = runningContext();
    context.season.end();
    const result = {
      counters: context.counters,
      problems: context.problems,
      longestStandstillMs: context.longestStandstillMs,
      sessions: (await sessions).flat(),
      views: (await views).flat(),
    };
    context.close();
    return result;
  },
});

function runningContext(): Running {
  if (running === undefined) throw new Error("the clients have not been started");
  return running;
}
