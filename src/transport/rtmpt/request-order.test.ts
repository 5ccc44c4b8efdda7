import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { MAX_REQUESTS_BEHIND_A_GAP, RequestOrder, type RequestPlace } from "./request-order.ts";

/** A request that comes, and its place; or "done": the next one is worked off. */
type Step = readonly [sequence: number, place: RequestPlace] | "done";

const CASES: Readonly<Record<string, readonly Step[]>> = {
  "the expected number": [[0, "in-line"], "done", [1, "in-line"], "done", [2, "in-line"]],
  "numbers that begin at 1": [[1, "in-line"], "done", [2, "in-line"]],
  "0 behind a first 1 is too late": [
    [1, "in-line"],
    [0, "old"],
  ],
  "several that wait to be worked off": [
    [0, "in-line"],
    [1, "in-line"],
    [2, "in-line"],
  ],
  "another TCP connection was faster": [
    [0, "in-line"],
    [2, "behind-gap"],
    [3, "behind-gap"],
    [1, "in-line"],
    [4, "in-line"],
  ],
  "a gap behind a gap": [
    [0, "in-line"],
    [2, "behind-gap"],
    [4, "behind-gap"],
    [1, "in-line"],
    [5, "behind-gap"],
    [3, "in-line"],
    [6, "in-line"],
  ],
  "the last worked off again": [[0, "in-line"], "done", [0, "last"], [0, "last"], [1, "in-line"]],
  "one that waits again": [
    [0, "in-line"],
    [0, "again"],
    [2, "behind-gap"],
    [2, "again"],
  ],
  "older than the last": [[0, "in-line"], "done", [1, "in-line"], "done", [0, "old"], [1, "last"]],
  "a first number in the middle": [[5, "behind-gap"]],
  "as far ahead as may be": [[MAX_REQUESTS_BEHIND_A_GAP, "behind-gap"]],
  "one further": [[MAX_REQUESTS_BEHIND_A_GAP + 1, "too-far"]],
  "the highest number": [
    [0, "in-line"],
    [0xffff_ffff, "too-far"],
  ],
};

describe("the place of a request in its session", () => {
  for (const [name, steps] of Object.entries(CASES)) {
    it(name, () => {
      const order = new RequestOrder();
      const found = steps.map((step) => {
        if (step !== "done") return [step[0], order.place(step[0])];
        order.advance();
        return step;
      });
      deepEqual(found, steps);
    });
  }

  it("names the request that others wait for", () => {
    const order = new RequestOrder();
    equal(order.missing, undefined);
    order.place(0);
    equal(order.missing, undefined);
    order.place(2);
    equal(order.missing, 1);
    order.place(1);
    equal(order.missing, undefined);
    equal(order.next, 0);
  });
});
