import { equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type LiveServer, startLiveServer } from "../../test/support/live-server.ts";
import type { CleanUp } from "../../test/support/peer-process.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { publish, watch } from "../../test/support/worker-pool.ts";
import type { Decision } from "../server/hooks.ts";
import type { MediaServerOptions } from "../server/options.ts";
import type { SupervisorMessage, WorkerMessage } from "./messages.ts";
import { createMembership } from "./worker-membership.ts";

type Claim = Extract<WorkerMessage, { readonly kind: "claim" }>;

type Worker = {
  readonly live: LiveServer;
  /** Several come at once, as they do between processes: no promise goes on in between. */
  tell(...messages: readonly SupervisorMessage[]): void;
  /** The next message of that kind, from now on. */
  next<Kind extends WorkerMessage["kind"]>(kind: Kind): Promise<Extract<WorkerMessage, { readonly kind: Kind }>>;
};

/** One worker, and a supervisor that decides about claims when the test says so. */
async function startWorker(owner: CleanUp, options: Pick<MediaServerOptions, "publish" | "hooks">): Promise<Worker> {
  const waiting = new Set<(message: WorkerMessage) => void>();
  let receive: (message: SupervisorMessage) => void = () => {};
  const send = (message: WorkerMessage): void => {
    for (const look of [...waiting]) look(message);
    const isAsked = message.kind === "admit" || message.kind === "watch";
    if (isAsked) setImmediate(() => receive({ kind: "answer", id: message.id }));
  };
  const link = `${temporaryFolder(owner)}/1`;
  const { pool } = createMembership(
    { kind: "start", worker: 1, link, sharing: "cluster", secret: "07".repeat(32) },
    {
      send,
      listen: ({ onMessage }) => {
        receive = onMessage;
      },
    },
  );
  return {
    live: await startLiveServer(owner, { ...options, pool }),
    tell: (...messages) => {
      for (const message of messages) receive(message);
    },
    next: <Kind extends WorkerMessage["kind"]>(kind: Kind) =>
      new Promise<Extract<WorkerMessage, { readonly kind: Kind }>>((resolve) => {
        const look = (message: WorkerMessage): void => {
          if (message.kind !== kind) return;
          waiting.delete(look);
          resolve(message as Extract<WorkerMessage, { readonly kind: Kind }>);
        };
        waiting.add(look);
      }),
  };
}

const allowed = ({ id }: Claim): SupervisorMessage => ({ kind: "answer", id });
const toYield = (id: number): SupervisorMessage => ({ kind: "yield", id, name: "live/key", publisher: "another" });

/** Publishes when the supervisor allows it, and has somebody watch. */
async function publishWatched(t: TestContext, worker: Worker) {
  const claimed = worker.next("claim");
  const publishing = publish(t, worker.live);
  worker.tell(allowed(await claimed));
  await watch(t, worker.live);
  return await publishing;
}

test("a name that is wanted elsewhere in the moment in which a client here gets it: the client has it first", async (t) => {
  const worker = await startWorker(t, { publish: { busyName: "takeover" } });
  await publishWatched(t, worker);
  const first = worker.next("yielded");
  worker.tell(toYield(1));
  equal((await first).refusal, undefined);
  // What stands for the other worker is live here, since somebody watches.
  const claimed = worker.next("claim");
  const publishing = publish(t, worker.live);
  const claim = await claimed;
  const second = worker.next("yielded");
  worker.tell(allowed(claim), toYield(2));
  equal((await second).claim, claim.id);
  await (await publishing).stream.ended;
});

test("who waited here for a silent publisher asks again when the name has gone elsewhere meanwhile", async (t) => {
  const { promise: bothAsked, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const onPublish = (): Decision => {
    if (++asked === 2) setImmediate(resolve);
    return { allow: true };
  };
  const worker = await startWorker(t, { publish: { staleAfterMs: 1000 }, hooks: { onPublish } });
  const silent = await publishWatched(t, worker);
  const publishing = publish(t, worker.live);
  await bothAsked;
  silent.breakOff();
  await worker.live.until("connection closed");
  const claimed = worker.next("claim");
  worker.tell(toYield(1));
  // Where it was faster, it has the name for as long as any that sends nothing.
  await Promise.race([
    claimed.then(({ id }) => worker.tell({ kind: "answer", id, refusal: "It lives." })),
    publishing.then(({ stream }) => stream.ended),
  ]);
  await publishing.then(
    ({ stream }) => stream.close(),
    () => {},
  );
});
