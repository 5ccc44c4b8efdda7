/** The label of those that have none of their own. */
export const OTHER = "other";

/** Gives labels to names while there are any left: their number must not grow with what clients think up. */
export class LabelSlots {
  readonly #max: number;
  readonly #names = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  labelOf(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#names.size >= this.#max) return OTHER;
    this.#names.add(name);
    return name;
  }

  /** Frees the labels of names that are gone; returns those. */
  keepOnly(names: ReadonlySet<string>): readonly string[] {
    const gone = [...this.#names].filter((name) => !names.has(name));
    for (const name of gone) this.#names.delete(name);
    return gone;
  }
}
