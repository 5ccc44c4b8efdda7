import { median, percentile } from "../support/statistics.ts";
import type { MicroCase } from "./micro-case.ts";

export type MicroFigures = {
  readonly nanosecondsPerOperation: number;
  /** Between the quarter of the samples that was fastest and the quarter that was slowest, against the median. */
  readonly spread: number;
  readonly megabytesPerSecond: number;
  /** What it takes, against the comparison: the median of samples that were taken in turn. */
  readonly ratio: number;
  /** On V8's heap, and in buffers outside of it. */
  readonly heapBytesPerOperation: number;
  readonly bufferBytesPerOperation: number;
};

/** Of the time, for code to be compiled before anything counts; the same again finds out how long a sample must be. */
const WARM_UP_SHARE = 0.2;
const SAMPLES = 15;
const ALLOCATION_SAMPLES = 9;
/** What may be allocated without a collection, as a rule: V8 begins with 1 MiB for what is young. */
const UNCOLLECTED_BYTES = 512 * 1024;
const PROBE_CALLS = 4;
const MAX_ALLOCATION_CALLS = 2000;
/** What a sample at least takes, so that the clock is exact enough. */
const MIN_SAMPLE_MS = 1;

/** Where results go, so that nobody can leave the work out. */
const kept: { result: unknown } = { result: undefined };

/** Takes about so many seconds. Needs `--expose-gc`. */
export function measureCase(microCase: MicroCase, seconds: number): MicroFigures {
  const { operations, bytes } = microCase;
  const { run, compare } = microCase.prepare();
  const warmUpMs = seconds * 1000 * WARM_UP_SHARE;
  const sampleMs = Math.max(MIN_SAMPLE_MS, (seconds * 1000 - 2 * warmUpMs) / SAMPLES / 2);
  const calls = callsIn(sampleMs, millisecondsEach(run, warmUpMs));
  const comparedCalls = callsIn(sampleMs, millisecondsEach(compare, warmUpMs));
  const nanoseconds: number[] = [];
  const ratios: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const runMs = timeOf(run, calls) / calls;
    const compareMs = timeOf(compare, comparedCalls) / comparedCalls;
    nanoseconds.push((runMs * 1e6) / operations);
    ratios.push(runMs / compareMs);
  }
  const nanosecondsPerOperation = median(nanoseconds);
  return {
    nanosecondsPerOperation,
    spread: (percentile(nanoseconds, 0.75) - percentile(nanoseconds, 0.25)) / nanosecondsPerOperation,
    megabytesPerSecond: (bytes / operations / nanosecondsPerOperation) * 1000,
    ratio: median(ratios),
    ...allocationOf(run, operations),
  };
}

/** Calls for some time, and says how long the later calls took. */
function millisecondsEach(call: () => unknown, durationMs: number): number {
  const startedAtMs = performance.now();
  let calls = 1;
  let batchMs = timeOf(call, calls);
  while (performance.now() - startedAtMs < durationMs) {
    if (batchMs < durationMs / 10) calls *= 2;
    batchMs = timeOf(call, calls);
  }
  return batchMs / calls;
}

function callsIn(sampleMs: number, eachMs: number): number {
  return Math.max(1, Math.round(sampleMs / eachMs));
}

function timeOf(call: () => unknown, calls: number): number {
  const startedAtMs = processorMs();
  for (let index = 0; index < calls; index++) kept.result = call();
  // Never nothing, where the clock is coarse.
  return Math.max(processorMs() - startedAtMs, 0.001);
}

/** Of this thread: what other programs take of the time does not count. Node has it since 23.9. */
function processorMs(): number {
  if (process.threadCpuUsage === undefined) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

type Allocated = { readonly heapBytes: number; readonly bufferBytes: number };

/** What asking costs is taken off. */
function allocationOf(
  run: () => unknown,
  operations: number,
): Pick<MicroFigures, "heapBytesPerOperation" | "bufferBytesPerOperation"> {
  const probed = allocatedBy(run, PROBE_CALLS).heapBytes / PROBE_CALLS;
  const calls = Math.min(MAX_ALLOCATION_CALLS, Math.max(1, Math.floor(UNCOLLECTED_BYTES / Math.max(1, probed))));
  const idle = allocatedBy(() => undefined, calls);
  const { heapBytes, bufferBytes } = allocatedBy(run, calls);
  const each = (bytes: number): number => Math.max(0, bytes) / (calls * operations);
  return {
    heapBytesPerOperation: each(heapBytes - idle.heapBytes),
    bufferBytesPerOperation: each(bufferBytes - idle.bufferBytes),
  };
}

/** A collection in between hides what was allocated: the largest of several differences is one without. */
function allocatedBy(run: () => unknown, calls: number): Allocated {
  let heapBytes = 0;
  let bufferBytes = 0;
  for (let sample = 0; sample < ALLOCATION_SAMPLES; sample++) {
    kept.result = undefined;
    globalThis.gc?.();
    const before = process.memoryUsage();
    for (let index = 0; index < calls; index++) kept.result = run();
    const after = process.memoryUsage();
    heapBytes = Math.max(heapBytes, after.heapUsed - before.heapUsed);
    bufferBytes = Math.max(bufferBytes, after.arrayBuffers - before.arrayBuffers);
  }
  return { heapBytes, bufferBytes };
}
