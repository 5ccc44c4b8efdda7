import { ByteWriter } from "../../bytes/byte-writer.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ProtocolError } from "../../errors.ts";
import { type AmfEncodeOptions, refuseToEncode } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { Amf0Encoder } from "../../formats/amf/amf0-encoder.ts";
import { type Message, MessageType } from "./message.ts";
import { type SharedObjectEvent, SharedObjectEventType, type SharedObjectMessage } from "./shared-object.ts";

/** What stands in front of the events. */
export type SharedObjectHeader = Omit<SharedObjectMessage, "events">;

/**
 * A message of type 19, or of type 16 with objectEncoding 3: values are AMF3 behind the switch there. Throws `amf.encode`
 * for what AMF cannot carry, and for names of more than 65535 bytes. RTMP 1.0 section 7.1.3.
 */
export function encodeSharedObject(
  message: SharedObjectMessage<AmfEncodable>,
  options: AmfEncodeOptions = {},
): Message {
  const events = message.events.map((event) => encodeSharedObjectEvent(event, options));
  return joinSharedObject(message, events, options.objectEncoding);
}

/** The message of events that were encoded before, for the same objectEncoding. */
export function joinSharedObject(
  header: SharedObjectHeader,
  events: readonly Uint8Array[],
  objectEncoding: 0 | 3 = 0,
): Message {
  const writer = new ByteWriter(events.reduce((sum, event) => sum + event.length, 64 + header.name.length * 3));
  if (objectEncoding === 3) writer.u8(0);
  writeKey(writer, header.name);
  writer.u32(header.version >>> 0);
  writer.u32(header.isPersistent ? 2 : 0);
  writer.u32(0);
  for (const event of events) writer.bytes(event);
  const type = objectEncoding === 3 ? MessageType.SharedObjectAmf3 : MessageType.SharedObject;
  return { type, timestamp: 0, streamId: 0, payload: writer.take() };
}

/** One event with its type and length. */
export function encodeSharedObjectEvent(
  event: SharedObjectEvent<AmfEncodable>,
  options: AmfEncodeOptions = {},
): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(typeOf(event));
  writer.u32(0);
  writeData(writer, event, options);
  writer.patchU32(1, writer.length - 5);
  return writer.take();
}

/** A value as slots carry it: with objectEncoding 3 all of it is AMF3 behind the switch. */
export function encodeSharedValue(value: AmfEncodable, options: AmfEncodeOptions): Uint8Array {
  return encodeValues([], [value], options);
}

function writeData(writer: ByteWriter, event: SharedObjectEvent<AmfEncodable>, options: AmfEncodeOptions): void {
  switch (event.kind) {
    case "request-change":
      writeKey(writer, event.key);
      writer.bytes(encodeSharedValue(event.value, options));
      return;
    case "change":
      for (const [key, value] of event.slots) {
        writeKey(writer, key);
        writer.bytes(encodeSharedValue(value, options));
      }
      return;
    case "success":
    case "remove":
    case "request-remove":
      writeKey(writer, event.key);
      return;
    case "send":
      writer.bytes(encodeValues([event.method], event.args, options));
      return;
    case "status":
      writeKey(writer, event.code);
      writeKey(writer, event.level);
      return;
    case "unknown":
      writer.bytes(event.data);
      return;
    default:
  }
}

/** `plain` is AMF0 in any case. */
function encodeValues(
  plain: readonly AmfEncodable[],
  values: readonly AmfEncodable[],
  options: AmfEncodeOptions,
): Uint8Array {
  if (options.objectEncoding === 3) {
    try {
      return encodeWith(plain, values, options, (encoder, value) => encoder.writeAmf3(value));
    } catch (error) {
      // AMF3 cannot express a member with an empty name; type 16 may carry AMF0 as well.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
  return encodeWith(plain, values, { ...options, objectEncoding: 0 }, (encoder, value) => encoder.write(value));
}

function encodeWith(
  plain: readonly AmfEncodable[],
  values: readonly AmfEncodable[],
  options: AmfEncodeOptions,
  write: (encoder: Amf0Encoder, value: AmfEncodable) => void,
): Uint8Array {
  const encoder = new Amf0Encoder({ ...options, isPartOfMessage: true });
  for (const value of plain) encoder.write(value);
  for (const value of values) write(encoder, value);
  return encoder.take();
}

function writeKey(writer: ByteWriter, key: string): void {
  const bytes = encodeUtf8(key);
  if (bytes.length > 0xffff) refuseToEncode(`a name of ${bytes.length} bytes`);
  writer.u16(bytes.length);
  writer.bytes(bytes);
}

function typeOf(event: SharedObjectEvent<AmfEncodable>): number {
  return event.kind === "unknown" ? event.type : EVENT_TYPES[event.kind];
}

const EVENT_TYPES: Readonly<Record<Exclude<SharedObjectEvent["kind"], "unknown">, SharedObjectEventType>> = {
  use: SharedObjectEventType.Use,
  release: SharedObjectEventType.Release,
  "request-change": SharedObjectEventType.RequestChange,
  change: SharedObjectEventType.Change,
  success: SharedObjectEventType.Success,
  send: SharedObjectEventType.Send,
  status: SharedObjectEventType.Status,
  clear: SharedObjectEventType.Clear,
  remove: SharedObjectEventType.Remove,
  "request-remove": SharedObjectEventType.RequestRemove,
  "use-success": SharedObjectEventType.UseSuccess,
};
