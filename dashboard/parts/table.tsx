import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon.tsx";

export type Column<Row> = {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Absent: it is not sorted by. */
  readonly sortBy?: (row: Row) => number | string;
  readonly isNumber?: boolean;
  /** No heading to be seen, as over buttons. */
  readonly isUntitled?: boolean;
};

export type Sorting = { readonly key: string; readonly isDown: boolean };

type TableProps<Row> = {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sorting?: Sorting;
  readonly onSorting?: (sorting: Sorting) => void;
};

/** On a phone each row becomes a list of its cells with their titles. */
export function Table<Row>({ caption, columns, rows, keyOf, sorting, onSorting }: TableProps<Row>): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, by keyboard too
    <section class="table-holder" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sorting={sorting} onSorting={onSorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ key, title, cell, isNumber, isUntitled }) => (
                <td key={key} class={isNumber ? "number" : undefined} data-title={isUntitled ? undefined : title}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

type HeaderCellProps<Row> = {
  readonly column: Column<Row>;
  readonly sorting: Sorting | undefined;
  readonly onSorting: ((sorting: Sorting) => void) | undefined;
};

function HeaderCell<Row>({ column, sorting, onSorting }: HeaderCellProps<Row>): JSX.Element {
  const { key, title, sortBy, isNumber, isUntitled } = column;
  const isSorted = sorting?.key === key;
  const className = isNumber ? "number" : undefined;
  if (sortBy === undefined || onSorting === undefined) {
    return (
      <th scope="col" class={className}>
        {isUntitled ? <span class="visually-hidden">{title}</span> : title}
      </th>
    );
  }
  return (
    <th scope="col" class={className} aria-sort={isSorted ? (sorting.isDown ? "descending" : "ascending") : undefined}>
      <button type="button" onClick={() => onSorting({ key, isDown: isSorted ? !sorting.isDown : isNumber === true })}>
        {title}
        {isSorted && <Icon name={sorting.isDown ? "down" : "up"} />}
      </button>
    </th>
  );
}

/** In the order that the reader chose. */
export function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sorting: Sorting): Row[] {
  const sortBy = columns.find(({ key }) => key === sorting.key)?.sortBy;
  if (sortBy === undefined) return [...rows];
  const sign = sorting.isDown ? -1 : 1;
  return [...rows].sort((left, right) => sign * compare(sortBy(left), sortBy(right)));
}

function compare(left: number | string, right: number | string): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), undefined, { numeric: true });
}
