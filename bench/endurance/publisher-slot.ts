import { setTimeout as sleep } from "node:timers/promises";
import type { PublishStream } from "../../src/client/publish-stream.ts";
import { StatusError } from "../../src/client/status-error.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import type { ClientContext } from "./client-context.ts";
import { CONFIGS, frameOf, profileOf, sessionNumber } from "./frames.ts";
import { halfMessage, type OpenClient, openClient, pickScheme } from "./open-client.ts";
import type { Pace } from "./pace.ts";
import { SeededRandom } from "./seeded-random.ts";

/** What one publisher will do: all of it is decided before it begins. */
type PublisherPlan = {
  readonly scheme: RtmpScheme;
  /** The slot whose name is published. */
  readonly nameOf: number;
  readonly lifeMs: number;
  /** Sends nothing for so long in the middle of its life. */
  readonly stallMs: number;
  readonly end: "close" | "cut" | "cut-in-message";
  readonly pauseMs: number;
};

const SENT_CHECK_MS = 20;

/** What came of a publication. */
export type PublishedSession = {
  readonly session: number;
  readonly name: string;
  readonly sentMessages: number;
  /** It ended in order, and all of it had been taken. */
  readonly isWhole: boolean;
};

export function broadcastName(slot: number): string {
  return `endurance-${slot}`;
}

/** One publisher after the other until the season is over. */
export async function runPublisherSlot(
  slot: number,
  slots: number,
  context: ClientContext,
): Promise<PublishedSession[]> {
  const { season, seed, pace } = context;
  const random = new SeededRandom(seed, slot);
  const sessions: PublishedSession[] = [];
  await season.wait(random.between([0, pace.publisherLife[0]]));
  for (let count = 0; !season.isOver; count++) {
    const plan = planPublisher(random, slot, slots, pace);
    const published = await context.attempt(`publisher ${slot}.${count} by ${plan.scheme}`, () =>
      publishOnce(plan, sessionNumber(slot, count), context),
    );
    if (published !== undefined) sessions.push(published);
    await season.wait(plan.pauseMs);
  }
  return sessions;
}

function planPublisher(random: SeededRandom, slot: number, slots: number, pace: Pace): PublisherPlan {
  const scheme = pickScheme(random);
  // Now and then somebody else's name: it is refused, or taken over where that publisher has fallen silent.
  const nameOf = random.next() < 0.08 ? random.below(slots) : slot;
  const lifeMs = random.between(pace.publisherLife);
  const stallMs = random.next() < 0.2 ? random.between(pace.stall) : 0;
  const end = random.pick([
    ["close", 5],
    ["cut", 3],
    ["cut-in-message", 2],
  ] as const);
  const pauseMs = random.between(random.next() < 0.6 ? pace.pauseWithinGrace : pace.pauseAfterGrace);
  return { scheme, nameOf, lifeMs, stallMs, end, pauseMs };
}

async function publishOnce(
  plan: PublisherPlan,
  session: number,
  context: ClientContext,
): Promise<PublishedSession | undefined> {
  const { counters, season } = context;
  const client = await openClient(plan.scheme, context.port);
  counters.connections++;
  const name = broadcastName(plan.nameOf);
  let publication: PublishStream;
  try {
    publication = await client.connection.publish(name);
  } catch (error) {
    await client.connection.close();
    if (!(error instanceof StatusError)) throw error;
    counters.refusals++;
    return undefined;
  }
  counters.open++;
  const sender = new FrameSender(publication, session);
  const stopSending = context.onTick((nowMs) => sender.send(nowMs));
  await season.wait(plan.lifeMs / 2, publication.ended);
  if (plan.stallMs > 0) {
    counters.stalls++;
    sender.isStalled = true;
    await season.wait(plan.stallMs, publication.ended);
    sender.isStalled = false;
  }
  await season.wait(plan.lifeMs / 2, publication.ended);
  stopSending();
  counters.open--;
  const isWhole = plan.end === "close" && (await isAllTaken(client, publication));
  // The server ended it: another publisher took the name, or it was silent for too long.
  if (publication.isOver) counters.endedByServer++;
  await endPublisher(plan, client, publication, context);
  return { session, name, sentMessages: sender.sentMessages, isWhole };
}

/** Whether the server has taken all that was sent: it answers what comes behind, and has ended nothing before that. */
async function isAllTaken({ connection }: OpenClient, publication: PublishStream): Promise<boolean> {
  // A call overtakes what still waits here.
  while (!publication.isOver && publication.statistics.waitingBytes > 0) await sleep(SENT_CHECK_MS);
  const refusal: unknown = await connection.call("areYouThere").catch((error: unknown) => error);
  return refusal instanceof StatusError && !publication.isOver;
}

async function endPublisher(
  { end, scheme }: PublisherPlan,
  { connection, stream }: OpenClient,
  publication: PublishStream,
  { counters }: ClientContext,
): Promise<void> {
  if (end === "close") {
    await publication.close();
    await connection.close();
    return;
  }
  counters.cuts++;
  // What is not encrypted would be no message at all.
  if (end === "cut-in-message" && scheme !== "rtmpe") stream.write([halfMessage()]);
  stream.destroy();
  await connection.closed;
}

/** Sends the frames of a publication when they are due. After a stall it goes on from there: it has no catching up to do. */
class FrameSender {
  isStalled = false;
  readonly #publication: PublishStream;
  readonly #session: number;
  readonly #periodMs: number;
  #sentMessages = 0;
  #nextAtMs: number | undefined;

  constructor(publication: PublishStream, session: number) {
    this.#publication = publication;
    this.#session = session;
    this.#periodMs = 1000 / profileOf(session).messagesPerSecond;
    publication.setMetadata({ width: 640, height: 360, session });
    for (const config of CONFIGS) publication.write(config);
  }

  get sentMessages(): number {
    return this.#sentMessages;
  }

  send(nowMs: number): void {
    this.#nextAtMs ??= nowMs;
    if (this.isStalled) {
      this.#nextAtMs = nowMs;
      return;
    }
    for (; this.#nextAtMs <= nowMs && !this.#publication.isOver; this.#nextAtMs += this.#periodMs) {
      this.#publication.write(frameOf(this.#session, this.#sentMessages));
      this.#sentMessages++;
    }
  }
}
