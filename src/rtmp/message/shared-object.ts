import { ByteReader } from "../../bytes/byte-reader.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfDecodeOptions } from "../../formats/amf/amf-input.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { Amf0Decoder } from "../../formats/amf/amf0-decoder.ts";
import { Amf3Decoder } from "../../formats/amf/amf3-decoder.ts";
import { Amf3Tables } from "../../formats/amf/amf3-tables.ts";
import { type Message, MessageType } from "./message.ts";

/** Numbers of the events in a shared object message. RTMP 1.0 section 7.1.3. */
export const SharedObjectEventType = {
  Use: 1,
  Release: 2,
  RequestChange: 3,
  Change: 4,
  Success: 5,
  Send: 6,
  Status: 7,
  Clear: 8,
  Remove: 9,
  RequestRemove: 10,
  UseSuccess: 11,
} as const;
export type SharedObjectEventType = (typeof SharedObjectEventType)[keyof typeof SharedObjectEventType];

/** What one event says. `Value` is what a slot holds: an `AmfValue` after decoding, anything encodable before encoding. */
export type SharedObjectEvent<Value = AmfValue> =
  /** From the client: open the object, or close it. */
  | { readonly kind: "use" | "release" }
  /** From the client: please set the slot. Null and undefined ask for its removal. */
  | { readonly kind: "request-change"; readonly key: string; readonly value: Value }
  /** From the server: these slots have these values now. Usually one. */
  | { readonly kind: "change"; readonly slots: readonly (readonly [key: string, value: Value])[] }
  /** From the server: the receiver's own change was taken. */
  | { readonly kind: "success"; readonly key: string }
  /** Both ways: a call to everybody, the sender too. */
  | { readonly kind: "send"; readonly method: string; readonly args: readonly Value[] }
  /** From the server: a refusal. */
  | { readonly kind: "status"; readonly code: string; readonly level: string }
  /** From the server: the slot is gone. */
  | { readonly kind: "remove"; readonly key: string }
  /** From the client: please remove the slot. */
  | { readonly kind: "request-remove"; readonly key: string }
  /** From the server: forget all slots; or, the Use was accepted. */
  | { readonly kind: "clear" | "use-success" }
  /** An event that nobody specified: passed over. `data` is a view of the payload. */
  | { readonly kind: "unknown"; readonly type: number; readonly data: Uint8Array };

/** A message of type 19 or 16: events that belong together, on one object. */
export type SharedObjectMessage<Value = AmfValue> = {
  readonly name: string;
  /** The sender's idea of the object's version, 32 bits. */
  readonly version: number;
  readonly isPersistent: boolean;
  readonly events: readonly SharedObjectEvent<Value>[];
};

/** What one shared object message may hold. */
export type SharedObjectMessageLimits = {
  /** Length of the object's name in UTF-8, at most 65535. @default 255 */
  readonly maxNameBytes: number;
  /** Length of a slot's name in UTF-8, at most 65535. @default 255 */
  readonly maxSlotNameBytes: number;
  /** Events of a message; of one that sets several slots, each counts. @default 1000 */
  readonly maxEvents: number;
  /** Length of one encoded value. @default 64 KiB */
  readonly maxValueBytes: number;
};

export const DEFAULT_SHARED_OBJECT_MESSAGE_LIMITS: SharedObjectMessageLimits = {
  maxNameBytes: 255,
  maxSlotNameBytes: 255,
  maxEvents: 1000,
  maxValueBytes: 64 * 1024,
};

/** For clients: a server sends a whole object, and all that a slow client missed, as one message. */
export const SHARED_OBJECT_LIMITS_OF_CLIENTS: SharedObjectMessageLimits = {
  maxNameBytes: 0xffff,
  maxSlotNameBytes: 0xffff,
  maxEvents: 100_000,
  maxValueBytes: 4 * 1024 * 1024,
};

export type SharedObjectDecodeOptions = {
  readonly limits?: Partial<SharedObjectMessageLimits>;
  /** For the values; each has the AMF limits for itself. */
  readonly amf?: Omit<AmfDecodeOptions, "fromByte" | "isTolerant">;
};

