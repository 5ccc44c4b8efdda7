/** What the URL of an FLV stream says. */
export type FlvTarget = {
  /** `app/key`, percent-encoded as it was sent, without `.flv`. */
  readonly path: string;
  /** What stands behind `?`. */
  readonly query: string;
  readonly wantsAudio: boolean;
  readonly wantsVideo: boolean;
};

const SUFFIX = ".flv";

/** Reads `/app/key.flv?audio=0`; undefined for every other URL. */
export function parseFlvTarget(url: string): FlvTarget | undefined {
  const queryStart = url.includes("?") ? url.indexOf("?") : url.length;
  const path = url.slice(0, queryStart);
  if (!path.startsWith("/") || !path.endsWith(SUFFIX) || path.endsWith(`/${SUFFIX}`)) return undefined;
  const query = url.slice(queryStart + 1);
  const isWanted = (kind: string): boolean => !new RegExp(`(?:^|&)${kind}=0(?:&|$)`).test(query);
  return {
    path: path.slice(1, -SUFFIX.length),
    query,
    wantsAudio: isWanted("audio"),
    wantsVideo: isWanted("video"),
  };
}
