import { concatBytes } from "../../bytes/concat.ts";

/** Pieces of bytes in order, taken out in portions of another size. Holds the pieces themselves. */
export class PieceQueue {
  readonly #pieces: Uint8Array[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#byteLength += piece.length;
  }

  /** The next bytes in one piece, at most so many. */
  take(maxBytes: number): Uint8Array {
    return concatBytes(this.takePieces(maxBytes));
  }

  /** The same as views of the pieces. */
  takePieces(maxBytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let room = maxBytes;
    let count = 0;
    for (const piece of this.#pieces) {
      if (room === 0) break;
      taken.push(piece.subarray(0, room));
      if (piece.length > room) {
        this.#pieces[count] = piece.subarray(room);
        room = 0;
        break;
      }
      room -= piece.length;
      count++;
    }
    this.#pieces.splice(0, count);
    this.#byteLength -= maxBytes - room;
    return taken;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#byteLength = 0;
  }
}
