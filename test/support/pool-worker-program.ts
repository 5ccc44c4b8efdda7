import { application, createMediaServer, method } from "../../src/server/index.ts";
import { joinWorkerPool } from "../../src/workers/join-worker-pool.ts";

// A worker that tells its clients which it is.

const membership = await joinWorkerPool();
const { worker, pool } = membership;
const whoami = application("live", { methods: { worker: method([], () => worker) } });
const publish = { busyName: "takeover-when-stale", staleAfterMs: 500 } as const;
await membership.run(
  createMediaServer({ listen: [{ host: "127.0.0.1", port: 0 }], applications: [whoami], publish, pool }),
);
