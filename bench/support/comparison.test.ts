import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { type LiveLoad, MILLRACE_LOW, NGINX, type Scenario, SRS_DEFAULT } from "../scenarios/scenario.ts";
import { type Comparison, compareRuns } from "./comparison.ts";
import { comparisonTable } from "./comparison-table.ts";
import type { Figures } from "./measures.ts";
import { withOtherCheckout } from "./other-checkout.ts";
import { runKey } from "./run-plan.ts";
import { compareTransports, doubtsOfTransports } from "./transport-comparisons.ts";

const LOAD: LiveLoad = { kind: "live", publishers: 1, viewers: 10, clip: "1" };

const SCENARIO: Scenario = {
  name: "ten",
  group: "some",
  isDefault: false,
  title: "ten viewers",
  runs: {
    millrace: { server: MILLRACE_LOW, load: LOAD },
    nginx: { server: NGINX, load: LOAD },
    srs: { server: SRS_DEFAULT, load: LOAD },
  },
  rows: [
    { measure: "cpu-per-gigabyte", of: "millrace", against: "nginx", target: { ratio: 0.6 } },
    { measure: "cpu-per-gigabyte", of: "millrace", against: "srs", target: { ratio: 0.5 } },
    { measure: "wake-ups", of: "millrace", target: { value: 5 } },
  ],
};

type Rounds = readonly (Figures | undefined)[];

function compare(rounds: { readonly [name: string]: Rounds }): Comparison[] {
  const byKey = new Map(Object.entries(SCENARIO.runs).map(([name, run]) => [runKey(run), rounds[name]]));
  return compareRuns(SCENARIO, (key) => byKey.get(key));
}

function costs(...values: readonly number[]): Rounds {
  return values.map((cost) => ({ cpu_s_per_GB: cost, wakeups_per_s: cost * 4 }));
}

test("the ratio is the median of those within each round, with the lowest and the highest", () => {
  const [first] = compare({ millrace: costs(1, 2, 3), nginx: costs(2, 2, 4) });
  deepEqual([first?.value, first?.peerValue], [2, 2]);
  deepEqual([first?.ratio, first?.ratioRange], [0.75, [0.5, 1]]);
  deepEqual([first?.peer, first?.isReached], ["nginx-rtmp", false]);
});

test("a target is reached at it, not above it", () => {
  const [ratio, value] = compare({ millrace: costs(1.2), nginx: costs(2) });
  deepEqual([ratio?.isReached, value?.isReached], [true, true]);
  const [worse, above] = compare({ millrace: costs(1.26), nginx: costs(2) });
  deepEqual([worse?.isReached, above?.isReached], [false, false]);
});

test("a figure whose peers were not measured stands alone, and once", () => {
  const alone = compare({ millrace: costs(1) });
  deepEqual(
    alone.map(({ measure, peer, ratio, target }) => [measure, peer, ratio, target]),
    [
      ["CPU-s/GB", undefined, undefined, undefined],
      ["wake-ups/s, all threads", undefined, undefined, { value: 5 }],
    ],
  );
  equal(compare({ millrace: costs(1), srs: costs(4) }).length, 2);
  deepEqual(compare({ nginx: costs(1) }), []);
});

test("a round that failed on one side has no ratio, and the others have", () => {
  const [row] = compare({ millrace: [...costs(1, 3), undefined], nginx: [undefined, ...costs(2, 5)] });
  deepEqual([row?.ratio, row?.value, row?.peerValue], [1.5, 2, 3.5]);
  const [none] = compare({ millrace: [undefined], nginx: costs(1) });
  equal(none, undefined);
});

test("the table tells ratios, targets and whether they are reached", () => {
  const table = comparisonTable(compare({ millrace: costs(1, 2, 3), nginx: costs(2, 2, 4) }));
  const [, , first = "", second = ""] = table.split("\n");
  match(
    first,
    /^\| ten +\| CPU-s\/GB +\| millrace \| nginx-rtmp \| +2\.000 \| +2\.000 \| +0\.75 \[0\.50\.\.1\.00\] \| ≤ 0\.60 × \| +no \|$/,
  );
  match(second, /\| +≤ 5\.0 \| +no \|$/);
  equal(
    new Set(
      table
        .trimEnd()
        .split("\n")
        .map((line) => line.length),
    ).size,
    1,
  );
});

test("transports are compared with plain RTMP of the same round", () => {
  const delivery = { loopDelayP99Ms: 1, megabitsPerSecond: 1, deliveredBytes: 1, viewersBehind: 0, residentBytes: 1 };
  const rounds = (...all: number[]) => all.map((cpuSecondsPerGigabyte) => ({ ...delivery, cpuSecondsPerGigabyte }));
  const [row, ...others] = compareTransports([
    { name: "rtmp", rounds: rounds(1, 2) },
    { name: "rtmps", rounds: rounds(3, 3) },
  ]);
  deepEqual([row?.server, row?.ratio, row?.ratioRange], ["millrace by rtmps", 2.25, [1.5, 3]]);
  const behind = [{ name: "ws", rounds: [...rounds(1), { ...delivery, cpuSecondsPerGigabyte: 1, viewersBehind: 2 }] }];
  deepEqual(doubtsOfTransports(behind), ["transports ws, round 2: 2 viewers fell behind"]);
  ok(others.length === 0);
});

test("another checkout is compared with in every figure of millrace, once", () => {
  const { runs, rows } = withOtherCheckout(SCENARIO);
  deepEqual(Object.keys(runs), ["millrace", "nginx", "srs", "other millrace"]);
  deepEqual(rows.slice(SCENARIO.rows.length), [
    { measure: "cpu-per-gigabyte", of: "millrace", against: "other millrace" },
    { measure: "wake-ups", of: "millrace", against: "other millrace" },
  ]);
});

test("two runs of one server are told apart by their names", () => {
  const runs = { healthy: { server: NGINX, load: LOAD }, stalled: { server: NGINX, load: { ...LOAD, stalled: 2 } } };
  const rows = [{ measure: "delay-p99", of: "stalled", against: "healthy" }] as const;
  const [row] = compareRuns({ ...SCENARIO, runs, rows }, () => [{ p99_ms: 3 }]);
  deepEqual([row?.server, row?.peer, row?.ratio], ["nginx-rtmp (stalled)", "nginx-rtmp (healthy)", 1]);
});
