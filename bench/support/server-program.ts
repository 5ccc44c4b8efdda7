import { monitorEventLoopDelay } from "node:perf_hooks";
import { createMediaServer } from "../../src/server/media-server.ts";
import { answerQuestions } from "./child-program.ts";

/** The server of a measurement, in a process of its own. */
export type ServerQuestions = {
  /** Listens on a port of its own for every way in. */
  readonly start: {
    readonly details: { readonly certificateFolder: string };
    readonly answer: { readonly port: number };
  };
  readonly sample: { readonly details: undefined; readonly answer: ServerSample };
};

export type ServerSample = {
  /** User and system time of all threads since the start of the process. */
  readonly cpuSeconds: number;
  /** By how much timers came late since the last sample. */
  readonly loopDelayP99Ms: number;
  readonly residentBytes: number;
};

const MAX_CONNECTIONS = 100_000;
const DELAY_RESOLUTION_MS = 20;

const loopDelay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });

answerQuestions<ServerQuestions>({
  async start({ certificateFolder }) {
    const server = createMediaServer({
      listen: [{ host: "127.0.0.1", port: 0 }],
      tls: { selfSignedFolder: certificateFolder },
      limits: { maxConnections: MAX_CONNECTIONS, maxTunnels: MAX_CONNECTIONS },
    });
    await server.start();
    loopDelay.enable();
    return { port: server.listeners[0]?.port ?? 0 };
  },

  sample() {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    const loopDelayP99Ms = Math.max(0, loopDelay.percentile(99) / 1e6 - DELAY_RESOLUTION_MS);
    loopDelay.reset();
    return {
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
      loopDelayP99Ms,
      residentBytes: process.memoryUsage.rss(),
    };
  },
});
