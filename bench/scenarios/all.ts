import { CONNECTIONS } from "./connections.ts";
import { FAN_OUT } from "./fan-out.ts";
import { GROWTH } from "./growth.ts";
import { HLS } from "./hls.ts";
import { HTTP_FLV } from "./http-flv.ts";
import { IDLE } from "./idle.ts";
import { PUBLISHERS } from "./publishers.ts";
import type { Scenario } from "./scenario.ts";
import { STALLED_VIEWERS } from "./stalled.ts";

/** What each transport costs: `bench/transports.ts` measures that by itself. */
export const TRANSPORTS = "transports";

/** What the table of goals has. */
const GOALS: readonly Scenario[] = [
  ...FAN_OUT,
  ...PUBLISHERS,
  ...CONNECTIONS,
  ...IDLE,
  ...STALLED_VIEWERS,
  ...HLS,
  ...HTTP_FLV,
];

export const SCENARIOS: readonly Scenario[] = [...GOALS, ...GROWTH];

export type Selection = { readonly scenarios: readonly Scenario[]; readonly hasTransports: boolean };

/**
 * Scenarios by their names or those of their groups; none: the ones for every day; `all`: the table of goals. Fails for a name
 * that there is not.
 */
export function selectScenarios(names: readonly string[]): Selection {
  if (names.length === 0) return { scenarios: SCENARIOS.filter(({ isDefault }) => isDefault), hasTransports: false };
  const unknown = names.find(
    (name) => name !== "all" && name !== TRANSPORTS && !SCENARIOS.some((each) => isCalled(each, name)),
  );
  if (unknown !== undefined) throw new Error(`There is no scenario ${unknown}. See npm run bench -- --list.`);
  const isAll = names.includes("all");
  return {
    scenarios: SCENARIOS.filter(
      (scenario) => (isAll && GOALS.includes(scenario)) || names.some((name) => isCalled(scenario, name)),
    ),
    hasTransports: isAll || names.includes(TRANSPORTS),
  };
}

function isCalled({ name, group }: Scenario, wanted: string): boolean {
  return name === wanted || group === wanted;
}
