import { ProtocolError } from "../../errors.ts";
import { AmfObject, type AmfValue } from "./amf-value.ts";
import { type ClassAlias, type ExternalizableCodec, ExternalizableRegistry } from "./externalizable.ts";

/** A class that travels: as a typed object by an alias, or as bytes of its own by a codec. */
export type AmfClass = ClassAlias<object> | ExternalizableCodec;

/**
 * Instances of `type` travel as typed objects of this name with these members, in their order; whatever else a peer sends
 * in one is ignored. Made without a call of the constructor: check what comes before you rely on it.
 */
export function classAlias<Instance extends object>(
  className: string,
  type: abstract new (...parameters: never[]) => Instance,
  members: readonly (keyof Instance & string)[],
): ClassAlias<Instance> {
  return {
    className,
    type,
    toAmfObject(instance) {
      // The encoders take what is inside as they take all else.
      const entries = members.map((member): [string, AmfValue] => [member, instance[member] as AmfValue]);
      return new AmfObject(entries, { className, sealedKeys: members, isDynamic: false });
    },
    fromAmfObject(object, toValue) {
      const instance: Instance = Object.create(type.prototype);
      for (const member of members) {
        const value = toValue(object.get(member));
        // No setter is called.
        Object.defineProperty(instance, member, { value, writable: true, enumerable: true, configurable: true });
      }
      return instance;
    },
  };
}

/**
 * A registry of Flex's classes and these. What a class throws on reading is told as `amf.externalizable`, on writing as
 * `amf.encode`. Throws an Error for a name or a type that comes twice, with another meaning.
 */
export function createRegistry(classes: readonly AmfClass[]): ExternalizableRegistry {
  const registry = new ExternalizableRegistry();
  const known = new Map<unknown, AmfClass>();
  for (const amfClass of classes) {
    const keys = "type" in amfClass ? [amfClass.type, amfClass.className] : [amfClass.className];
    for (const key of keys) {
      const other = known.get(key) ?? amfClass;
      if (other !== amfClass) throw new Error(`the class ${amfClass.className} is declared twice: give it once`);
      known.set(key, amfClass);
    }
    if ("type" in amfClass) registry.registerClass(amfClass);
    else registry.register(guarded(amfClass));
  }
  return registry;
}

/** With errors that end one message instead of a connection. */
function guarded(codec: ExternalizableCodec): ExternalizableCodec {
  const { className } = codec;
  return {
    className,
    decode(decoder) {
      try {
        return codec.decode(decoder);
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        throw new ProtocolError("amf.externalizable", `${className} cannot be read: ${textOf(error)}`, {
          cause: error,
        });
      }
    },
    encode(content, encoder) {
      try {
        codec.encode(content, encoder);
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        throw new ProtocolError("amf.encode", `${className} cannot be written: ${textOf(error)}`, { cause: error });
      }
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
