import type { IncomingMessage } from "node:http";
import { isLoopback } from "../../transport/loopback.ts";
import { type Problem, problemOf } from "../problem.ts";

export type RequestGuardOptions = {
  /** Whether requests need a token: then a page that came under another name has none. */
  readonly hasToken: boolean;
  /** Names beside loopback, without a port. */
  readonly allowedHosts: readonly string[];
};

/** These change nothing. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Whether a browser may send this: not for a page of elsewhere, also where its name was made to lead to this machine (DNS
 * rebinding). Programs that are no browser send none of the headers that tell. Undefined: it may.
 */
export function guardRequest(request: IncomingMessage, options: RequestGuardOptions): Problem | undefined {
  const { host = "" } = request.headers;
  if (!options.hasToken && !isAllowedHost(host, options.allowedHosts)) {
    return problemOf(
      "access.host",
      "Ask by localhost or an address of loopback, add the name to api.allowedHosts, or set a token.",
    );
  }
  if (isFromElsewhere(request, host)) {
    return problemOf("access.origin", "Only the pages of this server may ask from within a browser.");
  }
  return undefined;
}

function isAllowedHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(host);
  const hostname = (name?.[1] ?? name?.[2] ?? "").toLowerCase();
  return isLoopback(hostname) || allowedHosts.some((allowed) => allowed.toLowerCase() === hostname);
}

function isFromElsewhere({ headers, method = "" }: IncomingMessage, host: string): boolean {
  const { origin } = headers;
  if (origin !== undefined && !isOriginOf(origin, host)) return true;
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return false;
  // A link in a page of elsewhere may lead here; what it leads to is not seen there.
  const isLink = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  return !(isLink && SAFE_METHODS.includes(method));
}

/** A proxy may have taken TLS away, so that the scheme says nothing. */
function isOriginOf(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === originHost;
}
