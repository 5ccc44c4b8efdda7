import type { JSX } from "preact";
import { formatCount } from "../format.ts";
import { Icon } from "./icon.tsx";

type PagerProps = {
  /** From 0. */
  readonly page: number;
  readonly perPage: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
  /** What is paged through. */
  readonly label: string;
};

/** Nothing where all is on one page. */
export function Pager({ page, perPage, total, onPage, label }: PagerProps): JSX.Element | null {
  const pages = Math.ceil(total / perPage);
  if (pages <= 1) return null;
  const first = page * perPage;
  return (
    <nav class="pager" aria-label={`Pages of ${label}`}>
      <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        <Icon name="back" />
        Previous
      </button>
      <span>
        {formatCount(first + 1)}–{formatCount(Math.min(total, first + perPage))} of {formatCount(total)}
      </span>
      <button type="button" class="next" disabled={page >= pages - 1} onClick={() => onPage(page + 1)}>
        Next
        <Icon name="back" />
      </button>
    </nav>
  );
}

/** The part of a list that a page shows. A list that became shorter never leaves its reader on an empty page. */
export function pageOf<Item>(
  items: readonly Item[],
  page: number,
  perPage: number,
): { shown: readonly Item[]; page: number } {
  const last = Math.max(0, Math.ceil(items.length / perPage) - 1);
  const kept = Math.min(page, last);
  return { shown: items.slice(kept * perPage, (kept + 1) * perPage), page: kept };
}
