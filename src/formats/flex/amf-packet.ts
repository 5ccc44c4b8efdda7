import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../errors.ts";
import type { AmfDecodeOptions } from "../amf/amf-input.ts";
import type { AmfEncodeOptions } from "../amf/amf-output.ts";
import type { AmfEncodable, AmfValue } from "../amf/amf-value.ts";
import { Amf0Decoder } from "../amf/amf0-decoder.ts";
import { Amf0Encoder } from "../amf/amf0-encoder.ts";

/** What one HTTP request of an AMF channel holds, or the answer to it. AMF0 section 4. */
export type AmfPacket<Value = AmfValue> = {
  /** 0, or 3 from clients that know AMF3. The envelope is AMF0 in both; its values switch to AMF3 each for itself. */
  readonly version: number;
  readonly headers: readonly AmfPacketHeader<Value>[];
  readonly bodies: readonly AmfPacketBody<Value>[];
};

export type AmfPacketHeader<Value = AmfValue> = {
  readonly name: string;
  readonly mustUnderstand: boolean;
  readonly value: Value;
};

/** One message, which is answered for itself. */
export type AmfPacketBody<Value = AmfValue> = {
  /** `null` for a message of Flex; in an answer, the response URI with `/onResult` or `/onStatus` behind it. */
  readonly targetUri: string;
  /** Where the sender wants the answer: `/1`. */
  readonly responseUri: string;
  readonly value: Value;
  /** Set where the value cannot be read, though what follows it can. */
  readonly unreadable?: ProtocolErrorCode;
};

export type AmfPacketLimits = {
  /** @default 32 */
  readonly maxHeaders: number;
  /** @default 64 */
  readonly maxBodies: number;
  /** Where an answer is wanted: the answer repeats it. @default 1024 */
  readonly maxResponseUriBytes: number;
};

export const DEFAULT_AMF_PACKET_LIMITS: AmfPacketLimits = { maxHeaders: 32, maxBodies: 64, maxResponseUriBytes: 1024 };

/** Some clients do not say how long a value is; BlazeDS never does, and writes 1 (docs/interop.md). A value of one byte ends there anyway. */
const UNKNOWN_LENGTHS: readonly number[] = [0xffffffff, 1];
/** The shortest there can be: a name or two of no letters, and a value of no bytes. */
const SMALLEST_HEADER_BYTES = 7;
const SMALLEST_BODY_BYTES = 9;

/**
 * Throws a ProtocolError where the packet ends too early, holds too much, or one of its headers cannot be read. A body
 * whose value alone cannot be read is marked. What stands behind the last body is ignored.
 */
export function decodeAmfPacket(
  bytes: Uint8Array,
  options: AmfDecodeOptions = {},
  limits: AmfPacketLimits = DEFAULT_AMF_PACKET_LIMITS,
): AmfPacket {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const headerCount = readCount(reader, limits.maxHeaders, SMALLEST_HEADER_BYTES, "headers");
  const headers: AmfPacketHeader[] = [];
  for (let index = 0; index < headerCount; index++) headers.push(readHeader(bytes, reader, options));
  const bodyCount = readCount(reader, limits.maxBodies, SMALLEST_BODY_BYTES, "bodies");
  const bodies: AmfPacketBody[] = [];
  for (let index = 0; index < bodyCount; index++) bodies.push(readBody(bytes, reader, options, limits));
  return { version, headers, bodies };
}

/** Objects are written as AMF3 in a packet of version 3, whatever the options say. `amf.encode` for what AMF cannot carry. */
export function encodeAmfPacket(packet: AmfPacket<AmfEncodable>, options: AmfEncodeOptions = {}): Uint8Array {
  const { version, headers, bodies } = packet;
  const writer = new ByteWriter();
  const writeValue = (value: AmfEncodable): void => {
    const encoder = new Amf0Encoder({ ...options, objectEncoding: version === 3 ? 3 : 0 });
    encoder.write(value);
    const bytes = encoder.take();
    writer.u32(bytes.length);
    writer.bytes(bytes);
  };
  writer.u16(version);
  writer.u16(headers.length);
  for (const { name, mustUnderstand, value } of headers) {
    writeText(writer, name);
    writer.u8(mustUnderstand ? 1 : 0);
    writeValue(value);
  }
  writer.u16(bodies.length);
  for (const { targetUri, responseUri, value } of bodies) {
    writeText(writer, targetUri);
    writeText(writer, responseUri);
    writeValue(value);
  }
  return writer.take();
}

function readCount(reader: ByteReader, max: number, bytesEach: number, what: string): number {
  const byteOffset = reader.offset;
  const count = reader.u16();
  if (count > max) throw new ProtocolError("amf.limit", `a packet of ${count} ${what}`, { byteOffset });
  if (count * bytesEach > reader.remaining) {
    throw new ProtocolError("bytes.truncated", `${count} ${what} announced`, { byteOffset });
  }
  return count;
}

function readHeader(bytes: Uint8Array, reader: ByteReader, options: AmfDecodeOptions): AmfPacketHeader {
  const name = reader.utf8(reader.u16());
  const mustUnderstand = reader.u8() !== 0;
  const { value, error } = readValue(bytes, reader, options);
  if (error !== undefined) throw error;
  return { name, mustUnderstand, value };
}

function readBody(
  bytes: Uint8Array,
  reader: ByteReader,
  options: AmfDecodeOptions,
  { maxResponseUriBytes }: AmfPacketLimits,
): AmfPacketBody {
  const targetUri = reader.utf8(reader.u16());
  const byteOffset = reader.offset;
  const length = reader.u16();
  if (length > maxResponseUriBytes) {
    throw new ProtocolError("amf.limit", `a response URI of ${length} bytes`, { byteOffset });
  }
  const responseUri = reader.utf8(length);
  const { value, error } = readValue(bytes, reader, options);
  return { targetUri, responseUri, value, ...(error !== undefined && { unreadable: error.code }) };
}

type ReadValue = { readonly value: AmfValue; readonly error?: ProtocolError };

/** Throws only where it is not known how long the value that cannot be read is. */
function readValue(bytes: Uint8Array, reader: ByteReader, options: AmfDecodeOptions): ReadValue {
  const length = reader.u32();
  const fromByte = reader.offset;
  if (UNKNOWN_LENGTHS.includes(length)) {
    const decoder = new Amf0Decoder(bytes, { ...options, fromByte });
    const value = decoder.read();
    reader.skip(decoder.offset - fromByte);
    return { value };
  }
  reader.skip(length);
  const decoder = new Amf0Decoder(bytes.subarray(0, reader.offset), { ...options, fromByte });
  try {
    return { value: decoder.read() };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { value: undefined, error };
  }
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = encodeUtf8(text);
  if (bytes.length > 0xffff) throw new ProtocolError("amf.encode", `a name of ${bytes.length} bytes in a packet`);
  writer.u16(bytes.length);
  writer.bytes(bytes);
}