/**
 * Reads a message of type 19 or 16. `object.body` when lengths contradict each other, `object.limit`, or an AMF code; the
 * place is in the payload. Nothing of the payload is kept but the data of unknown events. RTMP 1.0 section 7.1.3.
 */
export function decodeSharedObject(
  message: Pick<Message, "type" | "payload">,
  options?: SharedObjectDecodeOptions,
): SharedObjectMessage {
  return new SharedObjectDecoder(message.payload, message.type === MessageType.SharedObjectAmf3, options).read();
}

/** One line for traces: no values. */
export function describeSharedObjectEvent(event: SharedObjectEvent<AmfEncodable>): string {
  switch (event.kind) {
    case "request-change":
    case "success":
    case "remove":
    case "request-remove":
      return `${event.kind} ${JSON.stringify(event.key)}`;
    case "change":
      return `change ${event.slots.map(([key]) => JSON.stringify(key)).join(", ")}`;
    case "send":
      return `send ${JSON.stringify(event.method)} with ${event.args.length} arguments`;
    case "status":
      return `status ${JSON.stringify(event.code)} ${JSON.stringify(event.level)}`;
    case "unknown":
      return `unknown event ${event.type} with ${event.data.length} bytes`;
    default:
      return event.kind;
  }
}

const PERSISTENT_FLAG = 2;
const AMF3_STRINGS = 3;

class SharedObjectDecoder {
  readonly #payload: Uint8Array;
  readonly #reader: ByteReader;
  readonly #limits: SharedObjectMessageLimits;
  readonly #amf: AmfDecodeOptions;
  /** Reads names where they are written as AMF3 has them. */
  readonly #amf3Strings: Amf3Decoder | undefined;
  /** Red5 refers from one value to what another of the message said: docs/interop.md. */
  readonly #tables = new Amf3Tables();
  readonly #events: SharedObjectEvent[] = [];
  #eventCount = 0;

