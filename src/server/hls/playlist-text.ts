/**
 * A playlist, cut at each place where the session of whoever reads it goes: `Array.join` makes one for a viewer, and all
 * else is made once for all.
 */
export type PlaylistText = readonly string[];

/** Collects the lines of a playlist. */
export class PlaylistWriter {
  readonly #pieces: string[] = [];
  #text = "";

  line(text: string): void {
    this.#text += `${text}\n`;
  }

  /** A line that names a file, in the middle or as the whole of it. */
  fileLine(before: string, file: string, after = ""): void {
    this.#pieces.push(`${this.#text}${before}${file}`);
    this.#text = `${after}\n`;
  }

  finish(): PlaylistText {
    return [...this.#pieces, this.#text];
  }
}

/** Seconds as they stand in a playlist: always the same for the same number. */
export function seconds(value: number): string {
  return value.toFixed(5);
}
