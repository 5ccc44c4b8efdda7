import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Comparison } from "./comparison.ts";
import { median } from "./statistics.ts";
import type { TransportResult } from "./transport-report.ts";

const PROGRAM = fileURLToPath(new URL("../transports.ts", import.meta.url));
const BASELINE = "rtmp";

export type TransportFindings = { readonly comparisons: readonly Comparison[]; readonly doubts: readonly string[] };

/** Runs `bench/transports.ts`, and puts what it found into rows of the table. */
export async function measureTransports(rounds: number, seconds: number | undefined): Promise<TransportFindings> {
  const options = ["--json", "--rounds", `${rounds}`, ...(seconds === undefined ? [] : ["--seconds", `${seconds}`])];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(process.execPath, [PROGRAM, ...options], (error, stdout) => {
    // It fails when viewers fell behind, and has its figures all the same.
    if (error === null || stdout !== "") resolve(stdout);
    else reject(error);
  });
  child.stderr?.pipe(process.stderr);
  const { results } = JSON.parse(await promise) as { readonly results: readonly TransportResult[] };
  return { comparisons: compareTransports(results), doubts: doubtsOfTransports(results) };
}

export function compareTransports(results: readonly TransportResult[]): Comparison[] {
  const plain = results.find(({ name }) => name === BASELINE)?.rounds ?? [];
  return results
    .filter(({ name }) => name !== BASELINE)
    .map(({ name, rounds }) => {
      const costs = rounds.map(({ cpuSecondsPerGigabyte }) => cpuSecondsPerGigabyte);
      const plainCosts = plain.map(({ cpuSecondsPerGigabyte }) => cpuSecondsPerGigabyte);
      const ratios = costs.map((cost, round) => cost / (plainCosts[round] ?? Number.NaN));
      return {
        scenario: "transports",
        measure: "CPU-s/GB",
        digits: 3,
        server: `millrace by ${name}`,
        value: median(costs),
        peer: `millrace by ${BASELINE}`,
        peerValue: median(plainCosts),
        ratio: median(ratios),
        ratioRange: [Math.min(...ratios), Math.max(...ratios)],
        target: undefined,
        isReached: undefined,
        isAlone: false,
      };
    });
}

export function doubtsOfTransports(results: readonly TransportResult[]): string[] {
  return results.flatMap(({ name, rounds }) =>
    rounds.flatMap(({ viewersBehind }, index) =>
      viewersBehind === 0 ? [] : [`transports ${name}, round ${index + 1}: ${viewersBehind} viewers fell behind`],
    ),
  );
}