  constructor(payload: Uint8Array, isAmf3: boolean, { limits, amf = {} }: SharedObjectDecodeOptions = {}) {
    this.#payload = payload;
    this.#limits = resolveSharedObjectMessageLimits(limits);
    this.#amf = amf;
    // A first byte of 3, which Red5 reads and nobody is known to send: docs/interop.md.
    this.#amf3Strings =
      isAmf3 && payload[0] === AMF3_STRINGS ? new Amf3Decoder(payload, { ...amf, fromByte: 1 }) : undefined;
    this.#reader = this.#amf3Strings?.reader ?? new ByteReader(payload);
    if (isAmf3 && this.#amf3Strings === undefined) this.#readFormat();
  }

  read(): SharedObjectMessage {
    const name = this.#readText(this.#limits.maxNameBytes);
    const version = this.#reader.u32();
    const isPersistent = (this.#reader.u32() & PERSISTENT_FLAG) !== 0;
    this.#reader.skip(4);
    while (this.#reader.remaining > 0) this.#readEvent();
    return { name, version, isPersistent, events: this.#events };
  }

  #readFormat(): void {
    const format = this.#reader.u8();
    if (format !== 0) this.#fail("object.body", `a shared object of format ${format}`, 0);
  }

  #readEvent(): void {
    this.#countEvent();
    const reader = this.#reader;
    const type = reader.u8();
    const length = reader.u32();
    if (length > reader.remaining) {
      this.#fail("object.body", `an event of ${length} bytes, ${reader.remaining} left`, reader.offset - 4);
    }
    const end = reader.offset + length;
    this.#events.push(this.#readData(type, end));
    this.#checkEnd(end);
    reader.skip(end - reader.offset);
  }

  #readData(type: number, end: number): SharedObjectEvent {
    switch (type) {
      case SharedObjectEventType.Use:
        return { kind: "use" };
      case SharedObjectEventType.Release:
        return { kind: "release" };
      case SharedObjectEventType.RequestChange:
        return { kind: "request-change", key: this.#readKey(end), value: this.#readOptionalValue(end) };
      case SharedObjectEventType.Change:
        return { kind: "change", slots: this.#readSlots(end) };
      case SharedObjectEventType.Success:
        return { kind: "success", key: this.#readKey(end) };
      case SharedObjectEventType.Send:
        return this.#readSend(end);
      case SharedObjectEventType.Status:
        return { kind: "status", code: this.#readKey(end), level: this.#readKey(end) };
      case SharedObjectEventType.Clear:
        return { kind: "clear" };
      case SharedObjectEventType.Remove:
        return { kind: "remove", key: this.#readKey(end) };
      case SharedObjectEventType.RequestRemove:
        return { kind: "request-remove", key: this.#readKey(end) };
      case SharedObjectEventType.UseSuccess:
        return { kind: "use-success" };
      default:
        return { kind: "unknown", type, data: this.#reader.bytes(end - this.#reader.offset) };
    }
  }

  #readSlots(end: number): [string, AmfValue][] {
    const slots: [string, AmfValue][] = [];
    while (this.#reader.offset < end) {
      if (slots.length > 0) this.#countEvent();
      slots.push([this.#readKey(end), this.#readValue(end)]);
    }
    return slots;
  }

  #readSend(end: number): SharedObjectEvent {
    const at = this.#reader.offset;
    // One decoder for all, so that its limits hold for the number of arguments.
    const decoder = this.#decoderOfValues(end);
    const method = this.#readValue(end, decoder);
    if (typeof method !== "string") this.#fail("object.body", "a send without the name of a method", at);
    const args: AmfValue[] = [];
    while (decoder.remaining > 0) args.push(this.#readValue(end, decoder));
    return { kind: "send", method, args };
  }

  #readKey(end: number): string {
    const key = this.#readText(this.#limits.maxSlotNameBytes);
    this.#checkEnd(end);
    return key;
  }

  #readText(maxBytes: number): string {
    const at = this.#reader.offset;
    if (this.#amf3Strings !== undefined) {
      const text = this.#amf3Strings.readString();
      if (encodeUtf8(text).length > maxBytes) this.#fail("object.limit", `a name of over ${maxBytes} bytes`, at);
      return text;
    }
    const length = this.#reader.u16();
    if (length > maxBytes) this.#fail("object.limit", `a name of ${length} bytes, over ${maxBytes}`, at);
    return this.#reader.utf8(length);
  }

  /** Red5 takes a request without a value for one with null: docs/interop.md. */
  #readOptionalValue(end: number): AmfValue {
    return this.#reader.offset < end ? this.#readValue(end) : undefined;
  }

  #readValue(end: number, decoder: Amf0Decoder = this.#decoderOfValues(end)): AmfValue {
    const at = this.#reader.offset;
    const value = decoder.read();
    const length = decoder.offset - at;
    const { maxValueBytes } = this.#limits;
    if (length > maxValueBytes) this.#fail("object.limit", `a value of ${length} bytes, over ${maxValueBytes}`, at);
    this.#reader.skip(length);
    return value;
  }

  #decoderOfValues(end: number): Amf0Decoder {
    const options = { ...this.#amf, fromByte: this.#reader.offset };
    return new Amf0Decoder(this.#payload.subarray(0, end), options, this.#tables);
  }

  #countEvent(): void {
    const { maxEvents } = this.#limits;
    if (++this.#eventCount > maxEvents) this.#fail("object.limit", `more than ${maxEvents} events`);
  }

  #checkEnd(end: number): void {
    if (this.#reader.offset > end) this.#fail("object.body", "an event that is longer than it says", end);
  }

  #fail(code: "object.body" | "object.limit", why: string, byteOffset: number = this.#reader.offset): never {
    throw new ProtocolError(code, why, { byteOffset });
  }
}

/** The defaults where `limits` leaves them, or says undefined: that must not be no limit. */
export function resolveSharedObjectMessageLimits(
  limits: Partial<SharedObjectMessageLimits> = {},
): SharedObjectMessageLimits {
  const defaults = DEFAULT_SHARED_OBJECT_MESSAGE_LIMITS;
  return {
    maxNameBytes: limits.maxNameBytes ?? defaults.maxNameBytes,
    maxSlotNameBytes: limits.maxSlotNameBytes ?? defaults.maxSlotNameBytes,
    maxEvents: limits.maxEvents ?? defaults.maxEvents,
    maxValueBytes: limits.maxValueBytes ?? defaults.maxValueBytes,
  };
}
