import { isTlsScheme, parseRtmpUrl, type RtmpUrl } from "../transport/rtmp-url.ts";

/**
 * Where a reference of a server leads: a URL, `//host/app`, `/app`, `app`, or "" for the same. The key stays, user and
 * password only on the same host. A TypeError for what cannot be read, and for a way out of TLS.
 */
export function resolvePlace(from: RtmpUrl, reference: string): RtmpUrl {
  const to = parseReference(from, reference.trim());
  if (isTlsScheme(from.scheme) && !isTlsScheme(to.scheme)) throw new TypeError(`${reference} is not encrypted`);
  const { user, password } = to.host === from.host && to.user === undefined ? from : to;
  const { user: _, password: __, ...place } = to;
  return { ...place, ...(user !== undefined && { user }), ...(password !== undefined && { password }), key: from.key };
}

function parseReference(from: RtmpUrl, reference: string): RtmpUrl {
  if (reference === "") return from;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(reference)) return parseRtmpUrl(reference, { key: "" });
  if (reference.startsWith("//")) return parseRtmpUrl(`${from.scheme}:${reference}`, { key: "" });
  const folder = from.app.slice(0, from.app.lastIndexOf("/") + 1);
  return { ...from, app: (reference.startsWith("/") ? reference : folder + reference).replaceAll(/^\/+|\/+$/g, "") };
}
