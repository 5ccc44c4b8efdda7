import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { countWholeViews, ENDURANCE_BOUNDS, type IdleSample, judgeServer, judgeViews } from "./verdict.ts";

const SAMPLE: IdleSample = {
  processes: 1,
  descriptors: 24,
  residentBytes: 200e6,
  heapUsedBytes: 30e6,
  externalBytes: 10e6,
  arrayBufferBytes: 5e6,
  cpuSeconds: 10,
  loopDelayP99Ms: 1,
  loopDelayMaxMs: 2,
  resources: { TCPSocketWrap: 1, Timeout: 3 },
  besideDelayP99Ms: 2,
  idleCpuMsPerSecond: 1,
};

test("a server may hold as much more as the bounds say, and nothing beyond", () => {
  const { heapUsedBytes, externalBytes, residentBytesEach, loopDelayP99Ms, idleCpuMsPerSecond } = ENDURANCE_BOUNDS;
  const atBounds: IdleSample = {
    ...SAMPLE,
    heapUsedBytes: SAMPLE.heapUsedBytes + heapUsedBytes,
    externalBytes: SAMPLE.externalBytes + externalBytes,
    residentBytes: SAMPLE.residentBytes + residentBytesEach,
    loopDelayP99Ms: SAMPLE.besideDelayP99Ms + loopDelayP99Ms,
    idleCpuMsPerSecond: SAMPLE.idleCpuMsPerSecond + idleCpuMsPerSecond,
    resources: { TCPSocketWrap: 1, Timeout: 5 },
  };
  deepEqual(judgeServer(SAMPLE, atBounds, ENDURANCE_BOUNDS), []);
  const beyond: IdleSample = {
    ...atBounds,
    descriptors: 25,
    heapUsedBytes: atBounds.heapUsedBytes + 1,
    externalBytes: atBounds.externalBytes + 1,
    residentBytes: atBounds.residentBytes + 1,
    loopDelayP99Ms: atBounds.loopDelayP99Ms + 1,
    idleCpuMsPerSecond: atBounds.idleCpuMsPerSecond + 1,
    resources: { TCPSocketWrap: 2, Timeout: 5 },
  };
  deepEqual(
    judgeServer(SAMPLE, beyond, ENDURANCE_BOUNDS).map((line) => line.slice(0, line.indexOf(":"))),
    [
      "descriptors",
      "handles and timers (TCPSocketWrap +1, Timeout +2)",
      "heap",
      "external memory",
      "resident memory",
      "idle CPU",
      "loop delay p99",
    ],
  );
});

test("who stayed to the end of a publication that ended in order must have all of it", () => {
  const published = [
    { session: 1, name: "a", sentMessages: 10, isWhole: true },
    { session: 2, name: "a", sentMessages: 10, isWhole: false },
  ];
  const view = (session: number, lastSequence: number, isOver: boolean, isHealthy = true, name = "a") => ({
    viewer: "v",
    name,
    isHealthy,
    sessions: [{ session, firstSequence: 0, lastSequence, isOver }],
  });
  const good = [view(1, 9, true), view(1, 5, false), view(2, 5, true), view(1, 5, true, false)];
  deepEqual(judgeViews(published, good), []);
  equal(countWholeViews(published, good), 1);
  deepEqual(judgeViews(published, [view(1, 8, true)]), [
    "v: got publication 1 up to 8 of 10 frames, it was told its end",
  ]);
  deepEqual(judgeViews(published, [view(2, 10, true)]), ["v: frame 10 of 2 was never sent"]);
  deepEqual(judgeViews(published, [view(3, 0, true)]), ["v: publication 3 is not known"]);
  deepEqual(judgeViews(published, [view(1, 9, true, true, "b")]), ["v: publication 1 of a"]);
});
