import { type HlsFile, parseFileName } from "./file-name.ts";

/** What a URL asks for. */
export type HlsTarget = {
  /** `app/key` as it stands in the URL, percent-encoded. */
  readonly path: string;
  /** What stands behind `?`, as it was sent. */
  readonly query: string;
} & (
  | { readonly kind: "multivariant" }
  | { readonly kind: "file"; readonly file: HlsFile }
  /** `/app/key.m3u8`: the playlist is in a folder. */
  | { readonly kind: "elsewhere"; readonly location: string }
);

const MULTIVARIANT = "index.m3u8";
const PLAYLIST = ".m3u8";

/** Undefined for what is no business of HLS. */
export function parseHlsTarget(url: string): HlsTarget | undefined {
  const queryAt = url.indexOf("?");
  const whole = queryAt < 0 ? url : url.slice(0, queryAt);
  const query = queryAt < 0 ? "" : url.slice(queryAt + 1);
  if (!whole.startsWith("/")) return undefined;
  const slashAt = whole.lastIndexOf("/");
  const path = whole.slice(1, slashAt);
  const name = whole.slice(slashAt + 1);
  if (name === MULTIVARIANT) return { kind: "multivariant", path, query };
  const file = parseFileName(name);
  if (file !== undefined) return { kind: "file", file, path, query };
  if (!name.endsWith(PLAYLIST) || name === PLAYLIST) return undefined;
  // Relative, so that it holds behind proxies; with "./", so that no name is taken for a scheme or a host.
  const folder = `./${name.slice(0, -PLAYLIST.length)}`;
  const location = `${folder}/${MULTIVARIANT}${queryAt < 0 ? "" : url.slice(queryAt)}`;
  return { kind: "elsewhere", path: `${path}/${name.slice(0, -PLAYLIST.length)}`, query, location };
}

/** What a session carries on from one request to the next: all but what is said of one request. */
export function carriedQuery(query: string): string {
  const carried = new URLSearchParams(query);
  for (const name of [...carried.keys()]) if (name === SESSION || name.startsWith("_HLS_")) carried.delete(name);
  return carried.toString();
}

/** The session that a query names; undefined for none, and for what is none of ours. */
export function sessionOf(query: string): string | undefined {
  const id = new URLSearchParams(query).get(SESSION) ?? "";
  return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
}

/** What stands behind the names of files in the playlists of a session. */
export function sessionQuery(id: string, carried: string): string {
  return `?${SESSION}=${id}${carried === "" ? "" : `&${carried}`}`;
}

const SESSION = "session";
