/** The environment variable that names the folder where processes answer, each at `<pid>.sock`. */
export const PROBE_FOLDER = "MILLRACE_BENCH_PROBES";

/** What one process of a server holds. */
export type ProbeFigures = {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** Memory outside of V8's heap that its objects hold, buffers included; and the buffers alone. */
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
  /** Since the start of the process. */
  readonly cpuSeconds: number;
  /** By how much timers came late since the last question. */
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  /** What keeps the process alive, by the names of Node. */
  readonly resources: Readonly<Record<string, number>>;
};
