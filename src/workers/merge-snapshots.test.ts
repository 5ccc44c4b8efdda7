import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { BroadcastSample, BroadcastSnapshot, ConnectionSnapshot } from "../server/snapshots.ts";
import { mergeHistories, mergeSnapshots, parsePoolId, poolConnection } from "./merge-snapshots.ts";

function broadcast(name: string, parts: Partial<BroadcastSnapshot> = {}): BroadcastSnapshot {
  return {
    name,
    state: "live",
    tracks: [],
    viewers: { total: 0, byProtocol: {} },
    receivedBytes: 0,
    receivedMessages: 0,
    sentBytes: 0,
    heldBytes: 0,
    publications: 1,
    returns: 0,
    ...parts,
  };
}

const publisher = { connection: "7", protocol: "rtmp", remoteAddress: "192.0.2.1:5", client: "a test" } as const;

test("what is published counts at home, viewers count everywhere", () => {
  const home = broadcast("a", { publisher, receivedBytes: 5, sentBytes: 10, heldBytes: 3 });
  const viewers = { total: 3, byProtocol: { rtmp: 1, hls: 2 } };
  const mirror = broadcast("a", { viewers, receivedBytes: 99, sentBytes: 20, heldBytes: 4 });
  const other = broadcast("a", { viewers: { total: 1, byProtocol: { rtmp: 1 } } });
  const found = new Map([
    [1, [mirror]],
    [2, [broadcast("b"), home]],
    [3, [other]],
  ]);
  const [merged, alone] = mergeSnapshots(found, (name) => (name === "a" ? 2 : undefined));
  deepEqual(merged, {
    ...home,
    publisher: { ...publisher, connection: "2-7" },
    worker: 2,
    viewers: { total: 4, byProtocol: { rtmp: 2, hls: 2 } },
    sentBytes: 30,
    heldBytes: 7,
  });
  deepEqual(alone, broadcast("b"));
});

test("where the home is not known, who has the publisher is it", () => {
  const found = new Map([
    [1, [broadcast("a")]],
    [2, [broadcast("a", { publisher, receivedBytes: 5 })]],
  ]);
  const [merged] = mergeSnapshots(found, () => undefined);
  deepEqual([merged?.receivedBytes, merged?.worker], [5, 2]);
});

test("ids are those of the worker, with its number", () => {
  const connection: ConnectionSnapshot = {
    id: "15",
    protocol: "rtmp",
    remoteAddress: "192.0.2.1:5",
    client: "",
    app: "live",
    connectedAtMs: 0,
    publishing: [],
    playing: [],
    receivedBytes: 0,
    sentBytes: 0,
    unsentBytes: 0,
  };
  deepEqual(poolConnection(2, connection), { ...connection, id: "2-15", worker: 2 });
  deepEqual(parsePoolId("2-15"), { worker: 2, id: "15" });
  for (const bad of ["", "15", "-15", "2-", "x-1", "1234567-1"]) equal(parsePoolId(bad), undefined);
});

function samples(fromMs: number, viewers: readonly number[]): BroadcastSample[] {
  const still = { videoBitrate: 1, audioBitrate: 0, frameRate: 25 };
  return viewers.map((count, index) => ({ ...still, atMs: fromMs + index * 1000, viewers: count }));
}

test("the history is that of the home, with the viewers of all at that second", () => {
  const found = new Map([
    [1, samples(7_300, [10, 20, 30, 40, 50])],
    [2, samples(10_100, [1, 1, 1, 1])],
  ]);
  deepEqual(mergeHistories(found, 2), samples(10_100, [41, 51, 51, 1]));
  deepEqual(mergeHistories(new Map(), 2), []);
  deepEqual(mergeHistories(new Map([[1, samples(0, [1])]]), 2), samples(0, [1]));
});
