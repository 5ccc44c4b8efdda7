/** A table for a terminal, which is one in Markdown as well. The first columns are text, the others are numbers. */
export function textTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number = 1,
): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      column < textColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(" | ")} |\n`;
  };
  const border = widths.map((width, column) =>
    column < textColumns ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return line(titles) + line(border) + rows.map(line).join("");
}
