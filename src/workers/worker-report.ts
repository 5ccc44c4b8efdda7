import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MediaServer } from "../server/media-server.ts";
import { residentBytes } from "../server/resident-bytes.ts";
import type { WorkerReport } from "./messages.ts";

/** Rarely: a timer for it wakes an idle process up. */
const RESOLUTION_MS = 500;

/** Says what a worker does. */
export class WorkerReporter {
  readonly #server: Pick<MediaServer, "connectionCount" | "broadcasts">;
  readonly #isHome: (name: string) => boolean;
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;

  constructor(server: Pick<MediaServer, "connectionCount" | "broadcasts">, isHome: (name: string) => boolean) {
    this.#server = server;
    this.#isHome = isHome;
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delay.enable();
  }

  report(): WorkerReport {
    const { user, system } = process.cpuUsage();
    // What it measures is the distance of two timers.
    const loopDelayP99Ms = Math.max(0, this.#delay.percentile(99) / 1e6 - RESOLUTION_MS);
    this.#delay.reset();
    return {
      connections: this.#server.connectionCount,
      broadcasts: Array.from(this.#server.broadcasts, (broadcast) => {
        const { name, state, viewerCount, counters } = broadcast;
        const { receivedBytes, receivedMessages } = counters;
        return { name, isHome: this.#isHome(name), state, viewers: viewerCount, receivedBytes, receivedMessages };
      }),
      cpuSeconds: (user + system) / 1e6,
      residentBytes: residentBytes(),
      loopDelayP99Ms,
    };
  }

  close(): void {
    this.#delay.disable();
  }
}
