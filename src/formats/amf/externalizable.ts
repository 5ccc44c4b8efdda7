import { ProtocolError } from "../../errors.ts";
import { SMALL_MESSAGE_CODECS } from "../flex/small-message.ts";
import { AmfDictionary, type AmfObject, type AmfValue } from "./amf-value.ts";
import type { Amf3Decoder } from "./amf3-decoder.ts";
import type { Amf3Encoder } from "./amf3-encoder.ts";

/** How a class that writes its own bytes is read and written. AMF3 section 3.12. */
export type ExternalizableCodec = {
  readonly className: string;
  /** Reads exactly what follows the class name: there is no length. Throws ProtocolErrors only. */
  decode(decoder: Amf3Decoder): AmfValue;
  /** Writes what `decode` reads. */
  encode(content: AmfValue, encoder: Amf3Encoder): void;
};

/** A class of the application and the typed object that stands for it on the wire. */
export type ClassAlias<Instance extends object> = {
  readonly className: string;
  readonly type: abstract new (...parameters: never[]) => Instance;
  toAmfObject(instance: Instance): AmfObject;
  /** `toValue` makes of a member what the application gets: plain values, and instances of other classes. */
  fromAmfObject(object: AmfObject, toValue: (member: AmfValue) => unknown): Instance;
};

/** Which classes of AMF have a meaning here. Names from the wire are looked up, never instantiated. */
export class ExternalizableRegistry {
  readonly #codecs = new Map<string, ExternalizableCodec>();
  readonly #aliasByType = new Map<unknown, ClassAlias<object>>();
  readonly #aliasByName = new Map<string, ClassAlias<object>>();

  /** Knows the collections, proxies and small messages of Flex from the start. */
  constructor() {
    for (const codec of BUILT_IN_CODECS) this.register(codec);
  }

  /** Replaces the codec of the same class. */
  register(codec: ExternalizableCodec): this {
    this.#codecs.set(codec.className, codec);
    return this;
  }

  /** From here on instances of exactly this class can be encoded, in AMF0 as well as in AMF3. */
  registerClass<Instance extends object>(alias: ClassAlias<Instance>): this {
    const erased = alias as unknown as ClassAlias<object>;
    this.#aliasByType.set(alias.type, erased);
    this.#aliasByName.set(alias.className, erased);
    return this;
  }

  codecOf(className: string): ExternalizableCodec | undefined {
    return this.#codecs.get(className);
  }

  /** The typed object to write for an instance; undefined if its class has no alias. */
  toAmfObject(instance: object): AmfObject | undefined {
    // Not instance.constructor, which may be data.
    const prototype: { readonly constructor?: unknown } | null = Object.getPrototypeOf(instance);
    return this.#aliasByType.get(prototype?.constructor)?.toAmfObject(instance);
  }

  /** The instance that a decoded object stands for; undefined if its class name has no alias. */
  fromAmfObject(object: AmfObject, toValue: (member: AmfValue) => unknown = (member) => member): object | undefined {
    return this.#aliasByName.get(object.className)?.fromAmfObject(object, toValue);
  }
}

const MANAGED_OBJECT_PROXY: ExternalizableCodec = {
  className: "flex.messaging.io.ManagedObjectProxy",
  decode(decoder) {
    const content = new AmfDictionary();
    const count = decoder.reader.u32();
    decoder.checkCount(count, 2);
    for (let index = 0; index < count; index++) content.entries.set(decoder.readKey(), decoder.read());
    return content;
  },
  encode(content, encoder) {
    if (!(content instanceof AmfDictionary)) {
      throw new ProtocolError("amf.encode", "the content of a ManagedObjectProxy is an AmfDictionary");
    }
    encoder.writer.u32(content.entries.size);
    for (const [key, value] of content.entries) {
      encoder.write(key);
      encoder.write(value);
    }
  },
};

const BUILT_IN_CODECS: readonly ExternalizableCodec[] = [
  wrapperOfOneValue("flex.messaging.io.ArrayCollection"),
  wrapperOfOneValue("flex.messaging.io.ArrayList"),
  wrapperOfOneValue("flex.messaging.io.ObjectProxy"),
  wrapperOfOneValue("flex.messaging.io.SerializationProxy"),
  MANAGED_OBJECT_PROXY,
  ...SMALL_MESSAGE_CODECS,
];

/** Used where no registry is given; nobody else can add to it. */
export const BUILT_IN_REGISTRY: ExternalizableRegistry = new ExternalizableRegistry();

function wrapperOfOneValue(className: string): ExternalizableCodec {
  return {
    className,
    decode: (decoder) => decoder.read(),
    encode: (content, encoder) => encoder.write(content),
  };
}
