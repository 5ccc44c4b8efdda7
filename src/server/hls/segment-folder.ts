import { createReadStream, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream";
import type { Log } from "../log.ts";
import { fileNameOf } from "./file-name.ts";
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

/** Whole segments of one instance as files, so that they need no memory. Where the disk fails, they stay in memory. */
export class SegmentFolder {
  readonly #folder: string;
  readonly #log: Log;
  /** Bytes of those that are there, by file name; 0 while one is written. */
  readonly #files = new Map<string, number>();
  #opened: Promise<unknown> | undefined;
  #hasFailed = false;
  #isCleared = false;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Stores what nobody fetches in parts any more, and forgets what has gone. */
  store(renditions: readonly Rendition[], instance: string): void {
    const kept = new Set<string>();
    for (const rendition of renditions) {
      const { segments } = rendition;
      for (const segment of segments.slice(0, -SEGMENTS_WITH_PARTS)) this.#store(rendition, segment, instance);
      for (const number of rendition.numbers) kept.add(nameOf(rendition.name, instance, number));
    }
    for (const name of [...this.#files.keys()]) if (!kept.has(name)) this.#remove(name);
  }

  /** Answers with a segment that is here. */
  send(exchange: HlsExchange, { rendition, instance, number, done }: StoredSegment): void {
    const { request, response } = exchange;
    const name = nameOf(rendition, instance, number);
    const byteLength = this.#files.get(name) ?? 0;
    beginMedia(exchange, mediaTypeOf(rendition), byteLength);
    done(request.method === "HEAD" ? 0 : byteLength);
    if (request.method === "HEAD") return void response.end();
    pipeline(createReadStream(join(this.#folder, name)), response, (error) => {
      // A client that went away is no fault of the disk.
      if (error !== null && error !== undefined && !response.destroyed) response.destroy();
    });
  }

  /** Removes all that is here. */
  clear(): void {
    this.#isCleared = true;
    for (const name of this.#files.keys()) rmSync(join(this.#folder, name), { force: true });
    this.#files.clear();
  }

  #store(rendition: Rendition, segment: Segment, instance: string): void {
    const name = nameOf(rendition.name, instance, segment.number);
    if (segment.parts.length === 0 || this.#files.has(name) || this.#hasFailed) return;
    this.#files.set(name, 0);
    void this.#write(name, segment).then((isWritten) => {
      if (!isWritten || !this.#files.has(name)) return;
      this.#files.set(name, segment.byteLength);
      rendition.moveOut(segment.number);
    });
  }

  /** Never rejects. */
  async #write(name: string, { parts }: Segment): Promise<boolean> {
    const file = join(this.#folder, name);
    try {
      this.#opened ??= mkdir(this.#folder, { recursive: true });
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
      this.#log.warn({ file: name, err }, "a segment cannot be removed");
    });
  }
}

function nameOf(rendition: string, instance: string, number: number): string {
  return fileNameOf({ rendition, instance, kind: "segment", number });
}
