import type { Row, Run, Scenario } from "../scenarios/scenario.ts";

/** The scenario with a run of another checkout for each run of millrace, and each of its figures against that one's. */
export function withOtherCheckout(scenario: Scenario): Scenario {
  const others = new Map<string, Run>();
  for (const [name, run] of Object.entries(scenario.runs)) {
    if (run.server.program !== "millrace") continue;
    others.set(name, { server: { ...run.server, isOther: true }, load: run.load });
  }
  const rows = new Map<string, Row>();
  for (const { measure, at, of } of scenario.rows) {
    if (others.has(of)) rows.set(`${measure} ${at} ${of}`, { measure, ...(at && { at }), of, against: otherName(of) });
  }
  return {
    ...scenario,
    runs: { ...scenario.runs, ...Object.fromEntries(Array.from(others, ([name, run]) => [otherName(name), run])) },
    rows: [...scenario.rows, ...rows.values()],
  };
}

function otherName(name: string): string {
  return `other ${name}`;
}
