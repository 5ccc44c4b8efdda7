import type { PlotPlace, Run, Scenario } from "../scenarios/scenario.ts";

/** Runs that are interleaved, since they are compared with each other. */
export type Batch = {
  readonly scenarios: readonly Scenario[];
  /** Each but once, however many scenarios have it. */
  readonly runs: readonly PlannedRun[];
};

export type PlannedRun = {
  readonly key: string;
  readonly run: Run;
  /** Of the scenarios that have it. */
  readonly scenarios: readonly string[];
  readonly plots: readonly PlotPlace[];
};

/** What a run is found by: the same server under the same load is the same run. */
export function runKey({ server, load }: Run): string {
  return JSON.stringify([server, load]);
}

/** Scenarios that share a run come into one batch, in the order in which they are given. `isWanted` leaves runs out. */
export function planBatches(scenarios: readonly Scenario[], isWanted: (run: Run) => boolean): Batch[] {
  const batches: { scenarios: Scenario[]; runs: Map<string, Run> }[] = [];
  for (const scenario of scenarios) {
    const wanted = Object.values(scenario.runs).filter(isWanted);
    const runs = new Map(wanted.map((run) => [runKey(run), run]));
    const related = batches.filter((batch) => [...runs.keys()].some((key) => batch.runs.has(key)));
    const [first, ...others] = related;
    if (first === undefined) {
      batches.push({ scenarios: [scenario], runs });
      continue;
    }
    for (const batch of [...others, { scenarios: [scenario], runs }]) {
      first.scenarios.push(...batch.scenarios);
      for (const [key, run] of batch.runs) first.runs.set(key, run);
    }
    for (const other of others) batches.splice(batches.indexOf(other), 1);
  }
  return batches.map(({ scenarios: all, runs }) => ({
    scenarios: all,
    runs: Array.from(runs, ([key, run]) => plannedRun(key, run, all)),
  }));
}

function plannedRun(key: string, run: Run, scenarios: readonly Scenario[]): PlannedRun {
  const users = scenarios.flatMap(({ name, runs }) =>
    Object.values(runs)
      .filter((each) => runKey(each) === key)
      .map(({ plot }) => ({ name, plot })),
  );
  return {
    key,
    run,
    scenarios: [...new Set(users.map(({ name }) => name))],
    plots: users.flatMap(({ plot }) => plot ?? []),
  };
}

/** In alternating order: what drifts meets all of them alike. */
export function orderOfRound<Item>(items: readonly Item[], round: number): readonly Item[] {
  return round % 2 === 1 ? items : items.toReversed();
}
