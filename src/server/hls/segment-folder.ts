import { createReadStream, rmSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { endWithText } from "../http-replies.ts";
import type { Log } from "../log.ts";
import { fileNameOf, parseFileName, workerDigits } from "./file-name.ts";
import { beginMedia, type HlsExchange, mediaTypeOf } from "./hls-answer.ts";
import { SEGMENTS_WITH_PARTS } from "./media-playlist.ts";
import type { Rendition } from "./rendition.ts";
import type { Segment } from "./segment.ts";

export type StoredSegment = {
  readonly rendition: string;
  readonly instance: string;
  readonly number: number;
  /** Told how many bytes go out. */
  done(bytes: number): void;
};

/** Whoever read a playlist a moment ago may still ask for the parts in it. */
const SEGMENTS_IN_MEMORY = SEGMENTS_WITH_PARTS + 1;

/** Whole segments of one instance as files, so that they need no memory. Where the disk fails, they stay in memory. */
export class SegmentFolder {
  readonly #folder: string;
  readonly #log: Log;
  /** Bytes of those that are there, by file name; 0 while one is written. */
  readonly #files = new Map<string, number>();
  readonly #isTidied: Promise<unknown>;
  #opened: Promise<unknown> | undefined;
  #hasFailed = false;
  #isCleared = false;

  /** Nothing is written before `isTidied`, which never rejects: `removeRemains`. */
  constructor(folder: string, log: Log, isTidied: Promise<unknown> = Promise.resolve()) {
    this.#folder = folder;
    this.#log = log;
    this.#isTidied = isTidied;
  }

  /** Stores what nobody fetches in parts any more, and forgets what has gone. */
  store(renditions: readonly Rendition[], instance: string): void {
    const kept = new Set<string>();
    for (const rendition of renditions) {
      const { numbers } = rendition.window;
      for (const number of numbers.slice(0, -SEGMENTS_IN_MEMORY)) this.#store(rendition, number, instance);
      for (const number of numbers) kept.add(nameOf(rendition.name, instance, number));
    }
    for (const name of [...this.#files.keys()]) if (!kept.has(name)) this.#remove(name);
  }

  /** Answers with a segment that is here. */
  send(exchange: HlsExchange, { rendition, instance, number, done }: StoredSegment): void {
    const { request, response } = exchange;
    const name = nameOf(rendition, instance, number);
    const byteLength = this.#files.get(name) ?? 0;
    const file = createReadStream(join(this.#folder, name));
    const onLost = (err: Error): void => {
      this.#log.warn({ file: name, err }, "a stored segment cannot be read");
      endWithText(response, 404, "There is no such segment any more.", exchange.cors);
    };
    file.once("error", onLost);
    file.once("open", () => {
      file.off("error", onLost);
      if (response.destroyed) return void file.destroy();
      beginMedia(exchange, mediaTypeOf(rendition), byteLength);
      done(request.method === "HEAD" ? 0 : byteLength);
      if (request.method !== "HEAD") return void pipeline(file, response, () => {});
      file.destroy();
      response.end();
    });
  }

  /** Removes all that is here. */
  clear(): void {
    this.#isCleared = true;
    for (const name of this.#files.keys()) {
      try {
        rmSync(join(this.#folder, name), { force: true });
      } catch (err) {
        this.#log.warn({ file: name, err }, CANNOT_BE_REMOVED);
      }
    }
    this.#files.clear();
  }

  #store(rendition: Rendition, number: number, instance: string): void {
    const name = nameOf(rendition.name, instance, number);
    if (this.#files.has(name) || this.#hasFailed) return;
    const segment = rendition.window.find(number);
    if (segment === undefined || segment.parts.length === 0) return;
    this.#files.set(name, 0);
    void this.#write(name, segment).then((isWritten) => {
      if (!isWritten || !this.#files.has(name)) return;
      this.#files.set(name, segment.byteLength);
      rendition.window.moveOut(segment.number);
    });
  }

  /** Never rejects. */
  async #write(name: string, { parts }: Segment): Promise<boolean> {
    const file = join(this.#folder, name);
    try {
      this.#opened ??= this.#isTidied.then(() => mkdir(this.#folder, { recursive: true }));
      await this.#opened;
      await writeFile(
        file,
        parts.map(({ bytes }) => bytes),
      );
      // It has left the window meanwhile.
      if (!this.#files.has(name) || this.#isCleared) await rm(file, { force: true });
      return true;
    } catch (err) {
      if (!this.#hasFailed) {
        const remedy = "Check that the folder can be written and has room, or set no http.hls.folder.";
        this.#log.error({ file, err, remedy }, "segments cannot be stored: they stay in memory");
      }
      this.#hasFailed = true;
      this.#files.delete(name);
      return false;
    }
  }

  #remove(name: string): void {
    this.#files.delete(name);
    rm(join(this.#folder, name), { force: true }).catch((err: unknown) => {
      this.#log.warn({ file: name, err }, CANNOT_BE_REMOVED);
    });
  }
}

/**
 * Removes the segments that a process left which did not stop in order: one that is alone (`worker` 0) all that are there,
 * else those of the same worker. Nothing else in the folder is touched. Never rejects.
 */
export async function removeRemains(folder: string, worker: number, log: Log): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      const file = parseFileName(name);
      const isOurs = worker === 0 || file?.instance.startsWith(workerDigits(worker)) === true;
      if (file?.kind === "segment" && isOurs) await rm(join(folder, name), { force: true });
    }
  } catch (err) {
    // It is made when there is something to store.
    if (!(err instanceof Error && "code" in err && err.code === "ENOENT")) log.warn({ folder, err }, CANNOT_BE_REMOVED);
  }
}

const CANNOT_BE_REMOVED = "a segment cannot be removed";

function nameOf(rendition: string, instance: string, number: number): string {
  return fileNameOf({ rendition, instance, kind: "segment", number });
}
