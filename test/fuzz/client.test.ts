import { ok } from "node:assert/strict";
import { test } from "node:test";
import { fuzzSettings, recordedSessions } from "./fuzz-settings.ts";
import { feedClient } from "./fuzzed-client.ts";
import { mutateSession } from "./mutate.ts";
import { Random } from "./random.ts";

const MAX_INPUT_MS = 10_000;
/** Here the numbers of the calls were others than our client gives its own when it is answered step by step. */
const OTHER_NUMBERS = ["ffmpeg-listen", "gstreamer-publish"];

for (const kind of ["publish", "play"] as const) {
  test(`whatever becomes of a real server's bytes, our client serves or says why it ends: ${kind}`, async (t) => {
    const { rounds, seed } = fuzzSettings(2000);
    const all = recordedSessions("server");
    const fitting = all.filter(([name]) => name.includes(kind) || (kind === "publish" && name.includes("listen")));
    // Some are answered as if they had asked for something else.
    const sessions = [...fitting, ...fitting, ...all].map(([, session]) => session);
    const outcomes = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const random = new Random(seed + round);
      const pieces = mutateSession(sessions, random);
      const startedMs = performance.now();
      try {
        const outcome = (await feedClient(kind, pieces, random)).slice(0, 40);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        ok(performance.now() - startedMs < MAX_INPUT_MS, "an input that takes too long");
      } catch (error) {
        throw new Error(`round ${round}: MILLRACE_FUZZ_SEED=${seed + round} MILLRACE_FUZZ_ROUNDS=1`, { cause: error });
      }
    }
    const most = [...outcomes].sort(([, left], [, right]) => right - left).slice(0, 30);
    for (const [outcome, count] of most) t.diagnostic(`${count} × ${outcome}`);
    if (rounds > 100)
      ok(
        most.some(([outcome]) => outcome.startsWith("open")),
        "no input was good enough to open a stream",
      );
  });
}

test("what was recorded opens a stream as it is", async () => {
  for (const [name, { handshake, chunks }] of recordedSessions("server")) {
    if (OTHER_NUMBERS.some((other) => name.startsWith(other))) continue;
    const kind = name.includes("play") ? "play" : "publish";
    const outcome = await feedClient(kind, [handshake, ...chunks], new Random(1));
    ok(outcome.startsWith("open"), `${name}: ${outcome}`);
  }
});
