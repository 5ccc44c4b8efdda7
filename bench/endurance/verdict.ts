import type { ServerSample } from "./endurance-server.ts";
import type { PublishedSession } from "./publisher-slot.ts";
import type { View } from "./viewer-slot.ts";

const MIB = 1024 * 1024;

/** A server without clients. */
export type IdleSample = ServerSample & {
  /** The loop delay of another process that did nothing in the same time: what the machine adds. */
  readonly besideDelayP99Ms: number;
  readonly idleCpuMsPerSecond: number;
};

/** How much more a server may hold when all have left than before they came, when as many had come and gone already. */
export type EnduranceBounds = {
  readonly descriptors: number;
  readonly resources: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly residentBytesEach: number;
  readonly idleCpuMsPerSecond: number;
  readonly loopDelayP99Ms: number;
};

export const ENDURANCE_BOUNDS: EnduranceBounds = {
  // Every socket belongs to somebody, and everybody has left.
  descriptors: 0,
  // Handles and timers: one that comes round at that moment counts.
  resources: 2,
  // Of V8, after a collection: code that was compiled meanwhile and the shapes of objects, but nothing for each client.
  heapUsedBytes: 4 * MIB,
  // Buffers, after a collection: Node's pools, some of 64 KiB.
  externalBytes: 4 * MIB,
  // For each process: what V8 and the allocator keep of the worst moment. After 8 and after 20 minutes it was
  // 66 and 63 MiB.
  residentBytesEach: 128 * MIB,
  // A timer each second and its likes: nothing may be walked through that clients have left behind.
  idleCpuMsPerSecond: 10,
  // At the 99th percentile, above that of the start and of another idle process: two time slices of a scheduler.
  loopDelayP99Ms: 10,
};

/** One line for each bound that is not kept. */
export function judgeServer(before: IdleSample, after: IdleSample, bounds: EnduranceBounds): string[] {
  const judge = (what: string, from: number, to: number, bound: number, unit: string, scale: number): string[] => {
    if (to - from <= bound) return [];
    const show = (value: number): string => (value / scale).toFixed(1);
    return [`${what}: ${show(from)} ${unit} before and ${show(to)} after, more than ${show(bound)} above`];
  };
  const besideMs = Math.max(before.loopDelayP99Ms, after.besideDelayP99Ms);
  const residentBound = bounds.residentBytesEach * after.processes;
  return [
    ...judge("descriptors", before.descriptors, after.descriptors, bounds.descriptors, "", 1),
    ...judge(
      `handles and timers (${resourceChange(before, after)})`,
      countOf(before),
      countOf(after),
      bounds.resources,
      "",
      1,
    ),
    ...judge("heap", before.heapUsedBytes, after.heapUsedBytes, bounds.heapUsedBytes, "MiB", MIB),
    ...judge("external memory", before.externalBytes, after.externalBytes, bounds.externalBytes, "MiB", MIB),
    ...judge("resident memory", before.residentBytes, after.residentBytes, residentBound, "MiB", MIB),
    ...judge("idle CPU", before.idleCpuMsPerSecond, after.idleCpuMsPerSecond, bounds.idleCpuMsPerSecond, "ms/s", 1),
    ...judge("loop delay p99", besideMs, after.loopDelayP99Ms, bounds.loopDelayP99Ms, "ms", 1),
  ];
}

/** One line for each publication that a viewer who stayed did not get up to its end. */
export function judgeViews(published: readonly PublishedSession[], views: readonly View[]): string[] {
  const bySession = new Map(published.map((session) => [session.session, session]));
  return views.flatMap(({ viewer, name, isHealthy, sessions }) =>
    sessions.flatMap(({ session, lastSequence, isOver }, index) => {
      const sent = bySession.get(session);
      if (sent === undefined) return [`${viewer}: publication ${session} is not known`];
      if (sent.name !== name) return [`${viewer}: publication ${session} of ${sent.name}`];
      if (lastSequence >= sent.sentMessages) return [`${viewer}: frame ${lastSequence} of ${session} was never sent`];
      const isCut = isHealthy && isOver && sent.isWhole && lastSequence !== sent.sentMessages - 1;
      if (!isCut) return [];
      const next = sessions[index + 1];
      const then = next === undefined ? "it was told its end" : `then came publication ${next.session}`;
      return [`${viewer}: got publication ${session} up to ${lastSequence} of ${sent.sentMessages} frames, ${then}`];
    }),
  );
}

/** How many publications were seen by healthy viewers up to an end in order: so that nothing was proved by nobody. */
export function countWholeViews(published: readonly PublishedSession[], views: readonly View[]): number {
  const whole = new Set(published.filter(({ isWhole }) => isWhole).map(({ session }) => session));
  const seen = views.filter(({ isHealthy }) => isHealthy).flatMap(({ sessions }) => sessions);
  return seen.filter(({ session, isOver }) => isOver && whole.has(session)).length;
}

function resourceChange(before: ServerSample, after: ServerSample): string {
  const changed = Object.entries(after.resources).filter(([name, count]) => count > (before.resources[name] ?? 0));
  return changed.map(([name, count]) => `${name} +${count - (before.resources[name] ?? 0)}`).join(", ");
}

function countOf({ resources }: ServerSample): number {
  return Object.values(resources).reduce((sum, count) => sum + count, 0);
}
