/** The candidate that a mistyped word most likely means; undefined if none is near. Case, `-` and `_` do not count. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = simplify(word);
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(plain.length / 3)) + 1;
  for (const candidate of candidates) {
    const name = simplify(candidate);
    // Of two as near, the one of the same length: letters are swapped more often than forgotten.
    const distance = editDistance(plain, name) + (name.length === plain.length ? 0 : 0.5);
    if (distance < Math.min(bestDistance, name.length)) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/** Letters to insert, delete or replace, or neighbours to swap, until `from` is `to`: optimal string alignment. */
function editDistance(from: string, to: string): number {
  let previous: number[] = [];
  let current = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(current, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = row > 1 && column > 1 && isSwap ? at(previous, column - 2) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, at(current, column) + 1, at(next, column - 1) + 1));
    }
    [previous, current] = [current, next];
  }
  return at(current, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
