/** What one peer did over one transport. */
export type Cell = {
  readonly way: string;
  readonly peer: string;
  readonly role: "publish" | "play";
  /** How many frames of the clip arrived for certain, each bit by bit. Undefined where the peer does not offer the way. */
  readonly frames?: number;
  /** What shows that it does not. */
  readonly evidence?: string;
};

const BEGIN = "<!-- Made by a test run: UPDATE_DOCS=1 node --test test/interop/transports.test.ts -->\n";
const END = "<!-- Until here. -->\n";

/** The table as it stands between its marks. */
export function documentedTable(docs: string): string {
  const begin = docs.indexOf(BEGIN);
  const end = docs.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("docs/interop.md has lost the marks of its table");
  return docs.slice(begin, end + END.length);
}

/** Two lines for each way, and behind them what shows that empty cells are. */
export function transportTable(
  ways: readonly string[],
  peers: readonly string[],
  cells: readonly Cell[],
  allFrames: number,
): string {
  const rows = ways.flatMap((way) =>
    (["publish", "play"] as const).map((role) => {
      const found = peers.map((peer) =>
        cells.find((cell) => cell.way === way && cell.peer === peer && cell.role === role),
      );
      return row([way, role === "publish" ? "publishes" : "plays", ...found.map((cell) => textOf(cell, allFrames))]);
    }),
  );
  const head = [row(["over", "", ...peers]), `|${"---|".repeat(peers.length + 2)}`];
  const evidence = peers.flatMap((peer) => evidenceOf(peer, cells));
  return `${BEGIN}\n${[...head, ...rows].join("\n")}\n\n${evidence.join("\n")}\n\n${END}`;
}

function textOf(cell: Cell | undefined, allFrames: number): string {
  if (cell === undefined) return "not measured";
  const { frames } = cell;
  if (frames === undefined) return "–";
  return frames === allFrames ? `all ${frames}` : `≥ ${frames}`;
}

function row(texts: readonly string[]): string {
  return `| ${texts.join(" | ")} |`.replaceAll("|  |", "| |");
}

/** A line for each reason. */
function evidenceOf(peer: string, cells: readonly Cell[]): string[] {
  const waysBy = Map.groupBy(
    cells.filter((cell) => cell.peer === peer && cell.evidence !== undefined),
    ({ evidence }) => evidence,
  );
  return Array.from(waysBy, ([evidence, found]) => {
    const ways = [...new Set(found.map(({ way }) => way))].filter((way) => !way.includes(","));
    return `- ${peer} over ${ways.sort().join(", ")}: ${evidence}`;
  }).sort();
}
