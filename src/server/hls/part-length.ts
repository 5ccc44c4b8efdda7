/** How long the samples of a track are, and its segments. */
export type RegularTrack = {
  readonly sampleSeconds: number;
  readonly segmentSeconds: number;
};

/**
 * How long parts may be, near to what is wanted, so that the last one of a segment is no mere rest: hls.js takes a rest
 * shorter than 0.2 s for buffered where the network is a moment late, and stands still for seconds (docs/interop.md). What
 * is wanted, where nothing near to it fits better.
 */
export function fittingPartSeconds(wantedSeconds: number, { sampleSeconds, segmentSeconds }: RegularTrack): number {
  const samples = Math.round(segmentSeconds / sampleSeconds);
  const wanted = wantedSeconds / sampleSeconds;
  const usual = Math.max(1, Math.floor(wanted + TINY));
  const fits = (count: number): boolean => {
    const rest = samples % count;
    return rest === 0 || rest * sampleSeconds >= LEAST_REST_SECONDS;
  };
  if (!(sampleSeconds > 0) || samples <= usual || fits(usual)) return wantedSeconds;
  let best: number | undefined;
  for (let count = Math.max(1, Math.ceil(wanted * (1 - LEEWAY))); count <= wanted * (1 + LEEWAY); count++) {
    if (fits(count) && (best === undefined || Math.abs(count - wanted) < Math.abs(best - wanted))) best = count;
  }
  return best === undefined ? wantedSeconds : (best + UNEVENNESS) * sampleSeconds;
}

/** What hls.js takes for nothing, and a frame or two that segments of the same track differ by. */
const LEAST_REST_SECONDS = 0.25;
/** By how much parts may be longer or shorter than wanted. */
const LEEWAY = 0.25;
/** Of timestamps in whole milliseconds, as a part of a sample. */
const UNEVENNESS = 0.2;
const TINY = 1e-6;
