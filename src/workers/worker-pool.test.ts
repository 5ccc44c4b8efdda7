import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connect } from "../client/index.ts";
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from "./index.ts";

const PROGRAM = new URL("../../test/support/pool-worker-program.ts", import.meta.url);

function poolOf(t: TestContext, options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  const pool = createWorkerPool({ program: PROGRAM, workers: 2, ...options });
  t.after(() => pool.kill());
  return pool;
}

for (const sharing of ["reuse-port", "cluster"] as const) {
  test(`${sharing}: whoever replaces a worker takes connections on the same port`, async (t) => {
    const replaced = Promise.withResolvers<void>();
    const info = (_: object, message: string): void => {
      if (/has taken the place/.test(message)) replaced.resolve();
    };
    const ignore = (): void => {};
    const pool = poolOf(t, { sharing, log: { debug: ignore, info, warn: ignore, error: ignore } });
    await pool.start();
    const url = `rtmp://127.0.0.1:${pool.listeners[0]?.port}/live`;
    const [first, second] = pool.statistics().workers;
    ok(first?.processId !== undefined);
    process.kill(first.processId, "SIGKILL");
    await replaced.promise;
    // The other one stands still: who gets in now was taken by the new one. By chance all would have to wait.
    ok(second?.processId !== undefined);
    process.kill(second.processId, "SIGSTOP");
    const connected = Array.from({ length: 20 }, () => connect(url));
    await Promise.any(connected);
    process.kill(second.processId, "SIGCONT");
    const connections = await Promise.all(connected);
    equal(pool.statistics().connections, 20);
    await Promise.all(connections.map((connection) => connection.close()));
    await pool.drain();
    deepEqual(
      pool.statistics().workers.map(({ processId }) => processId),
      [undefined, undefined],
    );
  });
}

test("limits are those of all workers", async (t) => {
  const pool = poolOf(t, { limits: { maxConnections: 1 } });
  await pool.start();
  const url = `rtmp://127.0.0.1:${pool.listeners[0]?.port}/live`;
  const connection = await connect(url);
  await rejects(connect(url));
  await connection.close();
  await pool.stop();
});

test("a program that cannot run is told of", async (t) => {
  const pool = poolOf(t, { program: new URL("data:text/javascript,"), workers: 1 });
  await rejects(pool.start(), /^Error: the worker could not be started \(/);
});

test("one that ends at once, too", async (t) => {
  const pool = poolOf(t, { program: new URL("./restart-delay.ts", import.meta.url) });
  await rejects(pool.start(), { message: "the worker ended with exit code 0 while it started" });
});

test("the number of workers is a whole one, from 1 on", () => {
  for (const workers of [0, -1, 1.5, Number.NaN]) {
    throws(
      () => createWorkerPool({ program: PROGRAM, workers }),
      /^RangeError: workers is .*, but must be a whole number/,
    );
  }
});
