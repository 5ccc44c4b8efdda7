import type { FlexHeaders } from "../message.ts";
import { refuseSelector } from "./refuse.ts";
import { SelectorParser } from "./selector-parser.ts";
import { tokenizeSelector } from "./tokens.ts";

export type SelectorLimits = {
  /** Characters of a selector. @default 512 */
  readonly maxSelectorCharacters: number;
  /** Parentheses, NOTs and signs inside each other. @default 32 */
  readonly maxSelectorDepth: number;
};

export const DEFAULT_SELECTOR_LIMITS: SelectorLimits = { maxSelectorCharacters: 512, maxSelectorDepth: 32 };

/** Whether a message with these headers is wanted: what is unknown is not. */
export type Selector = (headers: FlexHeaders) => boolean;

/**
 * A condition over headers in the language of SQL-92, as JMS has it: comparisons, arithmetic, AND, OR, NOT, BETWEEN, IN,
 * LIKE with ESCAPE, IS NULL. A header that is missing, or of another kind than it is compared with, makes its comparison
 * unknown. Throws `flex.selector`. Nothing of the text is ever run.
 */
export function parseSelector(source: string, limits: SelectorLimits = DEFAULT_SELECTOR_LIMITS): Selector {
  const { maxSelectorCharacters } = limits;
  if (source.length > maxSelectorCharacters) {
    refuseSelector(`more than ${maxSelectorCharacters} characters`, maxSelectorCharacters);
  }
  const condition = new SelectorParser(tokenizeSelector(source), limits.maxSelectorDepth).parse();
  return (headers) => condition(headers) === true;
}
