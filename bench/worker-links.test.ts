import { equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import { ACCEPT_WAYS } from "./links/accept-way.ts";
import { LINK_WAYS } from "./links/link-way.ts";
import type { AcceptResult, AcceptSummary, LinkResult, LinkSummary } from "./links/links-report.ts";

const PROGRAM = join(ROOT, "bench", "worker-links.ts");

type Report = {
  readonly links: readonly LinkResult[];
  readonly accepts: readonly AcceptResult[];
  readonly linkSummaries: readonly LinkSummary[];
  readonly acceptSummaries: readonly AcceptSummary[];
};

test("every way carries flushes to all receivers, and every way to accept answers all", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, "--quick", "--json"]);
  const { links, accepts, linkSummaries, acceptSummaries }: Report = JSON.parse(stdout);
  for (const { way, figures } of links) {
    equal(figures.lostFlushes, 0, way);
    equal(figures.receivedMessages > 0, way !== "none", way);
    ok(way === "none" || figures.delayP50Ms > 0, way);
  }
  equal(linkSummaries.length, LINK_WAYS.length);
  for (const { figures, way } of accepts) {
    const { answered, lost, hanging } = figures.waiting;
    equal(answered + lost + hanging, 10, way);
    ok(figures.connectionsPerSecond > 0, way);
  }
  equal(acceptSummaries.length, ACCEPT_WAYS.length);
});

test("it tells what it can be asked", async () => {
  match((await promisify(execFile)(process.execPath, [PROGRAM, "--help"])).stdout, /--quick/);
});
