import type { ByteWriter } from "../../bytes/byte-writer.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { type AmfEncodeOptions, AmfOutput, refuseToEncode } from "./amf-output.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  type AmfEncodable,
  type AmfExternalizable,
  AmfObject,
  type AmfTraits,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";
import { Amf3Marker } from "./amf3-decoder.ts";

const LARGEST_U28 = 0x0fffffff;
const SMALLEST_INTEGER = -0x10000000;

/** The values as AMF3, one after the other, with one set of reference tables. Throws `amf.encode` for what has no AMF form. */
export function encodeAmf3(...values: readonly AmfEncodable[]): Uint8Array {
  const encoder = new Amf3Encoder();
  for (const value of values) encoder.write(value);
  return encoder.take();
}

/** Writes AMF3 values; what occurs again is written as a reference. After an error its bytes are of no use. */
export class Amf3Encoder {
  /** For codecs of externalizable classes, which write bytes of their own between values. */
  readonly writer: ByteWriter;
  readonly #output: AmfOutput;
  readonly #strings = new Map<string, number>();
  readonly #objects = new Map<object, number>();
  readonly #traits = new Map<string, number>();
  readonly #hasReferences: boolean;
  #objectCount = 0;

  /**
   * `output` is that of an AMF0 encoder which this one writes a value into. Without references, only a value inside itself
   * becomes one.
   */
  constructor(output: AmfOutput | AmfEncodeOptions = {}, hasReferences = true) {
    this.#output = output instanceof AmfOutput ? output : new AmfOutput(output);
    this.writer = this.#output.writer;
    this.#hasReferences = hasReferences;
  }

  write(value: AmfEncodable): void {
    this.#output.countValue();
    if (typeof value === "object" && value !== null) this.#writeObjectLike(value);
    else this.#writeSimple(this.#output.toAmfValue(value));
  }

  /** What was written, as bytes of their own. The encoder is done with. */
  take(): Uint8Array {
    return this.writer.take();
  }

  /** An unsigned number of 29 bits in one to four bytes. AMF3 section 1.3.1. */
  writeU29(value: number): void {
    // Only the fourth byte carries 8 bits.
    const isLongest = value > 0x1fffff;
    const high = isLongest ? value >> 8 : value >> 7;
    if (isLongest) this.writer.u8(0x80 | ((high >> 14) & 0x7f));
    if (value > 0x3fff) this.writer.u8(0x80 | ((high >> 7) & 0x7f));
    if (value > 0x7f) this.writer.u8(0x80 | (high & 0x7f));
    this.writer.u8(isLongest ? value & 0xff : value & 0x7f);
  }

  /** A string without its marker, as keys and class names are written. */
  writeString(text: string): void {
    const index = this.#strings.get(text);
    if (index !== undefined) {
      this.writeU29(index << 1);
      return;
    }
    if (text !== "" && this.#hasReferences) this.#strings.set(text, this.#strings.size);
    this.#writeCounted(encodeUtf8(text));
  }

  #writeSimple(value: AmfValue): void {
    switch (typeof value) {
      case "number":
        this.#writeNumber(value);
        return;
      case "boolean":
        this.writer.u8(value ? Amf3Marker.True : Amf3Marker.False);
        return;
      case "string":
        this.writer.u8(Amf3Marker.String);
        this.writeString(value);
        return;
      default:
        this.writer.u8(value === null ? Amf3Marker.Null : Amf3Marker.Undefined);
    }
  }

