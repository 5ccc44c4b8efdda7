import { HEALTH_CODES, type HealthCode } from "./health-codes.ts";
import type { HealthFacts } from "./health-facts.ts";
import type { FindingLevel, HealthFinding } from "./health-report.ts";

/** Looks at the facts for one thing. */
export type Check = (facts: HealthFacts) => HealthFinding | undefined;

export function createFinding(code: HealthCode, level: FindingLevel, text: string): HealthFinding {
  return { code, level, text, advice: HEALTH_CODES[code].advice };
}

export function badIf(isBad: boolean): FindingLevel {
  return isBad ? "bad" : "warning";
}
