/** The token that stands for any: for one in the middle, for one or more at the end. */
export const SUBTOPIC_WILDCARD = "*";

/**
 * The tokens of a subtopic, or undefined where it is none: no token may be empty, and a wildcard is a token of its own.
 * An empty separator makes one token of it all.
 */
export function splitSubtopic(subtopic: string, separator: string): readonly string[] | undefined {
  const tokens = separator === "" ? [subtopic] : subtopic.split(separator);
  const isWell = tokens.every((token) => token !== "" && (token === SUBTOPIC_WILDCARD || !token.includes("*")));
  return isWell ? tokens : undefined;
}

/** One place in the tree of subtopics. */
type Node<Entry> = { readonly children: Map<string, Node<Entry>>; readonly entries: Set<Entry> };

/** Who listens to which subtopics, by their tokens: what it costs to find them does not grow with those that do not match. */
export class SubtopicIndex<Entry> {
  readonly #root: Node<Entry> = createNode();

  add(tokens: readonly string[], entry: Entry): void {
    let node = this.#root;
    for (const token of tokens) {
      let child = node.children.get(token);
      if (child === undefined) {
        child = createNode();
        node.children.set(token, child);
      }
      node = child;
    }
    node.entries.add(entry);
  }

  /** Leaves nothing behind of subtopics that nobody listens to any more. */
  delete(tokens: readonly string[], entry: Entry): void {
    const path = [this.#root];
    for (const token of tokens) {
      const child = path.at(-1)?.children.get(token);
      if (child === undefined) return;
      path.push(child);
    }
    path.at(-1)?.entries.delete(entry);
    for (let depth = tokens.length; depth > 0; depth--) {
      const node = path[depth];
      if (node === undefined || node.entries.size > 0 || node.children.size > 0) return;
      path[depth - 1]?.children.delete(tokens[depth - 1] ?? "");
    }
  }

  /** Adds to `found` everybody who listens to a subtopic, which has no wildcards itself. */
  match(tokens: readonly string[], found: Set<Entry>): void {
    matchFrom(this.#root, tokens, 0, found);
  }

  /** Whether nobody listens. */
  get isEmpty(): boolean {
    return this.#root.children.size === 0 && this.#root.entries.size === 0;
  }
}

/** Each place of the tree is visited once at most. */
function matchFrom<Entry>(node: Node<Entry>, tokens: readonly string[], depth: number, found: Set<Entry>): void {
  const token = tokens[depth];
  if (token === undefined) {
    for (const entry of node.entries) found.add(entry);
    return;
  }
  const wildcard = node.children.get(SUBTOPIC_WILDCARD);
  if (wildcard !== undefined) {
    // At the end of a subscription it stands for all that follows, too.
    for (const entry of wildcard.entries) found.add(entry);
    if (depth + 1 < tokens.length) matchFrom(wildcard, tokens, depth + 1, found);
  }
  const child = node.children.get(token);
  if (child !== undefined && child !== wildcard) matchFrom(child, tokens, depth + 1, found);
}

function createNode<Entry>(): Node<Entry> {
  return { children: new Map(), entries: new Set() };
}
