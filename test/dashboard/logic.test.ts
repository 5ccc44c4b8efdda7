import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { backOffMs } from "../../dashboard/data/back-off.ts";
import { broadcastRates, noteRates, serverRates } from "../../dashboard/data/rates.ts";
import type { Snapshot } from "../../dashboard/data/snapshot.ts";
import { broadcastHref, parseRoute } from "../../dashboard/parse-route.ts";
import { plainText, splitName, tracksInOrder, unplayableTracks } from "../../dashboard/words.ts";
import type { TrackSnapshot } from "../../src/server/snapshots.ts";
import { makeBroadcast, makeServer } from "./fixture-data.ts";

test("addresses lead to pages", () => {
  deepEqual(parseRoute(""), { page: "overview" });
  deepEqual(parseRoute("#/"), { page: "overview" });
  deepEqual(parseRoute("#/connections"), { page: "connections" });
  deepEqual(parseRoute("#/nowhere"), { page: "unknown" });
  deepEqual(parseRoute("#/broadcasts/live%2Fdemo"), { page: "broadcast", name: "live/demo" });
  deepEqual(parseRoute("#/broadcasts/live/demo"), { page: "broadcast", name: "live/demo" });
  deepEqual(parseRoute("#/broadcasts/100%"), { page: "broadcast", name: "100%" });
});

test("the address of any name leads back to it", () => {
  for (const name of [
    "live/demo",
    "a/b/c",
    "live/%2F",
    'live/"><script>',
    "live/#?&=",
    "live/日本",
    "live/a\nb",
    "live/\ud83d\ude00",
  ]) {
    deepEqual(parseRoute(broadcastHref(name)), { page: "broadcast", name });
  }
  equal(broadcastHref("live/\ud800"), "#/broadcasts/live%2F%EF%BF%BD");
});

test("waiting grows up to its most, and pages do not come back all at once", () => {
  equal(backOffMs(0, 1), 500);
  equal(backOffMs(0, 0), 250);
  equal(backOffMs(3, 1), 4000);
  equal(backOffMs(5, 1), 15_000);
  equal(backOffMs(1_000_000, 1), 15_000);
  equal(backOffMs(1_000_000, 0), 7500);
});

test("what text could hide or turn is shown", () => {
  equal(plainText("live/\u202egpj.exe"), "live/□gpj.exe");
  equal(plainText("a\u0000b\u200bc\nd"), "a□b□c□d");
  equal(plainText("日本 – <b>"), "日本 – <b>");
});

test("a name is an app and a key", () => {
  deepEqual(splitName("live/demo"), { app: "live", key: "demo" });
  deepEqual(splitName("live/a/b"), { app: "live", key: "a/b" });
  deepEqual(splitName("demo"), { app: "", key: "demo" });
});

test("video comes before audio, and default tracks before others", () => {
  const track = (kind: "audio" | "video", trackId: number, codec = "avc"): TrackSnapshot => {
    return { kind, trackId, codec, description: `${kind} ${trackId}` };
  };
  const tracks = [track("audio", 1), track("video", 2), track("audio", 0), track("video", 0)];
  deepEqual(
    tracksInOrder(tracks).map(({ description }) => description),
    ["video 0", "video 2", "audio 0", "audio 1"],
  );
  deepEqual(
    unplayableTracks([track("video", 0, "flv1"), track("audio", 0, "aac"), track("audio", 1, "speex")]).length,
    2,
  );
});

test("rates are the differences of counters", () => {
  const at = (seconds: number, receivedBytes: number): Snapshot => {
    const broadcast = { ...makeBroadcast(0, seconds), receivedBytes };
    return {
      server: { ...makeServer([broadcast], seconds), receivedBytes, cpuSeconds: seconds / 4 },
      broadcasts: [broadcast],
      total: 1,
    };
  };
  const snapshots = [at(10, 1000), at(11, 2000), at(13, 4000), at(13.1, 9000), at(14, 100)];
  for (const [index, snapshot] of snapshots.entries()) noteRates(snapshots[index - 1], snapshot);
  // Too soon after another to tell, and a counter that stepped back.
  deepEqual(broadcastRates("live/demo"), [8000, 8000]);
  deepEqual(serverRates.value.received, [8000, 8000, 0]);
  ok(serverRates.value.cpu.every((share) => Math.abs(share - 0.25) < 0.001));
  noteRates(at(14, 0), { ...at(15, 0), broadcasts: [], total: 0 });
  deepEqual(broadcastRates("live/demo"), []);
});

test("only the last minute is kept", () => {
  const at = (seconds: number): Snapshot => {
    const broadcast = { ...makeBroadcast(0, seconds), name: "live/long", receivedBytes: seconds * 100 };
    return { server: makeServer([broadcast], seconds), broadcasts: [broadcast], total: 1 };
  };
  for (let second = 1; second <= 200; second++) noteRates(at(second - 1), at(second));
  equal(broadcastRates("live/long").length, 60);
  equal(serverRates.value.sent.length, 60);
});
