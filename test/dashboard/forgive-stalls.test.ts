import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import Hls from "hls.js";
import { forgiveStalls } from "../../dashboard/players/forgive-stalls.ts";

/** Tells what hls.js would tell, at times of its own. Returns what was set. */
function tell(told: readonly (readonly [atMs: number, event: string, data: object])[]): readonly number[] {
  const listeners = new Map<string, (name: string, data: object) => void>();
  const set: number[] = [];
  let nowMs = 0;
  const hls = {
    on: (name: string, listener: (name: string, data: object) => void) => listeners.set(name, listener),
    set targetLatency(seconds: number) {
      set.push(seconds);
    },
  };
  forgiveStalls(hls as unknown as Hls, () => nowMs);
  for (const [atMs, event, data] of told) {
    nowMs = atMs;
    listeners.get(event)?.(event, data);
  }
  return set;
}

const { ERROR, LEVEL_UPDATED } = Hls.Events;
const STALL = { details: Hls.ErrorDetails.BUFFER_STALLED_ERROR };
const UPDATE = { details: { partHoldBack: 1.336, holdBack: 6 } };

test("a player that stalled comes back to where the playlist wants it, once and after a while", () => {
  const updates = [1_000, 20_999, 21_000, 21_300, 90_000].map((atMs) => [atMs, LEVEL_UPDATED, UPDATE] as const);
  deepEqual(tell([[1_000, ERROR, STALL], ...updates]), [1.336]);
});

test("it waits for the last stall; other errors are none", () => {
  const other = { details: Hls.ErrorDetails.FRAG_LOAD_ERROR };
  deepEqual(
    tell([
      [0, ERROR, STALL],
      [15_000, ERROR, STALL],
      [30_000, LEVEL_UPDATED, UPDATE],
      [30_000, ERROR, other],
    ]),
    [],
  );
  deepEqual(
    tell([
      [0, ERROR, other],
      [60_000, LEVEL_UPDATED, UPDATE],
    ]),
    [],
  );
});

test("without parts it is as far behind as whole segments need", () => {
  const update = { details: { partHoldBack: 0, holdBack: 6 } };
  deepEqual(
    tell([
      [0, ERROR, STALL],
      [20_000, LEVEL_UPDATED, update],
    ]),
    [6],
  );
});
