import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { joinSharedObject } from "../message/encode-shared-object.ts";
import { MessageType } from "../message/message.ts";
import { decodeSharedObject } from "../message/shared-object.ts";
import { crc32 } from "./crc32.ts";

/** A persistent object as it is kept over restarts. */
export type SharedObjectSnapshot = {
  readonly name: string;
  readonly version: number;
  /** In the order in which they were made. */
  readonly slots: readonly (readonly [key: string, value: AmfValue])[];
};

const MAGIC = 0x4d525344;
const FORMAT = 1;
const HEADER_LENGTH = 16;
const NO_LIMITS = {
  maxNameBytes: 0xffff,
  maxSlotNameBytes: 0xffff,
  maxEvents: Number.POSITIVE_INFINITY,
  maxValueBytes: Number.POSITIVE_INFINITY,
};

/**
 * A snapshot's bytes, which stay readable by later versions of the library: "MRSD", the format 1 in 4 bytes, the length of
 * the body and its CRC-32 in 4 bytes each, big-endian; then the body, which is that of a shared object message of type 16
 * with the object's name, version and flag, and one Change for each slot. `changes` are such events, encoded for type 16.
 */
export function encodeSharedObjectSnapshot(name: string, version: number, changes: readonly Uint8Array[]): Uint8Array {
  const body = joinSharedObject({ name, version, isPersistent: true }, changes, 3).payload;
  const writer = new ByteWriter(HEADER_LENGTH + body.length);
  writer.u32(MAGIC);
  writer.u32(FORMAT);
  writer.u32(body.length);
  writer.u32(crc32(body));
  writer.bytes(body);
  return writer.take();
}

/** `object.snapshot` for what was not written whole, was damaged, or has a later format. */
export function decodeSharedObjectSnapshot(bytes: Uint8Array, registry?: ExternalizableRegistry): SharedObjectSnapshot {
  const payload = readBody(bytes);
  try {
    const options = { limits: NO_LIMITS, amf: registry === undefined ? {} : { registry } };
    const message = decodeSharedObject({ type: MessageType.SharedObjectAmf3, payload }, options);
    const slots = message.events.flatMap((event) => (event.kind === "change" ? event.slots : []));
    return { name: message.name, version: message.version, slots };
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    const byteOffset = HEADER_LENGTH + (cause.byteOffset ?? 0);
    throw new ProtocolError("object.snapshot", `a stored object that cannot be read: ${cause.message}`, {
      byteOffset,
      cause,
    });
  }
}

/** Throws `object.snapshot` for bytes that `decodeSharedObjectSnapshot` would not even begin with. */
export function checkSharedObjectSnapshot(bytes: Uint8Array): void {
  readBody(bytes);
}

function readBody(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER_LENGTH) fail(`a stored object of ${bytes.length} bytes`, 0);
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MAGIC) fail("no stored object", 0);
  const format = reader.u32();
  if (format !== FORMAT) fail(`a stored object of format ${format}`, 4);
  const length = reader.u32();
  const checksum = reader.u32();
  if (length !== reader.remaining) fail(`a stored object of ${length} bytes, ${reader.remaining} found`, 8);
  const body = reader.rest();
  if (crc32(body) !== checksum) fail("a stored object with a wrong checksum", 12);
  return body;
}

function fail(why: string, byteOffset: number): never {
  throw new ProtocolError("object.snapshot", why, { byteOffset });
}
