/**
 * Whatever AMF0 or AMF3 can carry. Plain JavaScript where it is faithful (a JS array is a strict or dense array, a
 * `Uint8Array` a ByteArray), and small classes where the wire tells things apart that JavaScript does not.
 * Values may be shared and may contain themselves, as references on the wire do.
 */
export type AmfValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | AmfValue[]
  | AmfObject
  | AmfEcmaArray
  | AmfDate
  | AmfXml
  | Uint8Array
  | AmfVector
  | AmfDictionary
  | AmfExternalizable;

/**
 * What the encoders take: any AmfValue, plain objects (own enumerable keys), arrays, `Date`, integers as bigint up to
 * 2^53, and instances of classes with an alias. Anything else is refused with `amf.encode`, functions and symbols too.
 */
export type AmfEncodable = undefined | null | boolean | number | string | bigint | object;

/** What the members of an object are, apart from their values. AMF0 knows only the class name. */
export type AmfTraits = {
  /** Empty for an anonymous object. It never names a class to instantiate. */
  readonly className: string;
  /** Members that AMF3 writes by position, without their names. */
  readonly sealedKeys: readonly string[];
  /** Whether there may be members beyond the sealed ones. */
  readonly isDynamic: boolean;
};

const ANONYMOUS: AmfTraits = { className: "", sealedKeys: [], isDynamic: true };

/** An anonymous object, or one with a class name. Every key is data, `__proto__` and `constructor` too. */
export class AmfObject implements AmfTraits {
  readonly className: string;
  readonly sealedKeys: readonly string[];
  readonly isDynamic: boolean;
  /** In the order of the wire, sealed members first. */
  readonly members: Map<string, AmfValue>;

  constructor(members?: Iterable<readonly [string, AmfValue]>, traits: Partial<AmfTraits> = ANONYMOUS) {
    this.members = new Map(members);
    this.className = traits.className ?? ANONYMOUS.className;
    this.sealedKeys = traits.sealedKeys ?? ANONYMOUS.sealedKeys;
    this.isDynamic = traits.isDynamic ?? ANONYMOUS.isDynamic;
  }

  /** Undefined for an absent member as well as for one that is undefined. */
  get(key: string): AmfValue {
    return this.members.get(key);
  }
}

/** An array with names: AMF0's ECMA array (all of it in `members`), or an AMF3 array that has associative keys. */
export class AmfEcmaArray {
  /** In the order of the wire. */
  readonly members: Map<string, AmfValue>;
  /** The dense part of an AMF3 array. AMF0 has none: there, "0" and "1" are keys like others. */
  readonly elements: AmfValue[];

  constructor(members?: Iterable<readonly [string, AmfValue]>, elements: AmfValue[] = []) {
    this.members = new Map(members);
    this.elements = elements;
  }

  /** The named member; undefined for an absent one as well as for one that is undefined. */
  get(key: string): AmfValue {
    return this.members.get(key);
  }
}

/** A point in time as it was sent, which may be no valid JavaScript date. */
export class AmfDate {
  /** Milliseconds since 1970 in UTC; may be NaN, infinite or a fraction. */
  readonly epochMs: number;
  /** What AMF0 carries beside it: reserved, to be ignored, kept for encoding again. AMF3 has no such field. */
  readonly timeZoneMinutes: number;

  constructor(epochMs: number, timeZoneMinutes = 0) {
    this.epochMs = epochMs;
    this.timeZoneMinutes = timeZoneMinutes;
  }
}

/** XML as text. It is never parsed. */
export class AmfXml {
  readonly text: string;
  /** True for the old XMLDocument (AMF0 and AMF3), false for E4X's XML (AMF3 only). */
  readonly isDocument: boolean;

  constructor(text: string, isDocument = false) {
    this.text = text;
    this.isDocument = isDocument;
  }
}

/** The kind of the array tells the vector's: int, uint, Number, or any other class. */
export type AmfVectorValues = Int32Array | Uint32Array | Float64Array | AmfValue[];

/** An ActionScript Vector. AMF3 section 3.15. */
export class AmfVector {
  readonly values: AmfVectorValues;
  /** Whether its length is fixed in ActionScript. */
  readonly isFixed: boolean;
  /** The class of the elements of an object vector, `*` for any; not used for numbers. */
  readonly typeName: string;

  constructor(values: AmfVectorValues, isFixed = false, typeName = "*") {
    this.values = values;
    this.isFixed = isFixed;
    this.typeName = typeName;
  }
}

/** An ActionScript Dictionary: keys of any kind, objects by identity. AMF3 section 3.16. */
export class AmfDictionary {
  readonly entries: Map<AmfValue, AmfValue>;
  readonly hasWeakKeys: boolean;

  constructor(entries?: Iterable<readonly [AmfValue, AmfValue]>, hasWeakKeys = false) {
    this.entries = new Map(entries);
    this.hasWeakKeys = hasWeakKeys;
  }
}

/** An AMF3 object whose class writes its own bytes; a codec in the registry knows which. */
export class AmfExternalizable {
  readonly className: string;
  /** What the codec made of the bytes: for an ArrayCollection, its array. */
  content: AmfValue;

  constructor(className: string, content?: AmfValue) {
    this.className = className;
    this.content = content;
  }
}

/**
 * For the values of a message in AMF0: what is inside is written as AMF3 behind the AVM+ switch, though AMF0 might have a
 * form for it. Clients of Flex write their messages so.
 */
export class Amf3Value {
  readonly value: AmfEncodable;

  constructor(value: AmfEncodable) {
    this.value = value;
  }
}

/** Whether `value` has named members: senders use objects and ECMA arrays alike for metadata and status. */
export function hasMembers(value: unknown): value is AmfObject | AmfEcmaArray {
  return value instanceof AmfObject || value instanceof AmfEcmaArray;
}
