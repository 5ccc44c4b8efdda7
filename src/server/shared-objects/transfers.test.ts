import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Transfers } from "./transfers.ts";

test("only so much runs at a time, in order, and what fails makes room", async () => {
  const transfers = new Transfers(2);
  const log: string[] = [];
  const gates = ["a", "b", "c", "d"].map((name) => ({ name, ...Promise.withResolvers<void>() }));
  const done = gates.map(({ name, promise }) =>
    transfers.run(async () => {
      log.push(`begin ${name}`);
      await promise;
      return name;
    }),
  );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await settle();
  deepEqual(log, ["begin a", "begin b"]);
  const failed = rejects(done[1] ?? Promise.resolve(), /no/);
  gates[1]?.reject(new Error("no"));
  await failed;
  await settle();
  deepEqual(log.slice(2), ["begin c"]);
  gates[0]?.resolve();
  await settle();
  deepEqual(log.slice(3), ["begin d"]);
  for (const { resolve } of gates) resolve();
  deepEqual(await Promise.all([done[0], done[2], done[3]]), ["a", "c", "d"]);
  equal(await transfers.run(async () => "later"), "later");
});
