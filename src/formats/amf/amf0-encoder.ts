import type { ByteWriter } from "../../bytes/byte-writer.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { type AmfEncodeOptions, AmfOutput, refuseToEncode } from "./amf-output.ts";
import { Amf3Value, AmfDate, AmfEcmaArray, type AmfEncodable, AmfObject, type AmfValue, AmfXml } from "./amf-value.ts";
import { Amf0Marker } from "./amf0-decoder.ts";
import { Amf3Encoder } from "./amf3-encoder.ts";

const LARGEST_U16 = 0xffff;

/**
 * The values as AMF0, one after the other. What only AMF3 can express (byte arrays, vectors, dictionaries,
 * externalizable objects, E4X) stands behind the AVM+ switch. Throws `amf.encode` for what has no AMF form.
 */
export function encodeAmf0(...values: readonly AmfEncodable[]): Uint8Array {
  const encoder = new Amf0Encoder();
  for (const value of values) encoder.write(value);
  return encoder.take();
}

/** Writes the AMF0 values of one message. After an error its bytes are of no use. */
export class Amf0Encoder {
  readonly #output: AmfOutput;
  readonly #writer: ByteWriter;
  readonly #hasSharedReferences: boolean;
  readonly #objectEncoding: 0 | 3;
  readonly #references = new Map<object, number>();
  /** Whether a value as AMF3 stands in the message already. */
  #hasSwitched: boolean;
  #referenceCount = 0;

  constructor(options: AmfEncodeOptions = {}) {
    this.#output = new AmfOutput(options);
    this.#writer = this.#output.writer;
    this.#hasSharedReferences = options.hasSharedReferences ?? false;
    this.#objectEncoding = options.objectEncoding ?? 0;
    this.#hasSwitched = options.isPartOfMessage ?? false;
  }

  write(value: AmfEncodable): void {
    if (value instanceof Amf3Value) this.writeAmf3(value.value);
    else if (this.#objectEncoding === 3 && typeof value === "object" && value !== null) this.writeAmf3(value);
    else this.#write(value);
  }

  /**
   * Writes the AVM+ switch and the value as AMF3. Some readers begin new tables of references at each switch and some do not:
   * behind the first, what occurs again is written again (docs/interop.md). AMF0 section 3.1.
   */
  writeAmf3(value: AmfEncodable): void {
    this.#writer.u8(Amf0Marker.AvmPlus);
    new Amf3Encoder(this.#output, !this.#hasSwitched).write(value);
    this.#hasSwitched = true;
  }

  /** What was written, as bytes of their own. The encoder is done with. */
  take(): Uint8Array {
    return this.#writer.take();
  }

  #write(value: AmfEncodable): void {
    this.#output.countValue();
    if (typeof value === "object" && value !== null) this.#writeObjectLike(value);
    else this.#writeSimple(this.#output.toAmfValue(value));
  }

  #writeSimple(value: AmfValue): void {
    switch (typeof value) {
      case "number":
        this.#writer.u8(Amf0Marker.Number);
        this.#writer.f64(value);
        return;
      case "boolean":
        this.#writer.u8(Amf0Marker.Boolean);
        this.#writer.u8(value ? 1 : 0);
        return;
      case "string":
        this.#writeString(value);
        return;
      default:
        this.#writer.u8(value === null ? Amf0Marker.Null : Amf0Marker.Undefined);
    }
  }

  #writeString(text: string): void {
    const bytes = encodeUtf8(text);
    if (bytes.length <= LARGEST_U16) {
      this.#writer.u8(Amf0Marker.String);
      this.#writer.u16(bytes.length);
    } else {
      this.#writer.u8(Amf0Marker.LongString);
      this.#writer.u32(bytes.length);
    }
    this.#writer.bytes(bytes);
  }

  #writeObjectLike(value: object): void {
    const index = this.#references.get(value);
    if (index !== undefined) {
      this.#writeReference(index);
      return;
    }
    const amfValue = this.#output.toAmfValue(value);
    if (Array.isArray(amfValue)) {
      this.#nest(value, () => this.#writeStrictArray(amfValue));
    } else if (amfValue instanceof AmfObject) {
      this.#nest(value, () => this.#writeObject(amfValue));
    } else if (amfValue instanceof AmfEcmaArray) {
      this.#nest(value, () => this.#writeEcmaArray(amfValue));
    } else if (amfValue instanceof AmfDate) {
      this.#writer.u8(Amf0Marker.Date);
      this.#writer.f64(amfValue.epochMs);
      this.#writer.i16(amfValue.timeZoneMinutes);
    } else if (amfValue instanceof AmfXml && amfValue.isDocument) {
      const bytes = encodeUtf8(amfValue.text);
      this.#writer.u8(Amf0Marker.XmlDocument);
      this.#writer.u32(bytes.length);
      this.#writer.bytes(bytes);
    } else {
      this.writeAmf3(amfValue);
    }
  }

  #nest(value: object, write: () => void): void {
    const index = this.#referenceCount++;
    this.#references.set(value, index);
    this.#output.nest(write);
    // What a reference of 16 bits cannot reach is written again.
    if (!this.#hasSharedReferences || index > LARGEST_U16) this.#references.delete(value);
  }

  #writeReference(index: number): void {
    if (index > LARGEST_U16) refuseToEncode(`a reference to value ${index}`);
    this.#writer.u8(Amf0Marker.Reference);
    this.#writer.u16(index);
  }

  #writeStrictArray(array: readonly AmfValue[]): void {
    this.#writer.u8(Amf0Marker.StrictArray);
    this.#writer.u32(array.length);
    for (const element of array) this.#write(element);
  }

  #writeObject(object: AmfObject): void {
    if (object.className === "") {
      this.#writer.u8(Amf0Marker.Object);
    } else {
      this.#writer.u8(Amf0Marker.TypedObject);
      this.#writeKey(object.className);
    }
    this.#writeMembers(object.members);
  }

  #writeEcmaArray(array: AmfEcmaArray): void {
    this.#writer.u8(Amf0Marker.EcmaArray);
    this.#writer.u32(array.elements.length + array.members.size);
    for (const [index, element] of array.elements.entries()) {
      this.#writeKey(String(index));
      this.#write(element);
    }
    this.#writeMembers(array.members);
  }

  #writeMembers(members: ReadonlyMap<string, AmfValue>): void {
    for (const [key, value] of members) {
      this.#writeKey(key);
      this.#write(value);
    }
    this.#writer.u16(0);
    this.#writer.u8(Amf0Marker.ObjectEnd);
  }

  #writeKey(key: string): void {
    const bytes = encodeUtf8(key);
    if (bytes.length > LARGEST_U16) refuseToEncode(`a name of ${bytes.length} bytes`);
    this.#writer.u16(bytes.length);
    this.#writer.bytes(bytes);
  }
}
