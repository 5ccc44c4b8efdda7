import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { SCENARIOS, selectScenarios } from "../scenarios/all.ts";
import { type LiveLoad, MILLRACE_LOW, NGINX, type Run, type Scenario, SRS_DEFAULT } from "../scenarios/scenario.ts";
import { MEASURES } from "./measures.ts";
import { orderOfRound, planBatches } from "./run-plan.ts";
import { serverTitle } from "./server-starts.ts";

const ALL = (): boolean => true;

function scenario(name: string, runs: Readonly<Record<string, Run>>): Scenario {
  return { name, group: "some", isDefault: false, title: name, runs, rows: [] };
}

function load(viewers: number): LiveLoad {
  return { kind: "live", publishers: 1, viewers, clip: "1" };
}

const FIRST = scenario("first", {
  own: { server: MILLRACE_LOW, load: load(1) },
  nginx: { server: NGINX, load: load(1), plot: { name: "viewers", series: "nginx", at: 1 } },
});
const OTHER = scenario("other", { own: { server: MILLRACE_LOW, load: load(2) } });
const SECOND = scenario("second", {
  nginx: { server: NGINX, load: load(1) },
  srs: { server: SRS_DEFAULT, load: load(1) },
});

test("scenarios that share a run are one batch, and the run is there once", () => {
  const [both, other, ...more] = planBatches([FIRST, OTHER, SECOND], ALL);
  deepEqual(
    both?.runs.map(({ run, scenarios }) => [serverTitle(run.server), scenarios]),
    [
      ["millrace", ["first"]],
      ["nginx-rtmp", ["first", "second"]],
      ["SRS", ["second"]],
    ],
  );
  deepEqual(
    both?.runs.flatMap(({ plots }) => plots),
    [{ name: "viewers", series: "nginx", at: 1 }],
  );
  deepEqual(other?.scenarios, [OTHER]);
  deepEqual(more, []);
});

test("a scenario can join two batches that were apart", () => {
  const bridge = scenario("bridge", {
    first: { server: NGINX, load: load(1) },
    other: { server: MILLRACE_LOW, load: load(2) },
  });
  const batches = planBatches([FIRST, OTHER, bridge], ALL);
  equal(batches.length, 1);
  equal(batches[0]?.runs.length, 3);
});

test("runs of programs that are not there are left out", () => {
  const [batch] = planBatches([FIRST], ({ server }) => server.program === "millrace");
  equal(batch?.runs.length, 1);
});

test("every other round goes the other way", () => {
  deepEqual(orderOfRound([1, 2, 3], 1), [1, 2, 3]);
  deepEqual(orderOfRound([1, 2, 3], 2), [3, 2, 1]);
});

test("scenarios are selected by name, by group, as usual and all", () => {
  const names = (wanted: readonly string[]): string[] => selectScenarios(wanted).scenarios.map(({ name }) => name);
  deepEqual(names(["low-1000"]), ["low-1000"]);
  deepEqual(names(["idle"]), ["idle", "idle-viewers"]);
  deepEqual(
    names([]),
    SCENARIOS.filter(({ isDefault }) => isDefault).map(({ name }) => name),
  );
  equal(
    names(["all"]).some((name) => name.startsWith("growth")),
    false,
  );
  deepEqual(selectScenarios(["transports"]), { scenarios: [], hasTransports: true });
  equal(selectScenarios(["all"]).hasTransports, true);
  throws(() => selectScenarios(["low-1000", "lower"]), /There is no scenario lower\. See npm run bench -- --list/);
});

test("every scenario has a name of its own, and rows whose runs and measures there are", () => {
  equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
  for (const { name, runs, rows } of SCENARIOS) {
    ok(rows.length > 0, name);
    for (const row of rows) {
      ok(row.of in runs, `${name}: ${row.of}`);
      ok(row.against === undefined || row.against in runs, `${name}: ${row.against}`);
      ok(row.measure in MEASURES, `${name}: ${row.measure}`);
    }
  }
});
