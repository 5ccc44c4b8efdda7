import { refuseSelector } from "./refuse.ts";

/** A word of the language of selectors. Keywords are told from names by their place: they are `symbol` in upper case. */
export type SelectorToken =
  | { readonly kind: "symbol"; readonly text: string; readonly at: number }
  | { readonly kind: "name"; readonly text: string; readonly at: number }
  | { readonly kind: "text"; readonly text: string; readonly at: number }
  | { readonly kind: "number"; readonly value: number; readonly text: string; readonly at: number };

const KEYWORDS: ReadonlySet<string> = new Set([
  ...["AND", "OR", "NOT", "BETWEEN", "LIKE", "IN", "IS", "NULL", "ESCAPE", "TRUE", "FALSE"],
]);

const SPACE = /\s+/y;
const NAME = /[\p{L}_$][\p{L}\p{N}_$.]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
/** A quote inside is doubled. */
const TEXT = /'((?:[^']|'')*)'/y;
const SYMBOL = /<>|<=|>=|[=<>()+\-*/,]/y;

/** Throws `flex.selector` at what is no word. Each word is read once: the time is that of the length. */
export function tokenizeSelector(source: string): readonly SelectorToken[] {
  const tokens: SelectorToken[] = [];
  for (let at = skipSpace(source, 0); at < source.length; ) {
    const token = readToken(source, at);
    tokens.push(token.token);
    at = skipSpace(source, token.end);
  }
  return tokens;
}

function readToken(source: string, at: number): { readonly token: SelectorToken; readonly end: number } {
  const name = matchAt(NAME, source, at);
  if (name !== undefined) return { token: wordOf(name[0], at), end: at + name[0].length };
  const number = matchAt(NUMBER, source, at);
  if (number !== undefined) {
    const [text] = number;
    return { token: { kind: "number", value: Number(text), text, at }, end: at + text.length };
  }
  const text = matchAt(TEXT, source, at);
  if (text !== undefined) {
    return { token: { kind: "text", text: (text[1] ?? "").replaceAll("''", "'"), at }, end: at + text[0].length };
  }
  const symbol = matchAt(SYMBOL, source, at);
  if (symbol !== undefined) return { token: { kind: "symbol", text: symbol[0], at }, end: at + symbol[0].length };
  return refuseSelector(source[at] === "'" ? "a text without its end" : "an unknown sign", at);
}

function wordOf(text: string, at: number): SelectorToken {
  const upper = text.toUpperCase();
  return KEYWORDS.has(upper) ? { kind: "symbol", text: upper, at } : { kind: "name", text, at };
}

function skipSpace(source: string, at: number): number {
  return at + (matchAt(SPACE, source, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}
