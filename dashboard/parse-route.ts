/** What the page shows, by the part of its address after `#`. */
export type Route =
  | { readonly page: "overview" | "connections" | "events" | "server" | "unknown" }
  | { readonly page: "broadcast"; readonly name: string };

const PAGES = ["connections", "events", "server"] as const;

export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#?\/?/, "");
  if (path === "") return { page: "overview" };
  const broadcast = /^broadcasts\/(.+)$/s.exec(path)?.[1];
  if (broadcast !== undefined) return { page: "broadcast", name: decoded(broadcast) };
  const page = PAGES.find((name) => name === path);
  return page === undefined ? { page: "unknown" } : { page };
}

export function broadcastHref(name: string): string {
  return `#/broadcasts/${encodePart(name)}`;
}

/** For one part of a path, or a value in a query. Takes half characters, too, which encoding alone would throw at. */
export function encodePart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** As it stands where it is no percent-encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
