/**
 * A server on several cores: this file runs once as the supervisor and, started by it, in each worker.
 * Usage: node examples/12-several-cores.ts [port] [workers]
 */
import { createMediaServer } from "millrace";
import { createWorkerPool, joinWorkerPool } from "millrace/workers";

type Settings = { port: number };

async function work(): Promise<void> {
  const membership = await joinWorkerPool();
  const { worker, pool } = membership;
  const { port } = membership.settings as Settings;
  const server = createMediaServer({
    listen: [{ host: "127.0.0.1", port }],
    pool,
    hooks: {
      onPublish({ broadcastName }) {
        console.log(`worker ${worker} takes ${broadcastName} from its publisher`);
        return { allow: true };
      },
      onPlay({ broadcastName }) {
        console.log(`worker ${worker} gives ${broadcastName} to a viewer`);
        return { allow: true };
      },
    },
  });
  await membership.run(server);
}

async function supervise(): Promise<void> {
  const settings: Settings = { port: Number(process.argv[2] ?? 1935) };
  const workers = process.argv[3] === undefined ? "auto" : Number(process.argv[3]);
  const limits = { maxConnections: 5000 };
  const pool = createWorkerPool({ program: new URL(import.meta.url), workers, settings, limits, log: console });
  await pool.start();
  console.log(`publish to rtmp://127.0.0.1:${pool.listeners[0]?.port}/live`);
  const timer = setInterval(() => {
    for (const { name, home, viewers } of pool.statistics().broadcasts) {
      console.log(`${name} comes from worker ${home ?? "none"}, and has ${viewers} viewers in all`);
    }
  }, 1000);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      clearInterval(timer);
      void pool.drain();
    });
  }
}

await (process.env["MILLRACE_WORKER"] === undefined ? supervise() : work());
