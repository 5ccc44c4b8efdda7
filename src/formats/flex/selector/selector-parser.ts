import {
  all,
  among,
  any,
  arithmetic,
  type ComparisonSign,
  type Condition,
  comparison,
  constant,
  header,
  isNull,
  like,
  not,
  type SelectorValue,
} from "./condition.ts";
import { parseLikePattern } from "./like.ts";
import { refuseSelector } from "./refuse.ts";
import type { SelectorToken } from "./tokens.ts";

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

/** Reads the words of a selector by descent; what nests counts against `maxDepth`, so that it cannot go deep. */
export class SelectorParser {
  readonly #tokens: readonly SelectorToken[];
  readonly #maxDepth: number;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly SelectorToken[], maxDepth: number) {
    this.#tokens = tokens;
    this.#maxDepth = maxDepth;
  }

  /** The whole selector. Throws `flex.selector`. */
  parse(): Condition {
    const condition = this.#or();
    if (this.#next < this.#tokens.length) this.#refuse("something more than one condition");
    return condition;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#take("OR")) parts.push(this.#and());
    return only(parts) ?? any(parts);
  }

  #and(): Condition {
    const parts = [this.#negation()];
    while (this.#take("AND")) parts.push(this.#negation());
    return only(parts) ?? all(parts);
  }

  #negation(): Condition {
    return this.#take("NOT") ? this.#nest(() => not(this.#negation())) : this.#predicate();
  }

  #predicate(): Condition {
    const left = this.#sum();
    const sign = this.#peek();
    if (sign?.kind !== "symbol") return left;
    if (COMPARISONS.has(sign.text)) {
      this.#next++;
      return comparison(left, sign.text as ComparisonSign, this.#sum());
    }
    if (this.#take("IS")) {
      const isNegated = this.#take("NOT");
      this.#expect("NULL");
      return isNegated ? not(isNull(left)) : isNull(left);
    }
    const isNegated = this.#take("NOT");
    const condition = this.#rest(left);
    if (condition !== undefined) return isNegated ? not(condition) : condition;
    return isNegated ? this.#refuse("no BETWEEN, IN or LIKE behind NOT") : left;
  }

  #rest(left: Condition): Condition | undefined {
    if (this.#take("BETWEEN")) {
      const low = this.#sum();
      this.#expect("AND");
      return all([comparison(left, ">=", low), comparison(left, "<=", this.#sum())]);
    }
    if (this.#take("IN")) return among(left, this.#list());
    if (!this.#take("LIKE")) return undefined;
    const pattern = this.#text();
    const escapeSign = this.#take("ESCAPE") ? this.#escapeSign() : "";
    return like(left, parseLikePattern(pattern.text, escapeSign, pattern.at));
  }

  #list(): readonly SelectorValue[] {
    const values: SelectorValue[] = [];
    this.#expect("(");
    do values.push(this.#literal());
    while (this.#take(","));
    this.#expect(")");
    return values;
  }

  #literal(): SelectorValue {
    const sign = this.#take("-") ? -1 : 1;
    const token = this.#takeToken();
    if (token?.kind === "number") return sign * token.value;
    if (token?.kind === "text" && sign === 1) return token.text;
    this.#next--;
    return this.#refuse("no text or number in a list");
  }

  #text(): { readonly text: string; readonly at: number } {
    const token = this.#takeToken();
    if (token?.kind === "text") return token;
    this.#next--;
    return this.#refuse("no pattern in quotes");
  }

  #escapeSign(): string {
    const { text, at } = this.#text();
    return [...text].length === 1 ? text : refuseSelector("an escape that is not one sign", at);
  }

  #sum(): Condition {
    let value = this.#product();
    for (let sign = this.#takeOne("+", "-"); sign !== undefined; sign = this.#takeOne("+", "-")) {
      value = arithmetic(value, sign, this.#product());
    }
    return value;
  }

  #product(): Condition {
    let value = this.#signed();
    for (let sign = this.#takeOne("*", "/"); sign !== undefined; sign = this.#takeOne("*", "/")) {
      value = arithmetic(value, sign, this.#signed());
    }
    return value;
  }

  #signed(): Condition {
    const sign = this.#takeOne("+", "-");
    if (sign === undefined) return this.#operand();
    return this.#nest(() => arithmetic(constant(0), sign, this.#signed()));
  }

  #operand(): Condition {
    const token = this.#takeToken();
    if (token?.kind === "number") return constant(token.value);
    if (token?.kind === "text") return constant(token.text);
    if (token?.kind === "name") return header(token.text);
    if (token?.text === "TRUE" || token?.text === "FALSE") return constant(token.text === "TRUE");
    if (token?.text === "(") {
      const inner = this.#nest(() => this.#or());
      this.#expect(")");
      return inner;
    }
    this.#next--;
    return this.#refuse("no value");
  }

  #nest(parse: () => Condition): Condition {
    if (++this.#depth > this.#maxDepth) this.#refuse(`parts nested deeper than ${this.#maxDepth}`);
    const condition = parse();
    this.#depth--;
    return condition;
  }

  #peek(): SelectorToken | undefined {
    return this.#tokens[this.#next];
  }

  #takeToken(): SelectorToken | undefined {
    return this.#tokens[this.#next++];
  }

  #take(symbol: string): boolean {
    const token = this.#peek();
    const isThere = token?.kind === "symbol" && token.text === symbol;
    if (isThere) this.#next++;
    return isThere;
  }

  #takeOne(...symbols: readonly string[]): string | undefined {
    return symbols.find((symbol) => this.#take(symbol));
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#refuse(`no ${symbol}`);
  }

  #refuse(why: string): never {
    const last = this.#tokens.at(-1);
    return refuseSelector(why, this.#peek()?.at ?? (last === undefined ? 0 : last.at + last.text.length));
  }
}

function only(parts: readonly Condition[]): Condition | undefined {
  return parts.length === 1 ? parts[0] : undefined;
}
