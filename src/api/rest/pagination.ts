import { compare } from "../cached-monitor.ts";

/** What an item is sorted by; unique, and the same for its life. */
export type SortKey = readonly (string | number)[];

export type Page<Item> = {
  readonly items: readonly Item[];
  /** Of all pages. */
  readonly total: number;
  /** Where the next page begins; absent on the last one. */
  readonly nextCursor?: string;
};

/** The items of one page. `items` are sorted by their keys; undefined for a cursor that is none. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => SortKey,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<Item> | undefined {
  const after = cursor === undefined ? [] : decodeCursor(cursor);
  if (after === undefined) return undefined;
  // An item that has gone leaves its place behind: nothing is left out, and nothing comes twice.
  const found = cursor === undefined ? 0 : items.findIndex((item) => compareKeys(keyOf(item), after) > 0);
  const begin = found < 0 ? items.length : found;
  const page = items.slice(begin, begin + limit);
  const last = page.at(-1);
  const isLast = last === undefined || begin + limit >= items.length;
  return { items: page, total: items.length, ...(!isLast && { nextCursor: encodeCursor(keyOf(last)) }) };
}

function encodeCursor(key: SortKey): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

function decodeCursor(cursor: string): SortKey | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(key) && key.every(isPart) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isPart(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function compareKeys(one: SortKey, other: SortKey): number {
  for (const [index, part] of one.entries()) {
    const order = compareParts(part, other[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers before text, where a cursor was made up. */
function compareParts(one: string | number, other: string | number): number {
  if (typeof one === "number") return typeof other === "number" ? compare(one, other) : -1;
  return typeof other === "number" ? 1 : compare(one, other);
}
