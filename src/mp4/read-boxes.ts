import { ByteReader } from "../bytes/byte-reader.ts";
import { ProtocolError } from "../errors.ts";
import { fourCcText } from "../formats/flv/codec-ids.ts";

/** A box of an MP4 file. ISO/IEC 14496-12 section 4.2. */
export type Mp4Box = {
  /** Four characters: "moof", … */
  readonly type: string;
  /** Where the box begins in the bytes that were given. */
  readonly offset: number;
  /** What follows its header, as a view. */
  readonly body: Uint8Array;
  /** The boxes in it, of types that are known to hold boxes and nothing before them, or something of a known length. */
  readonly children: readonly Mp4Box[];
};

/** Most boxes of one call: a file of nothing but headers would be an object for each eight bytes. */
export const MAX_BOXES = 100_000;
/** Deepest nesting; the deepest that means anything is about ten. */
export const MAX_BOX_DEPTH = 16;

/**
 * The boxes of a whole file or segment, or of a body. Throws `media.box` for sizes that do not fit, and beyond the two
 * limits; a last box that is not whole is a mistake, too.
 */
export function readBoxes(bytes: Uint8Array): Mp4Box[] {
  return readAt(bytes, 0, 0, { boxes: 0 });
}

/** The first box at the end of a path of types, each in the one before: `findBox(boxes, "moof", "traf", "tfdt")`. */
export function findBox(boxes: readonly Mp4Box[], ...path: readonly string[]): Mp4Box | undefined {
  const [type, ...rest] = path;
  for (const box of boxes) {
    if (box.type !== type) continue;
    const found = rest.length === 0 ? box : findBox(box.children, ...rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bytes between the header and the boxes in it. */
const CONTAINERS: ReadonlyMap<string, number> = new Map([
  ...["moov", "trak", "edts", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf", "mfra", "udta"].map(plain),
  ["dref", 8],
  ["stsd", 8],
  ...["avc1", "avc3", "hvc1", "hev1", "vvc1", "av01", "vp08", "vp09"].map(visual),
  ...["mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3"].map(audio),
]);

function plain(type: string): [string, number] {
  return [type, 0];
}

function visual(type: string): [string, number] {
  return [type, 78];
}

function audio(type: string): [string, number] {
  return [type, 28];
}

type Count = { boxes: number };

function readAt(bytes: Uint8Array, base: number, depth: number, count: Count): Mp4Box[] {
  const boxes: Mp4Box[] = [];
  const reader = new ByteReader(bytes);
  while (reader.remaining > 0) {
    const at = reader.offset;
    if (depth > MAX_BOX_DEPTH) throw fault(`MP4 boxes nested deeper than ${MAX_BOX_DEPTH}`, base + at);
    if (++count.boxes > MAX_BOXES) throw fault(`more than ${MAX_BOXES} MP4 boxes`, base + at);
    if (reader.remaining < 8) throw fault("an MP4 box without a whole header", base + at);
    const shortSize = reader.u32();
    const type = fourCcText(reader.u32());
    const bodyBytes = readSize(reader, shortSize, base + at) - (reader.offset - at);
    if (bodyBytes < 0 || bodyBytes > reader.remaining) throw fault(`an MP4 box with a wrong size`, base + at);
    const bodyOffset = base + reader.offset;
    const body = reader.bytes(bodyBytes);
    boxes.push({ type, offset: base + at, body, children: readChildren(type, body, bodyOffset, depth, count) });
  }
  return boxes;
}

/** The size with its header: 1 means 64 bits behind the type, 0 all that is left. */
function readSize(reader: ByteReader, shortSize: number, offset: number): number {
  if (shortSize === 0) return 8 + reader.remaining;
  if (shortSize !== 1) return shortSize;
  if (reader.remaining < 8) throw fault("an MP4 box without a whole header", offset);
  return reader.u32() * 2 ** 32 + reader.u32();
}

function readChildren(type: string, body: Uint8Array, base: number, depth: number, count: Count): Mp4Box[] {
  const before = CONTAINERS.get(type);
  if (before === undefined) return [];
  if (before > body.length) throw fault(`an MP4 box that is too short`, base);
  return readAt(body.subarray(before), base + before, depth + 1, count);
}

function fault(message: string, byteOffset: number): ProtocolError {
  return new ProtocolError("media.box", message, { byteOffset });
}
