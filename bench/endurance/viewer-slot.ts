import type { PlayStream } from "../../src/client/play-stream.ts";
import { StatusError } from "../../src/client/status-error.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import type { ClientContext } from "./client-context.ts";
import { Continuity, type SeenSession } from "./continuity.ts";
import { SLOTS_TO_ONE_HEAVY } from "./frames.ts";
import { type OpenClient, openClient, pickScheme } from "./open-client.ts";
import type { Pace } from "./pace.ts";
import { broadcastName } from "./publisher-slot.ts";
import { SeededRandom } from "./seeded-random.ts";

/** One slot of so many has a single viewer, who stays. */
const SLOTS_TO_ONE_STAYER = 5;
/** A slow viewer reads for a moment, then not for another. */
const SLOW_READ_MS = 30;
const SLOW_PAUSE_MS = 970;
const CALL_PAUSE_MS = 500;

type ViewerBehaviour = "healthy" | "calling" | "stalled" | "slow";

/** What one viewer will do. */
type ViewerPlan = {
  readonly scheme: RtmpScheme;
  readonly name: string;
  readonly behaviour: ViewerBehaviour;
  readonly lifeMs: number;
  readonly stallMs: number;
  readonly end: "close" | "cut";
  readonly pauseMs: number;
};

/** What a viewer saw. */
export type View = {
  readonly viewer: string;
  readonly name: string;
  /** It read all the time, so it must have got everything. */
  readonly isHealthy: boolean;
  readonly sessions: readonly SeenSession[];
};

/** One viewer after the other until the season is over. */
export async function runViewerSlot(slot: number, publisherSlots: number, context: ClientContext): Promise<View[]> {
  const { season, seed, pace } = context;
  // Other numbers than those of the publishers.
  const random = new SeededRandom(seed, 1_000_000 + slot);
  const views: View[] = [];
  const stays = slot % SLOTS_TO_ONE_STAYER === 0;
  await season.wait(random.between([0, pace.viewerLife[0]]));
  for (let count = 0; !season.isOver; count++) {
    const plan = planViewer(random, publisherSlots, pace, stays);
    const viewer = `viewer ${slot}.${count} (${plan.behaviour}, ${plan.scheme}, ${plan.name})`;
    const view = await context.attempt(viewer, () => viewOnce(viewer, plan, context));
    if (view !== undefined) views.push(view);
    await season.wait(plan.pauseMs);
  }
  return views;
}

function planViewer(random: SeededRandom, publisherSlots: number, pace: Pace, stays: boolean): ViewerPlan {
  const scheme = pickScheme(random);
  const behaviour: ViewerBehaviour = stays
    ? "healthy"
    : random.pick([
        ["healthy", 10],
        ["calling", 3],
        ["stalled", 4],
        ["slow", 3],
      ]);
  const name = broadcastName(watchedSlot(random, publisherSlots, scheme, behaviour));
  return {
    scheme,
    name,
    behaviour,
    lifeMs: stays ? Number.POSITIVE_INFINITY : random.between(pace.viewerLife),
    stallMs: random.between(pace.stall),
    end: random.next() < 0.4 ? "cut" : "close",
    pauseMs: random.between(pace.viewerPause),
  };
}

/** Whose broadcast is watched. */
function watchedSlot(random: SeededRandom, slots: number, scheme: RtmpScheme, behaviour: ViewerBehaviour): number {
  const any = random.below(slots);
  const firstOfTen = any - (any % SLOTS_TO_ONE_HEAVY);
  const chance = random.next();
  // Only heavy media fills what the kernel holds for one that does not read.
  if (behaviour === "stalled" || behaviour === "slow") return chance < 0.6 ? firstOfTen : any;
  // A tunnel carries 64 KiB for each round trip: on a machine that others keep busy, too little for heavy media.
  if (scheme === "rtmpt" && any === firstOfTen) return Math.min(any + 1, slots - 1);
  return any;
}

async function viewOnce(viewer: string, plan: ViewerPlan, context: ClientContext): Promise<View> {
  const { counters } = context;
  const isHealthy = plan.behaviour === "healthy" || plan.behaviour === "calling";
  const continuity = new Continuity(isHealthy, (problem) => context.problem(`${viewer}: ${problem}`));
  const client = await openClient(plan.scheme, context.port);
  counters.connections++;
  const play = await client.connection.play(plan.name, {
    onStatus({ code }) {
      if (code === "NetStream.Play.UnpublishNotify") continuity.unpublished();
    },
  });
  counters.open++;
  play.onMessage((message) => {
    counters.frames++;
    continuity.receive(message);
  });
  await behave(viewer, plan, client, play, context);
  counters.open--;
  if (plan.end === "cut") {
    counters.cuts++;
    client.stream.destroy();
    await client.connection.closed;
  } else {
    await client.connection.close();
  }
  return { viewer, name: plan.name, isHealthy, sessions: continuity.sessions };
}

/** Returns at the end of the viewer's life. */
async function behave(
  viewer: string,
  { behaviour, lifeMs, stallMs }: ViewerPlan,
  { connection, stream }: OpenClient,
  play: PlayStream,
  context: ClientContext,
): Promise<void> {
  const { season, counters } = context;
  const endsAtMs = performance.now() + lifeMs;
  let isEnded = false;
  void play.ended.then(() => {
    isEnded = true;
  });
  const isAlive = (): boolean => !season.isOver && !isEnded && performance.now() < endsAtMs;
  const wait = async (milliseconds: number): Promise<void> =>
    await season.wait(Math.max(0, Math.min(milliseconds, endsAtMs - performance.now(), LONGEST_WAIT_MS)), play.ended);
  switch (behaviour) {
    case "healthy":
      while (isAlive()) await wait(lifeMs);
      break;
    case "calling":
      for (; isAlive(); await wait(CALL_PAUSE_MS)) await callSomething(viewer, connection, context);
      break;
    case "stalled":
      await wait(lifeMs / 2);
      counters.stalls++;
      stream.pause();
      await season.wait(stallMs, play.ended);
      stream.resume();
      await wait(lifeMs / 2);
      break;
    case "slow":
      while (isAlive()) {
        stream.pause();
        await wait(SLOW_PAUSE_MS);
        stream.resume();
        await wait(SLOW_READ_MS);
      }
      break;
  }
  if (!isEnded) return;
  counters.endedByServer++;
  const { description } = await play.ended;
  if (behaviour === "healthy" || behaviour === "calling") context.problem(`${viewer}: it was ended: ${description}`);
}

/** What a timer of Node can wait at most. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

async function callSomething(
  viewer: string,
  connection: OpenClient["connection"],
  context: ClientContext,
): Promise<void> {
  const { counters } = context;
  await connection.ping();
  const refusal: unknown = await connection.call("noSuchMethod", counters.calls).catch((error: unknown) => error);
  if (!(refusal instanceof StatusError)) context.problem(`${viewer}: a call was not refused: ${String(refusal)}`);
  counters.calls += 2;
}
