import { open } from "node:fs/promises";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { describeReadError } from "../../server/config-files.ts";
import { readFlv } from "./flv-input.ts";
import { InputError } from "./input-error.ts";
import { readMp4 } from "./mp4-input.ts";

export type InputOptions = {
  /** Go on behind damaged places of an FLV file. @default false */
  readonly skipDamage?: boolean;
  /** What to leave out. @default all is sent */
  readonly audio?: boolean;
  readonly video?: boolean;
  readonly data?: boolean;
  /** Nothing before the last keyframe in front of this time is needed. @default 0 */
  readonly startMs?: number;
};

/** What is published. */
export type Input = {
  /** For messages: the file's name, or "standard input". */
  readonly name: string;
  /** Whether it can be read more than once. */
  readonly isRepeatable: boolean;
  /** From the start on; a payload is valid until the next message. Throws an `InputError`. */
  read(): AsyncGenerator<MediaMessage>;
};

const SNIFFED_BYTES = 12;
const PIECE_BYTES = 256 * 1024;

/** A file, or `-` for what comes through `standardInput`. Throws an `InputError` for a file that cannot be opened or is of no known kind. */
export async function openInput(
  path: string,
  standardInput: AsyncIterable<Uint8Array>,
  options: InputOptions,
): Promise<Input> {
  if (path === "-") {
    const name = "standard input";
    return { name, isRepeatable: false, read: () => readFlv(refuseMp4(standardInput), name, options) };
  }
  const first = await readStart(path);
  if (isMp4(first)) return { name: path, isRepeatable: true, read: () => readMp4(path, options) };
  return { name: path, isRepeatable: true, read: () => readFlv(piecesOf(path), path, options) };
}

async function readStart(path: string): Promise<Uint8Array> {
  for await (const piece of piecesOf(path)) return piece.subarray(0, SNIFFED_BYTES);
  throw new InputError(`${path} is empty`);
}

async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw new InputError(`${path} cannot be opened: ${describeReadError(error)}`, { cause: error });
  });
  try {
    for (;;) {
      const buffer = new Uint8Array(PIECE_BYTES);
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${describeReadError(error)}`, { cause: error });
  } finally {
    await file.close();
  }
}

/** A box of four bytes length and four of name. ISO/IEC 14496-12 section 4.2. */
function isMp4(start: Uint8Array): boolean {
  const name = String.fromCharCode(...start.subarray(4, 8));
  return ["ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot"].includes(name);
}

/** MP4 is read here and there, which a pipe cannot do. */
async function* refuseMp4(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst && isMp4(piece)) {
      throw new InputError("MP4 cannot be read from a pipe. Give the file's name, or send FLV: ffmpeg … -f flv -");
    }
    isFirst = false;
    yield piece;
  }
}
