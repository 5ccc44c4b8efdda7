// What it costs when several workers serve one port and each other's broadcasts: `node bench/worker-links.ts`. See
// docs/decisions/0030-worker-links-measured.md.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ACCEPT_WAYS } from "./links/accept-way.ts";
import { BYTES_PER_SECOND } from "./links/link-load.ts";
import { LINK_WAYS, type LinkWay } from "./links/link-way.ts";
import type { LinksQuestions } from "./links/links-program.ts";
import {
  type AcceptResult,
  acceptTable,
  type LinkResult,
  linkTable,
  summarizeAccepts,
  summarizeLinks,
} from "./links/links-report.ts";
import { measureAccept } from "./links/measure-accept.ts";
import { ChildProgram } from "./support/child-program.ts";
import { describeMachine } from "./support/machine.ts";
import { measureDelivery } from "./support/measure-delivery.ts";

const USAGE = `node bench/worker-links.ts [options]

Carries broadcasts of 2.6 Mbit/s from one worker to others, as processes and as threads, and has two workers accept the
connections of one port. Says what each way costs, also against serving 100 viewers of one such broadcast, and what happens
to connections that wait when a worker is killed. About four minutes.

  --rounds N   each measures everything once [2]
  --quick      a little of everything, to see that it works
  --json       prints every figure of every round as JSON
  --help
`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

type Extent = {
  readonly broadcasts: readonly number[];
  readonly receivers: readonly number[];
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly waiting: number;
  readonly viewers: number;
  readonly deliverySeconds: number;
};

const WHOLE: Extent = {
  broadcasts: [1, 20, 100],
  receivers: [1, 3],
  warmUpSeconds: 0.5,
  seconds: 1.2,
  connections: 3000,
  waiting: 200,
  viewers: 100,
  deliverySeconds: 5,
};
const QUICK: Extent = {
  broadcasts: [3],
  receivers: [2],
  warmUpSeconds: 0.1,
  seconds: 0.5,
  connections: 40,
  waiting: 10,
  viewers: 2,
  deliverySeconds: 0.3,
};
const OPENED_TOGETHER = 50;
/** What a broadcast is measured against: an audience that one worker has anyway. */
const COMPARED_VIEWERS = 100;

if (values.help) process.stdout.write(USAGE);
else await run(values.quick ? QUICK : WHOLE, values.quick ? 1 : roundsOf(values.rounds));

async function run(extent: Extent, rounds: number): Promise<void> {
  const machine = describeMachine();
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const links: LinkResult[] = [];
  const accepts: AcceptResult[] = [];
  const servingCosts: number[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      // In alternating order: what drifts meets all alike.
      const inOrder = <Value>(all: readonly Value[]): readonly Value[] => (round % 2 === 1 ? all : all.toReversed());
      for (const receivers of extent.receivers) {
        for (const broadcasts of extent.broadcasts) {
          for (const way of inOrder<LinkWay>(["none", ...LINK_WAYS])) {
            links.push(await measureLinkApart(extent, way, broadcasts, receivers, folder));
            report(round, rounds, `${broadcasts} broadcasts to ${receivers} by ${way}`);
          }
        }
      }
      for (const way of inOrder(ACCEPT_WAYS)) {
        const { connections, waiting } = extent;
        accepts.push({ way, figures: await measureAccept({ way, connections, waiting, together: OPENED_TOGETHER }) });
        report(round, rounds, `accepting by ${way}`);
      }
      servingCosts.push(await servingCost(extent, folder));
      report(round, rounds, "serving viewers");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const linkSummaries = summarizeLinks(links, servingCosts, COMPARED_VIEWERS * BYTES_PER_SECOND);
  const acceptSummaries = summarizeAccepts(accepts);
  if (values.json) {
    const all = { machine, linkSummaries, acceptSummaries, servingCosts, links, accepts };
    process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`);
    return;
  }
  const { processor, cores, platform, node, load } = machine;
  process.stdout.write(
    `\n${cores} × ${processor}, ${platform}, Node ${node}, load ${load.toFixed(1)} at the start\n\n`,
  );
  process.stdout.write(`${linkTable(linkSummaries)}\n${acceptTable(acceptSummaries)}`);
}

async function measureLinkApart(
  { warmUpSeconds, seconds }: Extent,
  way: LinkWay,
  broadcasts: number,
  receivers: number,
  parentFolder: string,
): Promise<LinkResult> {
  const program = new ChildProgram<LinksQuestions>(new URL("links/links-program.ts", import.meta.url));
  const folder = mkdtempSync(join(parentFolder, "l-"));
  try {
    const options = { way, broadcasts, receivers, warmUpSeconds, seconds, folder };
    return { way, broadcasts, receivers, seconds, figures: await program.ask("measure", options) };
  } finally {
    await program.stop();
  }
}

/** Processor seconds for each gigabyte that a server delivers to viewers. */
async function servingCost({ viewers, deliverySeconds }: Extent, certificateFolder: string): Promise<number> {
  const { cpuSecondsPerGigabyte } = await measureDelivery({
    scheme: "rtmp",
    pollDelayMs: 0,
    viewers,
    warmUpSeconds: 1,
    seconds: deliverySeconds,
    pace: 1,
    certificateFolder,
    serverOptions: [],
  });
  return cpuSecondsPerGigabyte;
}

function report(round: number, rounds: number, what: string): void {
  process.stderr.write(`round ${round} of ${rounds}: ${what}\n`);
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  throw new Error(`--rounds ${text} is no such number. See --help.`);
}
