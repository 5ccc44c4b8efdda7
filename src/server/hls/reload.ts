import type { OpenSegment } from "./segment.ts";

/** What a client asks of a media playlist by its query. RFC 8216bis section 6.2.5. */
export type Reload = {
  /** The segment, and the part of it, that the playlist must have. */
  readonly until: MediaPosition | undefined;
  /** A delta update is wanted. */
  readonly skips: boolean;
};

export type MediaPosition = {
  readonly number: number;
  /** Undefined: the whole segment. */
  readonly part: number | undefined;
};

/** How a playlist stands to what is asked of it. */
export type ReloadDecision = "now" | "wait" | "too-far";

/** How far behind the newest segment a client may ask. */
const MAX_SEGMENTS_AHEAD = 2;

/** Undefined where the directives make no sense. */
export function parseReload(query: URLSearchParams): Reload | undefined {
  const number = parseCount(query.get("_HLS_msn"));
  const part = parseCount(query.get("_HLS_part"));
  const skip = query.get("_HLS_skip");
  if (number === "malformed" || part === "malformed" || (number === undefined && part !== undefined)) return undefined;
  return { until: number === undefined ? undefined : { number, part }, skips: skip === "YES" || skip === "v2" };
}

/** `open` is the newest segment, which grows; undefined where nothing comes any more. */
export function decideReload(
  { number, part }: MediaPosition,
  open: Pick<OpenSegment, "number" | "parts"> | undefined,
  partTargetSeconds: number,
): ReloadDecision {
  if (open === undefined || number < open.number) return "now";
  if (number === open.number && part !== undefined && part < open.parts.length) return "now";
  // The last one in the playlist is the one before.
  if (number > open.number - 1 + MAX_SEGMENTS_AHEAD) return "too-far";
  const advance = partTargetSeconds >= 1 ? 3 : Math.ceil(3 / partTargetSeconds);
  // What is asked behind the end of a segment counts in the next one, and how long this one gets is not known.
  const isFar = number === open.number && part !== undefined && part >= open.parts.length + advance;
  return isFar ? "too-far" : "wait";
}

function parseCount(text: string | null): number | undefined | "malformed" {
  if (text === null) return undefined;
  return /^\d{1,12}$/.test(text) ? Number(text) : "malformed";
}
