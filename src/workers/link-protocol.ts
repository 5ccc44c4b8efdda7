import { ByteReader } from "../bytes/byte-reader.ts";
import { ByteWriter } from "../bytes/byte-writer.ts";
import { concatBytes } from "../bytes/concat.ts";
import { decodeUtf8, encodeUtf8 } from "../bytes/utf8.ts";
import { ProtocolError } from "../errors.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { ChunkDecoder } from "../rtmp/chunk/chunk-decoder.ts";
import { DEFAULT_CHUNK_LIMITS } from "../rtmp/chunk/chunk-limits.ts";
import { DEFAULT_CHUNK_SIZE } from "../rtmp/chunk/chunk-size.ts";
import { encodeStandalone, standaloneLength } from "../rtmp/chunk/standalone-message.ts";
import { controlMessage, decodeSetChunkSize, encodeSetChunkSize } from "../rtmp/message/control.ts";
import { chunkStreamIdOf, type Message, MessageType } from "../rtmp/message/message.ts";

/** "mrl", and the version of what follows: processes of one server have the same. */
const SIGNATURE = [0x6d, 0x72, 0x6c, 1] as const;
const HELLO_HEAD_BYTES = SIGNATURE.length + 2;

/** The first and only thing that the watching side says: which broadcast it wants. */
export function encodeLinkHello(name: string): Uint8Array {
  const utf8 = encodeUtf8(name);
  const writer = new ByteWriter(HELLO_HEAD_BYTES + utf8.length);
  for (const byte of SIGNATURE) writer.u8(byte);
  writer.u16(utf8.length);
  writer.bytes(utf8);
  return writer.take();
}

/** The broadcast's name, or undefined for too few bytes. Throws `link.message` for what is no hello, or more than one. */
export function decodeLinkHello(bytes: Uint8Array): string | undefined {
  for (const [index, byte] of SIGNATURE.entries()) {
    if ((bytes[index] ?? byte) !== byte) throw new ProtocolError("link.message", "what came first is no hello");
  }
  if (bytes.length < HELLO_HEAD_BYTES) return undefined;
  const reader = new ByteReader(bytes.subarray(SIGNATURE.length));
  const length = reader.u16();
  if (reader.remaining > length) throw new ProtocolError("link.message", "something came behind the hello");
  return reader.remaining < length ? undefined : decodeUtf8(reader.bytes(length));
}

/** What the home says besides media, each as a message on the control channel. */
const Notice = { Started: 1, Unpublished: 2, Elsewhere: 3, Cleared: 4 } as const;

export type LinkEvent = { readonly kind: "media"; readonly message: MediaMessage } | LinkNotice;

export type LinkNotice =
  /** A publication begins, or another publisher goes on with it. */
  | { readonly kind: "started" }
  | { readonly kind: "unpublished" }
  /** It is not, or no more, published there, but perhaps in another process. The link ends. */
  | { readonly kind: "elsewhere" }
  /** Stored data of that name was taken back. */
  | { readonly kind: "cleared"; readonly name: string };

/** What the home sends first: how long the chunks are in which all else comes. */
export function encodeLinkStart(chunkSize: number): Uint8Array {
  return encodeControl(encodeSetChunkSize(chunkSize), DEFAULT_CHUNK_SIZE);
}

export function encodeLinkNotice(event: LinkNotice, chunkSize: number): Uint8Array {
  return encodeControl(controlMessage(MessageType.UserControl, noticeOf(event)), chunkSize);
}

function noticeOf(event: LinkNotice): Uint8Array {
  switch (event.kind) {
    case "started":
      return Uint8Array.of(Notice.Started);
    case "unpublished":
      return Uint8Array.of(Notice.Unpublished);
    case "elsewhere":
      return Uint8Array.of(Notice.Elsewhere);
    case "cleared":
      return concatBytes([Uint8Array.of(Notice.Cleared), encodeUtf8(event.name)]);
  }
}

function encodeControl(message: Message, chunkSize: number): Uint8Array {
  const { type, payload } = message;
  const chunkStreamId = chunkStreamIdOf(type, 0);
  const bytes = new Uint8Array(standaloneLength(payload.length, 0, chunkSize, chunkStreamId));
  encodeStandalone(bytes, 0, message, chunkStreamId, chunkSize);
  return bytes;
}

const KINDS: ReadonlyMap<number, MediaMessage["kind"]> = new Map([
  [MessageType.Audio, "audio"],
  [MessageType.Video, "video"],
  [MessageType.Data, "data"],
]);

/** Reads what a home sends: the bytes of a broadcast's log, and notices between its messages. */
export class LinkReader {
  readonly #decoder: ChunkDecoder;

  constructor(maxMessageBytes: number) {
    const limits = { ...DEFAULT_CHUNK_LIMITS, maxMessageBytes, maxPartialBytes: maxMessageBytes };
    this.#decoder = new ChunkDecoder({ limits, isStrict: true });
  }

  /** The bytes must not change until `next` has returned undefined. */
  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /** Payloads are valid until the next call. Throws a `ProtocolError` for what no home sends. */
  next(): LinkEvent | undefined {
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      const { type, timestamp, payload } = message;
      const kind = KINDS.get(type);
      if (kind !== undefined) return { kind: "media", message: classifyMedia(kind, timestamp, payload) };
      if (type === MessageType.UserControl) return decodeNotice(payload);
      if (type !== MessageType.SetChunkSize) throw new ProtocolError("link.message", `a message of type ${type}`);
      this.#decoder.setChunkSize(decodeSetChunkSize(payload));
    }
    return undefined;
  }
}

function decodeNotice(payload: Uint8Array): LinkEvent {
  switch (payload[0]) {
    case Notice.Started:
      return { kind: "started" };
    case Notice.Unpublished:
      return { kind: "unpublished" };
    case Notice.Elsewhere:
      return { kind: "elsewhere" };
    case Notice.Cleared:
      return { kind: "cleared", name: decodeUtf8(payload.subarray(1)) };
    default:
      throw new ProtocolError("link.message", `an unknown notice (${payload[0] ?? "empty"})`);
  }
}
