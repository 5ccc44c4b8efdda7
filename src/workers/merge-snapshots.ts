import type { BroadcastSample, BroadcastSnapshot, ClientProtocol, ConnectionSnapshot } from "../server/snapshots.ts";

/** The id of a connection among all workers. */
export function poolId(worker: number, id: string): string {
  return `${worker}-${id}`;
}

/** The worker, and the id there; undefined for what is no such id. */
export function parsePoolId(id: string): { readonly worker: number; readonly id: string } | undefined {
  const [, worker, own] = /^(\d{1,6})-(.+)$/.exec(id) ?? [];
  return worker === undefined || own === undefined ? undefined : { worker: Number(worker), id: own };
}

export function poolConnection(worker: number, connection: ConnectionSnapshot): ConnectionSnapshot {
  return { ...connection, id: poolId(worker, connection.id), worker };
}

/** Puts broadcasts together by name. `homeOf` knows where each is published. */
export function mergeSnapshots(
  found: ReadonlyMap<number, readonly BroadcastSnapshot[]>,
  homeOf: (name: string) => number | undefined,
): BroadcastSnapshot[] {
  const byName = new Map<string, Map<number, BroadcastSnapshot>>();
  for (const [worker, broadcasts] of found) {
    for (const broadcast of broadcasts) {
      const ofName = byName.get(broadcast.name) ?? new Map<number, BroadcastSnapshot>();
      byName.set(broadcast.name, ofName.set(worker, broadcast));
    }
  }
  return Array.from(byName, ([name, ofName]) => mergeOne(ofName, homeOf(name)));
}

/** What is published counts where its publisher is; viewers, and what they cost, count everywhere. */
function mergeOne(ofName: ReadonlyMap<number, BroadcastSnapshot>, known: number | undefined): BroadcastSnapshot {
  const all = [...ofName];
  const [worker, main] =
    all.find(([number]) => number === known) ??
    all.find(([, { publisher }]) => publisher !== undefined) ??
    (all[0] as (typeof all)[number]);
  const { publisher } = main;
  const byProtocol: Partial<Record<ClientProtocol, number>> = {};
  for (const { viewers } of ofName.values()) {
    for (const [protocol, count] of Object.entries(viewers.byProtocol)) {
      const name = protocol as ClientProtocol;
      byProtocol[name] = (byProtocol[name] ?? 0) + count;
    }
  }
  return {
    ...main,
    viewers: { total: sum(all, ({ viewers }) => viewers.total), byProtocol },
    sentBytes: sum(all, ({ sentBytes }) => sentBytes),
    heldBytes: sum(all, ({ heldBytes }) => heldBytes),
    ...(publisher && { publisher: { ...publisher, connection: poolId(worker, publisher.connection) }, worker }),
  };
}

function sum(
  all: readonly (readonly [number, BroadcastSnapshot])[],
  figure: (broadcast: BroadcastSnapshot) => number,
): number {
  return all.reduce((total, [, broadcast]) => total + figure(broadcast), 0);
}

/** The samples of the home, with the viewers of all. Each worker takes its samples at another part of a second. */
export function mergeHistories(
  found: ReadonlyMap<number, readonly BroadcastSample[]>,
  home: number | undefined,
): readonly BroadcastSample[] {
  const main = (home === undefined ? undefined : found.get(home)) ?? longest(found);
  const others = [...found.values()].filter((samples) => samples !== main).map(viewersBySecond);
  return main.map((sample) => {
    const second = Math.round(sample.atMs / 1000);
    const elsewhere = others.reduce((count, viewers) => count + viewersAt(viewers, second), 0);
    return elsewhere === 0 ? sample : { ...sample, viewers: sample.viewers + elsewhere };
  });
}

function longest(found: ReadonlyMap<number, readonly BroadcastSample[]>): readonly BroadcastSample[] {
  let longest: readonly BroadcastSample[] = [];
  for (const samples of found.values()) if (samples.length > longest.length) longest = samples;
  return longest;
}

function viewersBySecond(samples: readonly BroadcastSample[]): ReadonlyMap<number, number> {
  return new Map(samples.map(({ atMs, viewers }) => [Math.round(atMs / 1000), viewers]));
}

function viewersAt(viewers: ReadonlyMap<number, number>, second: number): number {
  return viewers.get(second) ?? viewers.get(second - 1) ?? viewers.get(second + 1) ?? 0;
}
