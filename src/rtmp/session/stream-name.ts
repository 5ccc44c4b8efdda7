import type { AmfValue } from "../../formats/amf/amf-value.ts";

/** A stream key, or an application, as a client writes it, with the query that clients append to it. */
export type NameAndQuery = {
  readonly name: string;
  /** What follows the first `?`, as it was sent: never decoded, since authentication data is not encoded. "" if absent. */
  readonly query: string;
};

/** The first argument of `publish` and `play`: ActionScript sends a number as one. */
export function nameText(value: AmfValue): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Parts a name from the query behind it: `key?token=1` is `key` and `token=1`. */
export function splitQuery(text: string): NameAndQuery {
  const at = text.indexOf("?");
  return at < 0 ? { name: text, query: "" } : { name: text.slice(0, at), query: text.slice(at + 1) };
}

/** A path without slashes at its ends and without double slashes: `/live//inst/` is `live/inst`. */
export function normalizePath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "")
    .join("/");
}

/** The parameters of a query as they were sent: parted at `&` and the first `=`, nothing decoded. The first of a name counts. */
export function parseQuery(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split("&")) {
    const at = part.indexOf("=");
    const name = at < 0 ? part : part.slice(0, at);
    if (name !== "" && !parameters.has(name)) parameters.set(name, at < 0 ? "" : part.slice(at + 1));
  }
  return parameters;
}
