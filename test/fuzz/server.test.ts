import { ok } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { concatBytes } from "../../src/bytes/concat.ts";
import { fuzzSettings, recordedSessions } from "./fuzz-settings.ts";
import { FuzzedServer } from "./fuzzed-server.ts";
import { mutateSession } from "./mutate.ts";
import { Random } from "./random.ts";

const WARM_UP_ROUNDS = 300;
/** What the heap may be larger after all rounds than after the first. */
const MAX_GROWTH_BYTES = 16 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

async function heldBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const interleave of ["message", "chunk"] as const) {
  test(`whatever becomes of a real client's bytes, the server serves or closes, and says why: by ${interleave}`, async (t) => {
    const { rounds, seed } = fuzzSettings(3000);
    const sessions = recordedSessions("client").map(([, session]) => session);
    const server = new FuzzedServer(interleave);
    let before = 0;
    for (let round = 0; round < rounds; round++) {
      if (round === WARM_UP_ROUNDS) before = await heldBytes();
      const random = new Random(seed + round);
      const input = concatBytes(mutateSession(sessions, random));
      try {
        await server.feed(input, random);
      } catch (error) {
        throw new Error(`round ${round}: MILLRACE_FUZZ_SEED=${seed + round} MILLRACE_FUZZ_ROUNDS=1`, { cause: error });
      }
    }
    await server.end();
    const growth = rounds > WARM_UP_ROUNDS ? (await heldBytes()) - before : 0;
    t.diagnostic(
      `${rounds} rounds, ${server.seenFrames} frames came through, ${(growth / 1024 / 1024).toFixed(2)} MiB more`,
    );
    if (rounds > WARM_UP_ROUNDS) ok(server.seenFrames > rounds, "the inputs are mutated too much");
    ok(growth < MAX_GROWTH_BYTES, `${growth} bytes more are held`);
  });
}

test("what was recorded is served as it is", async () => {
  for (const [name, { handshake, chunks }] of recordedSessions("client")) {
    const server = new FuzzedServer("message");
    await server.feed(concatBytes([handshake, ...chunks]), new Random(1));
    const expected = name.includes("publish") ? "info publishing" : "info playing";
    ok(
      server.log.some((line) => line.startsWith(expected)),
      `${name}: ${server.log.join("\n")}`,
    );
    ok(!server.log.some((line) => line.startsWith("warn")), `${name}: ${server.log.join("\n")}`);
  }
});
