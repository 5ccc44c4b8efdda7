import type { IncomingChunkStream } from "./incoming-chunk-stream.ts";

/**
 * Whether the format 3 chunks of one connection repeat the extended timestamp. RTMP 1.0 section 5.3.1.3 asks for it, the
 * text of 2009 forbade it, and both kinds of sender exist: docs/interop.md. The first continuation chunk in question
 * decides for the connection.
 */
export class ExtendedTimestampDetector {
  #isRepeated: boolean | undefined;

  /** What the connection was found to do; undefined until a continuation chunk has shown it. */
  get isRepeated(): boolean | undefined {
    return this.#isRepeated;
  }

  /**
   * Bytes of the field at `at`, behind the basic header of a format 3 chunk whose chunk stream has an extended timestamp:
   * 4 or 0, or undefined when the bytes up to `end` do not tell yet.
   */
  fieldLength(view: DataView, at: number, end: number, stream: IncomingChunkStream): number | undefined {
    if (this.#isRepeated === undefined && stream.isPartial) this.#isRepeated = isRepeatedAt(view, at, end, stream);
    const isAbsent = this.#isRepeated === false;
    if (isAbsent) return 0;
    const isOpen = this.#isRepeated === undefined && stream.isPartial;
    return isOpen || end - at < 4 ? undefined : 4;
  }
}

/**
 * Compares with the value of the last header and, since some senders repeat that instead, with the timestamp that came of
 * it. One byte that differs is enough, so that a short last chunk is not held up.
 */
function isRepeatedAt(view: DataView, at: number, end: number, stream: IncomingChunkStream): boolean | undefined {
  const available = Math.min(4, end - at);
  let isRaw = true;
  let isAbsolute = true;
  for (let index = 0; index < available; index++) {
    const byte = view.getUint8(at + index);
    const shift = 24 - 8 * index;
    isRaw &&= byte === ((stream.extendedTimestamp >>> shift) & 0xff);
    isAbsolute &&= byte === ((stream.timestamp >>> shift) & 0xff);
  }
  if (!isRaw && !isAbsolute) return false;
  return available === 4 ? true : undefined;
}