  #writeNumber(value: number): void {
    const isInteger = Number.isInteger(value) && !Object.is(value, -0);
    if (isInteger && value >= SMALLEST_INTEGER && value <= LARGEST_U28) {
      this.writer.u8(Amf3Marker.Integer);
      this.writeU29(value & 0x1fffffff);
    } else {
      this.writer.u8(Amf3Marker.Double);
      this.writer.f64(value);
    }
  }

  #writeObjectLike(value: object): void {
    const amfValue = this.#output.toAmfValue(value);
    this.writer.u8(markerOf(amfValue));
    const index = this.#objects.get(value);
    if (index !== undefined) {
      this.writeU29(index << 1);
      return;
    }
    this.#objects.set(value, this.#objectCount++);
    if (amfValue instanceof Uint8Array) this.#writeCounted(amfValue);
    else if (amfValue instanceof AmfXml) this.#writeCounted(encodeUtf8(amfValue.text));
    else if (amfValue instanceof AmfDate) this.#writeDate(amfValue);
    else this.#output.nest(() => this.#writeContainer(amfValue));
    if (!this.#hasReferences) this.#objects.delete(value);
  }

  #writeContainer(value: AmfValue): void {
    if (Array.isArray(value)) this.#writeArray([], value);
    else if (value instanceof AmfEcmaArray) this.#writeArray(value.members, value.elements);
    else if (value instanceof AmfObject) this.#writeObject(value);
    else if (value instanceof AmfVector) this.#writeVector(value);
    else if (value instanceof AmfDictionary) this.#writeDictionary(value);
    else this.#writeExternalizable(value as AmfExternalizable);
  }

  #writeDate(date: AmfDate): void {
    this.writeU29(1);
    this.writer.f64(date.epochMs);
  }

  #writeArray(members: Iterable<readonly [string, AmfValue]>, elements: readonly AmfValue[]): void {
    this.#writeCount(elements.length);
    this.#writeMembers(members);
    for (const element of elements) this.write(element);
  }

  #writeMembers(members: Iterable<readonly [string, AmfValue]>): void {
    for (const [key, value] of members) {
      if (key === "") refuseToEncode("a member with an empty name, which ends the members in AMF3");
      this.writeString(key);
      this.write(value);
    }
    this.writeString("");
  }

  #writeObject(object: AmfObject): void {
    this.#writeTraits(object, (object.sealedKeys.length << 4) | (object.isDynamic ? 0b1011 : 0b0011));
    for (const key of object.sealedKeys) this.write(object.members.get(key));
    const sealed = new Set(object.sealedKeys);
    const dynamic = Array.from(object.members).filter(([key]) => !sealed.has(key));
    if (object.isDynamic) this.#writeMembers(dynamic);
    else if (dynamic.length > 0) refuseToEncode(`${dynamic[0]?.[0]}, which is no member of ${object.className}`);
  }

  #writeTraits(traits: AmfTraits, header: number): void {
    const name = JSON.stringify([header, traits.className, traits.sealedKeys]);
    const index = this.#traits.get(name);
    if (index !== undefined) {
      this.writeU29((index << 2) | 1);
      return;
    }
    if (this.#hasReferences) this.#traits.set(name, this.#traits.size);
    this.writeU29(header);
    this.writeString(traits.className);
    for (const key of traits.sealedKeys) this.writeString(key);
  }

  #writeExternalizable(object: AmfExternalizable): void {
    const codec = this.#output.registry.codecOf(object.className);
    if (codec === undefined) refuseToEncode(`the externalizable class ${object.className}, which has no codec`);
    this.#writeTraits({ className: object.className, sealedKeys: [], isDynamic: false }, 0b111);
    codec.encode(object.content, this);
  }

  #writeVector(vector: AmfVector): void {
    const { values } = vector;
    this.#writeCount(values.length);
    this.writer.u8(vector.isFixed ? 1 : 0);
    if (values instanceof Int32Array) for (const value of values) this.writer.i32(value);
    else if (values instanceof Uint32Array) for (const value of values) this.writer.u32(value);
    else if (values instanceof Float64Array) for (const value of values) this.writer.f64(value);
    else {
      this.writeString(vector.typeName);
      for (const value of values) this.write(value);
    }
  }

  #writeDictionary(dictionary: AmfDictionary): void {
    this.#writeCount(dictionary.entries.size);
    this.writer.u8(dictionary.hasWeakKeys ? 1 : 0);
    for (const [key, value] of dictionary.entries) {
      this.write(key);
      this.write(value);
    }
  }

  #writeCounted(bytes: Uint8Array): void {
    this.#writeCount(bytes.length);
    this.writer.bytes(bytes);
  }

  #writeCount(count: number): void {
    if (count > LARGEST_U28) refuseToEncode(`${count} elements or bytes in one value`);
    this.writeU29((count << 1) | 1);
  }
}

function markerOf(value: AmfValue): number {
  if (Array.isArray(value) || value instanceof AmfEcmaArray) return Amf3Marker.Array;
  if (value instanceof AmfDate) return Amf3Marker.Date;
  if (value instanceof AmfXml) return value.isDocument ? Amf3Marker.XmlDocument : Amf3Marker.Xml;
  if (value instanceof Uint8Array) return Amf3Marker.ByteArray;
  if (value instanceof AmfDictionary) return Amf3Marker.Dictionary;
  if (!(value instanceof AmfVector)) return Amf3Marker.Object;
  if (value.values instanceof Int32Array) return Amf3Marker.VectorInt;
  if (value.values instanceof Uint32Array) return Amf3Marker.VectorUint;
  return value.values instanceof Float64Array ? Amf3Marker.VectorDouble : Amf3Marker.VectorObject;
}
