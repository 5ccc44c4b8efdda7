import type { Viewer, ViewerNotice, ViewerOutput } from "./viewer.ts";

/** Takes a broadcast to another process of the server, where others watch it: it is no viewer itself. */
export type RelayOutput = Extract<ViewerOutput, { readonly kind: "bytes" }> & {
  /** Something was written: `Viewer.serve` is to be called soon. */
  wake(): void;
  /** A publication begins, or another publisher goes on with it: what was kept for newcomers is void. */
  started(): void;
  /** The publisher has taken stored data of that name back. */
  cleared(name: string): void;
};

/** The relays of a broadcast. They get the log as viewers do, and are told what only newcomers elsewhere depend on. */
export class Relays {
  readonly #outputs = new Map<Viewer, RelayOutput>();

  get size(): number {
    return this.#outputs.size;
  }

  add(viewer: Viewer, output: RelayOutput): void {
    this.#outputs.set(viewer, output);
  }

  remove(viewer: Viewer): void {
    this.#outputs.delete(viewer);
  }

  wake(): void {
    for (const output of this.#outputs.values()) output.wake();
  }

  /** Sends what there is to those that are ready. */
  serveAll(): void {
    for (const viewer of [...this.#outputs.keys()]) viewer.serve();
  }

  started(): void {
    for (const output of [...this.#outputs.values()]) output.started();
  }

  cleared(name: string): void {
    this.serveAll();
    for (const output of [...this.#outputs.values()]) output.cleared(name);
  }

  notifyAll(notice: ViewerNotice): void {
    for (const viewer of [...this.#outputs.keys()]) viewer.notify(notice);
  }

  tick(nowMs: number): void {
    for (const viewer of [...this.#outputs.keys()]) viewer.tick(nowMs);
  }

  /** Where the relay stands that is furthest behind; `head` without any. */
  oldestPosition(head: number): number {
    let oldest = head;
    for (const viewer of this.#outputs.keys()) oldest = Math.min(oldest, viewer.position);
    return oldest;
  }
}
