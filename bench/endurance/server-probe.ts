// Loaded into a server before itself (`--import`): says by a socket what the process holds. Nothing of it is in the product.

import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PROBE_FOLDER, type ProbeFigures } from "./probe-figures.ts";

const DELAY_RESOLUTION_MS = 10;

const folder = process.env[PROBE_FOLDER];
if (folder !== undefined) answerIn(folder);

function answerIn(folder: string): void {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const loopDelay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  loopDelay.enable();
  mkdirSync(folder, { recursive: true });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (request) => {
      if (request.toString() === "settled") collectGarbage();
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const figures: ProbeFigures = {
        residentBytes: rss,
        heapUsedBytes: heapUsed,
        externalBytes: external,
        arrayBufferBytes: arrayBuffers,
        cpuSeconds: (user + system) / 1e6,
        loopDelayP99Ms: Math.max(0, loopDelay.percentile(99) / 1e6 - DELAY_RESOLUTION_MS),
        loopDelayMaxMs: Math.max(0, loopDelay.max / 1e6 - DELAY_RESOLUTION_MS),
        resources: countByName(process.getActiveResourcesInfo()),
      };
      loopDelay.reset();
      socket.end(JSON.stringify(figures));
    });
  });
  server.listen(join(folder, `${process.pid}.sock`));
  server.unref();
}

function countByName(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
