import { equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { fakeContext } from "../../test/support/fake-context.ts";
import { ExitCode } from "./exit-codes.ts";
import { interruptible, unlessAborted } from "./interruptible.ts";

test("the first signal lets a command end in order, the second does not wait", async () => {
  const context = fakeContext();
  const orderly = interruptible(context, async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return ExitCode.Ok;
  });
  context.signal("SIGINT");
  equal(await orderly, ExitCode.Ok);
  const stuck = interruptible(context, () => new Promise(() => {}));
  context.signal("SIGINT");
  context.pass(50);
  context.signal("SIGINT"); // of the same key press, by npm
  context.pass(1000);
  context.signal("SIGTERM");
  equal(await stuck, ExitCode.Failed);
});

test("what a command rejects with is passed on", async () => {
  await rejects(
    interruptible(fakeContext(), async () => {
      throw new Error("broken");
    }),
    /broken/,
  );
});

test("a promise counts unless the signal aborts first", async () => {
  const stop = new AbortController();
  equal(await unlessAborted(Promise.resolve(1), stop.signal), 1);
  const never = unlessAborted(new Promise<number>(() => {}), stop.signal);
  stop.abort();
  equal(await never, undefined);
  equal(await unlessAborted(Promise.reject(new Error("late")), stop.signal), undefined);
});
