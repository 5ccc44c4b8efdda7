import { type AmfDecodeOptions, AmfInput } from "./amf-input.ts";
import { AmfDate, AmfEcmaArray, AmfObject, type AmfValue, AmfXml } from "./amf-value.ts";
import { Amf3Decoder } from "./amf3-decoder.ts";
import { Amf3Tables } from "./amf3-tables.ts";

/** Type markers. AMF0 section 2.1. */
export const Amf0Marker = {
  Number: 0x00,
  Boolean: 0x01,
  String: 0x02,
  Object: 0x03,
  Null: 0x05,
  Undefined: 0x06,
  Reference: 0x07,
  EcmaArray: 0x08,
  ObjectEnd: 0x09,
  StrictArray: 0x0a,
  Date: 0x0b,
  LongString: 0x0c,
  Unsupported: 0x0d,
  XmlDocument: 0x0f,
  TypedObject: 0x10,
  AvmPlus: 0x11,
} as const;

/** All values of a payload. Throws a ProtocolError at the first that is malformed. */
export function decodeAmf0(bytes: Uint8Array, options?: AmfDecodeOptions): AmfValue[] {
  const decoder = new Amf0Decoder(bytes, options);
  const values: AmfValue[] = [];
  while (decoder.remaining > 0) values.push(decoder.read());
  return values;
}

/** Reads the AMF0 values of one message one after the other; limits and references span the message. */
export class Amf0Decoder {
  readonly #input: AmfInput;
  #tables: Amf3Tables;
  readonly #references: AmfValue[] = [];

  /**
   * Nothing of `bytes` is kept in the values: byte arrays are copies. `tables` are those of the message, where it takes more
   * than one decoder.
   */
  constructor(bytes: Uint8Array, options?: AmfDecodeOptions, tables: Amf3Tables = new Amf3Tables()) {
    this.#input = new AmfInput(bytes, options);
    this.#tables = tables;
  }

  /** Where the next value starts. */
  get offset(): number {
    return this.#input.reader.offset;
  }

  /** Bytes not read yet; 0 after the last value. */
  get remaining(): number {
    return this.#input.reader.remaining;
  }

  /** What follows as AMF3 does not refer to what was read so far. */
  forgetAmf3(): void {
    this.#tables = new Amf3Tables();
  }

  /** After a ProtocolError, nothing more can be read. */
  read(): AmfValue {
    const { reader } = this.#input;
    this.#input.countValue();
    const marker = reader.u8();
    switch (marker) {
      case Amf0Marker.Number:
        return reader.f64();
      case Amf0Marker.Boolean:
        return reader.u8() !== 0;
      case Amf0Marker.String:
        return this.#input.utf8(reader.u16());
      case Amf0Marker.Object:
        return this.#readObject("");
      case Amf0Marker.Null:
        return null;
      case Amf0Marker.Undefined:
      case Amf0Marker.Unsupported:
        return undefined;
      case Amf0Marker.Reference:
        return this.#readReference();
      case Amf0Marker.EcmaArray:
        return this.#readEcmaArray();
      case Amf0Marker.StrictArray:
        return this.#readStrictArray();
      case Amf0Marker.Date:
        return this.#readDate();
      case Amf0Marker.LongString:
        return this.#input.utf8(reader.u32());
      case Amf0Marker.XmlDocument:
        return new AmfXml(this.#input.utf8(reader.u32()), true);
      case Amf0Marker.TypedObject:
        return this.#readObject(this.#input.utf8(reader.u16()));
      case Amf0Marker.AvmPlus:
        // Values behind several switches refer to each other: docs/interop.md.
        return new Amf3Decoder(this.#input, {}, this.#tables).read();
      default:
        return this.#input.fail("amf.marker", `AMF0 has no readable type ${marker}`, reader.offset - 1);
    }
  }

  #readObject(className: string): AmfObject {
    const object = new AmfObject(undefined, { className });
    this.#references.push(object);
    this.#readMembers(object.members);
    return object;
  }

  #readEcmaArray(): AmfEcmaArray {
    const array = new AmfEcmaArray();
    this.#references.push(array);
    // The count is a hint at most: FLV tools write 0, others leave keys out of it. docs/interop.md.
    this.#input.reader.u32();
    this.#readMembers(array.members);
    return array;
  }

  #readMembers(members: Map<string, AmfValue>): void {
    const { reader } = this.#input;
    this.#input.nest(() => {
      for (;;) {
        const keyLength = reader.u16();
        // An empty key before anything but the end marker is a member with the empty name, which Flash permits.
        if (keyLength === 0 && reader.peekU8() === Amf0Marker.ObjectEnd) break;
        members.set(this.#input.utf8(keyLength), this.read());
      }
      reader.u8();
    });
  }

  #readStrictArray(): AmfValue[] {
    const array: AmfValue[] = [];
    this.#references.push(array);
    const count = this.#input.reader.u32();
    if (!this.#input.isTolerant) this.#input.checkCount(count, 1);
    this.#input.nest(() => {
      for (let index = 0; index < count; index++) array.push(this.read());
    });
    return array;
  }

  #readDate(): AmfDate {
    const { reader } = this.#input;
    const epochMs = reader.f64();
    // Some senders end the payload without the time zone: docs/interop.md.
    if (reader.remaining >= 2) return new AmfDate(epochMs, reader.i16());
    reader.rest();
    return new AmfDate(epochMs);
  }

  #readReference(): AmfValue {
    const index = this.#input.reader.u16();
    if (index < this.#references.length) return this.#references[index];
    return this.#input.fail("amf.reference", `reference ${index} of ${this.#references.length}`);
  }
}
