import { ProtocolError } from "../../errors.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { FlvReader } from "../../formats/flv/flv-reader.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { kindOfTagType } from "../../formats/flv/tag.ts";
import { isEndOfSequence } from "../clip.ts";
import { InputError } from "./input-error.ts";
import type { InputOptions } from "./open-input.ts";

/**
 * The messages of an FLV file or stream. Throws an `InputError` that names the byte where it is damaged, and at its end
 * where it is cut in the middle of a tag. A payload is valid until the next message.
 */
export async function* readFlv(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  options: InputOptions,
): AsyncGenerator<MediaMessage> {
  const { skipDamage: resynchronize = false } = options;
  const reader = new FlvReader({ resynchronize });
  let readBytes = 0;
  for await (const piece of pieces) {
    readBytes += piece.length;
    reader.push(piece);
    yield* messagesOf(reader, name, options);
  }
  if (resynchronize) {
    reader.end();
    yield* messagesOf(reader, name, options);
  }
  if (reader.header === undefined) throw new InputError(`${name} is no FLV: it ends after ${readBytes} bytes`);
  if (reader.pendingBytes === 0 || resynchronize) return;
  throw new InputError(
    `${name} is cut: its last tag, at byte ${readBytes - reader.pendingBytes}, is not whole. All before it was sent`,
  );
}

function* messagesOf(reader: FlvReader, name: string, options: InputOptions): Generator<MediaMessage> {
  for (;;) {
    const tag = nextTag(reader, name);
    if (tag === undefined) return;
    const kind = kindOfTagType(tag.type);
    if (kind === undefined || options[kind] === false || isEndOfSequence(kind, tag.data)) continue;
    yield classifyMedia(kind, tag.timestamp, tag.data);
  }
}

function nextTag(reader: FlvReader, name: string): ReturnType<FlvReader["next"]> {
  try {
    return reader.next();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, byteOffset, message, remedy } = error;
    const help = code === "flv.tag" ? "Or pass over it: --skip-damage" : "";
    const place = code === "flv.tag" ? `is damaged at byte ${byteOffset}` : "cannot be read";
    throw new InputError(`${name} ${place}: ${message}. ${remedy} ${help}`.trimEnd(), { cause: error });
  }
}
