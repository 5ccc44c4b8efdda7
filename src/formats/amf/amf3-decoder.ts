import type { ByteReader } from "../../bytes/byte-reader.ts";
import { type AmfDecodeOptions, AmfInput } from "./amf-input.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";
import { Amf3Tables, type Amf3Traits } from "./amf3-tables.ts";

/** Type markers. AMF3 section 3.1. */
export const Amf3Marker = {
  Undefined: 0x00,
  Null: 0x01,
  False: 0x02,
  True: 0x03,
  Integer: 0x04,
  Double: 0x05,
  String: 0x06,
  XmlDocument: 0x07,
  Date: 0x08,
  Array: 0x09,
  Object: 0x0a,
  Xml: 0x0b,
  ByteArray: 0x0c,
  VectorInt: 0x0d,
  VectorUint: 0x0e,
  VectorDouble: 0x0f,
  VectorObject: 0x10,
  Dictionary: 0x11,
} as const;

/** All values of a payload, with one set of reference tables. Throws a ProtocolError at the first that is malformed. */
export function decodeAmf3(bytes: Uint8Array, options?: AmfDecodeOptions): AmfValue[] {
  const decoder = new Amf3Decoder(bytes, options);
  const values: AmfValue[] = [];
  while (decoder.reader.remaining > 0) values.push(decoder.read());
  return values;
}

/** Reads AMF3 values one after the other; its reference tables live as long as it does. */
export class Amf3Decoder {
  /** For codecs of externalizable classes, which read bytes of their own between values. */
  readonly reader: ByteReader;
  readonly #input: AmfInput;
  readonly #tables: Amf3Tables;

  /** `source` is a payload, or the rest of one that an AMF0 decoder is in the middle of; `tables` tell what came before. */
  constructor(source: Uint8Array | AmfInput, options?: AmfDecodeOptions, tables: Amf3Tables = new Amf3Tables()) {
    this.#input = source instanceof AmfInput ? source : new AmfInput(source, options);
    this.reader = this.#input.reader;
    this.#tables = tables;
  }

  /** After a ProtocolError, nothing more can be read. */
  read(): AmfValue {
    this.#input.countValue();
    const marker = this.reader.u8();
    switch (marker) {
      case Amf3Marker.Undefined:
        return undefined;
      case Amf3Marker.Null:
        return null;
      case Amf3Marker.False:
        return false;
      case Amf3Marker.True:
        return true;
      case Amf3Marker.Integer:
        return (this.readU29() << 3) >> 3;
      case Amf3Marker.Double:
        return this.reader.f64();
      case Amf3Marker.String:
        return this.readString();
      default:
        return this.#readComplex(marker);
    }
  }

  /** An unsigned number of 29 bits in one to four bytes. AMF3 section 1.3.1. */
  readU29(): number {
    let value = 0;
    for (let index = 0; index < 3; index++) {
      const byte = this.reader.u8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | this.reader.u8();
  }

  /** A string without its marker, as keys and class names are written. */
  readString(): string {
    const header = this.readU29();
    if ((header & 1) === 1) return this.#readStringLiteral(header >> 1);
    const entry = this.#tables.strings[header >> 1];
    if (entry === undefined) return this.#input.fail("amf.reference", `string reference ${header >> 1}`);
    this.#input.countString(entry.byteLength);
    return entry.text;
  }

  /** A value that is to be a key of a Map. Codecs read such keys by this: `AmfLimits` bounds the numbers among them. */
  readKey(): AmfValue {
    const key = this.read();
    if (typeof key === "number") this.#input.countNumberKey();
    return key;
  }

  /** Refuses a count that the bytes left cannot hold, with `bytes.truncated`: to be called before a loop over it. */
  checkCount(count: number, bytesEach: number): void {
    this.#input.checkCount(count, bytesEach);
  }

  #readStringLiteral(byteLength: number): string {
    const text = this.#input.utf8(byteLength);
    if (byteLength > 0) this.#tables.strings.push({ text, byteLength });
    return text;
  }

