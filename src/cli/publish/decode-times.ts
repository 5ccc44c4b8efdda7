/** A picture and when it is to be decoded. */
export type TimedPicture<Picture> = {
  readonly picture: Picture;
  /** Never after `presentationMs`, and never before the picture in front of it; may be negative. */
  readonly decodeMs: number;
  readonly presentationMs: number;
};

/** No codec reorders further: H.264 and HEVC. */
const MAX_REORDERED = 16;
const LOOKAHEAD = 3 * MAX_REORDERED;

/**
 * Decode times of pictures that come in decode order and tell only when they are shown: these times in their order, all
 * moved ahead by as much as the pictures that are decoded early need. MP4 has decode times too, but its reader does not
 * give them out.
 */
export async function* withDecodeTimes<Picture>(
  pictures: AsyncIterable<Picture>,
  presentationMsOf: (picture: Picture) => number,
): AsyncGenerator<TimedPicture<Picture>> {
  const waiting: { readonly picture: Picture; readonly presentationMs: number }[] = [];
  const times: number[] = [];
  let aheadMs: number | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const next = (): TimedPicture<Picture> | undefined => {
    const first = waiting.shift();
    const earliestMs = times.shift();
    if (first === undefined || earliestMs === undefined) return undefined;
    lastMs = Math.max(lastMs, Math.min(earliestMs - (aheadMs ?? 0), first.presentationMs));
    return { ...first, decodeMs: lastMs };
  };
  for await (const picture of pictures) {
    const presentationMs = presentationMsOf(picture);
    waiting.push({ picture, presentationMs });
    times.splice(placeOf(times, presentationMs), 0, presentationMs);
    if (waiting.length < LOOKAHEAD) continue;
    // For the last ones, earlier times may still come.
    aheadMs ??= greatestLead(waiting.slice(0, -MAX_REORDERED), times);
    const timed = next();
    if (timed !== undefined) yield timed;
  }
  aheadMs ??= greatestLead(waiting, times);
  for (let timed = next(); timed !== undefined; timed = next()) yield timed;
}

/** Where a time goes among sorted ones: nearly always at their end. */
function placeOf(times: readonly number[], time: number): number {
  let place = times.length;
  while (place > 0 && (times[place - 1] ?? 0) > time) place--;
  return place;
}

/** By how much the times in order are behind the pictures in order. */
function greatestLead(waiting: readonly { readonly presentationMs: number }[], times: readonly number[]): number {
  return waiting.reduce((lead, { presentationMs }, index) => Math.max(lead, (times[index] ?? 0) - presentationMs), 0);
}
