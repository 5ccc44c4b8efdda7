import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Continuity } from "./continuity.ts";
import { CONFIGS, frameOf, sessionNumber } from "./frames.ts";

const FIRST = sessionNumber(3, 0);
const SECOND = sessionNumber(3, 1);
const GOP = 20;

/** What a viewer reports that gets frames of a publication, by their numbers, then of another. */
function problemsOf(first: readonly number[], second: readonly number[] = [], isGapless = true): string[] {
  const problems: string[] = [];
  const continuity = new Continuity(isGapless, (problem) => problems.push(problem));
  for (const config of CONFIGS) continuity.receive({ ...config, isConfig: true });
  for (const sequence of first) continuity.receive({ ...frameOf(FIRST, sequence), isConfig: false });
  for (const sequence of second) continuity.receive({ ...frameOf(SECOND, sequence), isConfig: false });
  return problems;
}

test("a viewer joins at a keyframe, and sees the next publication from its beginning", () => {
  deepEqual(problemsOf([0, 1, 2], [0, 1]), []);
  deepEqual(problemsOf([GOP, GOP + 1], [0, 1, 2]), []);
});

test("what is missing, twice there, out of order or begun late is told", () => {
  deepEqual(problemsOf([0, 1, 3]), [`publication ${FIRST}: frame 3 comes behind 1`]);
  deepEqual(problemsOf([0, 1, 1]), [`publication ${FIRST}: frame 1 comes behind 1`]);
  deepEqual(problemsOf([7]), [`publication ${FIRST} begins with frame 7`]);
  deepEqual(problemsOf([0], [GOP]), [`publication ${SECOND} begins with frame ${GOP}`]);
});

test("a viewer that does not read may miss some, and gets none twice", () => {
  deepEqual(problemsOf([7, 9, 40], [3], false), []);
  deepEqual(problemsOf([7, 9, 8], [], false), [`publication ${FIRST}: frame 8 comes behind 9`]);
});

test("a changed byte is told, and so is what no publisher sends", () => {
  const problems: string[] = [];
  const continuity = new Continuity(true, (problem) => problems.push(problem));
  const frame = frameOf(FIRST, 0);
  const payload = frame.payload.slice();
  payload[100] = (payload[100] ?? 0) ^ 1;
  continuity.receive({ ...frame, payload, isConfig: false });
  continuity.receive({ kind: "audio", payload: Uint8Array.of(0xaf, 1), isConfig: false });
  deepEqual(problems, [`frame 0 of publication ${FIRST} is not what was sent`, "2 bytes of audio that nobody sent"]);
});

test("behind the end of a publication comes nothing of it", () => {
  const problems: string[] = [];
  const continuity = new Continuity(true, (problem) => problems.push(problem));
  continuity.receive({ ...frameOf(FIRST, 0), isConfig: false });
  continuity.unpublished();
  deepEqual(continuity.sessions, [{ session: FIRST, firstSequence: 0, lastSequence: 0, isOver: true }]);
  continuity.receive({ ...frameOf(FIRST, 1), isConfig: false });
  deepEqual(problems, [`publication ${FIRST}: frame 1 comes behind its end`]);
});