  #readComplex(marker: number): AmfValue {
    if (marker > Amf3Marker.Dictionary)
      return this.#input.fail("amf.marker", `AMF3 has no type ${marker}`, this.reader.offset - 1);
    const header = this.readU29();
    if ((header & 1) === 0) return this.#referenced(header >> 1);
    const count = header >> 1;
    switch (marker) {
      case Amf3Marker.XmlDocument:
      case Amf3Marker.Xml:
        return this.#remember(new AmfXml(this.#input.utf8(count), marker === Amf3Marker.XmlDocument));
      case Amf3Marker.Date:
        return this.#remember(new AmfDate(this.reader.f64()));
      case Amf3Marker.Array:
        return this.#readArray(count);
      case Amf3Marker.Object:
        return this.#readObject(header);
      case Amf3Marker.ByteArray:
        // Not slice(): that of a Node Buffer would be a view.
        return this.#remember(new Uint8Array(this.reader.bytes(count)));
      case Amf3Marker.VectorObject:
        return this.#readObjectVector(count);
      case Amf3Marker.Dictionary:
        return this.#readDictionary(count);
      default:
        return this.#readNumberVector(marker, count);
    }
  }

  #referenced(index: number): AmfValue {
    if (index < this.#tables.objects.length) return this.#tables.objects[index];
    return this.#input.fail("amf.reference", `object reference ${index} of ${this.#tables.objects.length}`);
  }

  #remember<Value extends AmfValue>(value: Value): Value {
    this.#tables.objects.push(value);
    return value;
  }

  #readArray(count: number): AmfValue {
    this.#checkElements(count, 1);
    const firstKey = this.readString();
    if (firstKey === "") return this.#readElements(count, this.#remember([]));
    const array = this.#remember(new AmfEcmaArray());
    this.#input.nest(() => {
      for (let key = firstKey; key !== ""; key = this.readString()) array.members.set(key, this.read());
      for (let index = 0; index < count; index++) array.elements.push(this.read());
    });
    return array;
  }

  #readElements(count: number, elements: AmfValue[]): AmfValue[] {
    this.#input.nest(() => {
      for (let index = 0; index < count; index++) elements.push(this.read());
    });
    return elements;
  }

  #readObject(header: number): AmfValue {
    const traits = this.#readTraits(header);
    if (traits.isExternalizable) return this.#readExternalizable(traits.className);
    const object = this.#remember(new AmfObject(undefined, traits));
    this.#input.nest(() => {
      for (const key of traits.sealedKeys) object.members.set(key, this.read());
      if (!traits.isDynamic) return;
      for (let key = this.readString(); key !== ""; key = this.readString()) object.members.set(key, this.read());
    });
    return object;
  }

  #readTraits(header: number): Amf3Traits {
    if ((header & 2) === 0) {
      const traits = this.#tables.traits[header >> 2];
      return (
        traits ?? this.#input.fail("amf.reference", `traits reference ${header >> 2} of ${this.#tables.traits.length}`)
      );
    }
    const isExternalizable = (header & 4) !== 0;
    const count = isExternalizable ? 0 : header >> 4;
    if (count > this.#input.limits.maxTraitMembers) this.#input.fail("amf.limit", `a class of ${count} members`);
    this.#input.checkCount(count, 1);
    const className = this.readString();
    const sealedKeys = Array.from({ length: count }, () => this.readString());
    const traits = { className, sealedKeys, isDynamic: (header & 8) !== 0, isExternalizable };
    this.#tables.traits.push(traits);
    return traits;
  }

  #readExternalizable(className: string): AmfValue {
    const codec = this.#input.registry.codecOf(className);
    if (codec === undefined) {
      return this.#input.fail("amf.externalizable", `no codec for the class ${JSON.stringify(className)}`);
    }
    const object = this.#remember(new AmfExternalizable(className));
    this.#input.nest(() => {
      object.content = codec.decode(this);
    });
    return object;
  }

  #readObjectVector(count: number): AmfVector {
    this.#checkElements(count, 1);
    const isFixed = this.reader.u8() !== 0;
    const values: AmfValue[] = [];
    const vector = this.#remember(new AmfVector(values, isFixed, this.readString()));
    this.#readElements(count, values);
    return vector;
  }

  #readNumberVector(marker: number, count: number): AmfVector {
    const isFixed = this.reader.u8() !== 0;
    this.#input.checkCount(count, marker === Amf3Marker.VectorDouble ? 8 : 4);
    return this.#remember(new AmfVector(this.#readNumbers(marker, count), isFixed));
  }

  #readNumbers(marker: number, count: number): Int32Array | Uint32Array | Float64Array {
    switch (marker) {
      case Amf3Marker.VectorInt:
        return Int32Array.from({ length: count }, () => this.reader.i32());
      case Amf3Marker.VectorUint:
        return Uint32Array.from({ length: count }, () => this.reader.u32());
      default:
        return Float64Array.from({ length: count }, () => this.reader.f64());
    }
  }

  #readDictionary(count: number): AmfDictionary {
    this.#checkElements(count, 2);
    const dictionary = this.#remember(new AmfDictionary(undefined, this.reader.u8() !== 0));
    this.#input.nest(() => {
      for (let index = 0; index < count; index++) dictionary.entries.set(this.readKey(), this.read());
    });
    return dictionary;
  }

  // A tolerant reader keeps the elements that are there; it allocates one by one, so the count itself costs nothing.
  #checkElements(count: number, bytesEach: number): void {
    if (!this.#input.isTolerant) this.#input.checkCount(count, bytesEach);
  }
}
