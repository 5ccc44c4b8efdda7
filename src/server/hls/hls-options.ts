/** HLS and Low-Latency HLS, for whoever opens `/app/key/index.m3u8`. */
export type HlsOptions = {
  /** Whether a broadcast is cut into segments once somebody asks for it, or as soon as it is published. @default "on-demand" */
  readonly start: "on-demand" | "always";
  /** How long segments shall be; they end at keyframes, so longer distances of keyframes make longer ones. @default 2_000 */
  readonly segmentMs: number;
  /**
   * How long the parts of segments are: shorter ones bring viewers nearer, and cost more requests. 334 holds a whole number of
   * pictures at 15, 24, 30 and 60 a second, and goes into segments of 2 s. Where it does not, they are up to a quarter longer or
   * shorter. @default 334
   */
  readonly partMs: number;
  /** How many whole segments a playlist names. @default 7 */
  readonly segments: number;
  /** How long after the last request an unwatched broadcast is cut on. @default 30_000 */
  readonly idleMs: number;
  /** The most bytes of media kept for one broadcast: fewer segments are named then. @default 128 MiB */
  readonly maxBytes: number;
  /** Sessions of viewers without any request for so long are over. @default 15_000 */
  readonly sessionMs: number;
  /** Requests of one session that wait, or have not been taken whole. @default 32 */
  readonly maxSessionRequests: number;
  /** How long a viewer may take to read what was asked for. @default 30_000 */
  readonly takeMs: number;
  /** A folder where whole segments are kept instead of in memory. @default none */
  readonly folder?: string | undefined;
};

export const DEFAULT_HLS_OPTIONS: HlsOptions = {
  start: "on-demand",
  segmentMs: 2_000,
  partMs: 334,
  segments: 7,
  idleMs: 30_000,
  maxBytes: 128 * 1024 * 1024,
  sessionMs: 15_000,
  maxSessionRequests: 32,
  takeMs: 30_000,
};
