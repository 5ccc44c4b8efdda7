import { type AmfEncodable, AmfExternalizable, type AmfValue } from "../amf/amf-value.ts";

/** The classes of Flex that wrap one value so that programs can watch it. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "flex.messaging.io.ArrayCollection",
  "flex.messaging.io.ArrayList",
  "flex.messaging.io.ObjectProxy",
  "flex.messaging.io.ManagedObjectProxy",
  "flex.messaging.io.SerializationProxy",
]);

/** What a collection or proxy of Flex wraps, through all wrappers; any other value is returned as it is. */
export function unwrapFlexValue(value: AmfValue): AmfValue {
  let inner = value;
  for (
    let depth = 0;
    depth < MAX_WRAPPERS && inner instanceof AmfExternalizable && WRAPPERS.has(inner.className);
    depth++
  ) {
    inner = inner.content;
  }
  return inner;
}

/** More than any decoder nests: a wrapper can refer to itself. */
const MAX_WRAPPERS = 512;

/** An array that arrives as ArrayCollection, which Flex binds to lists and grids. */
export function arrayCollection(elements: readonly AmfEncodable[]): AmfExternalizable {
  return new AmfExternalizable("flex.messaging.io.ArrayCollection", elements as AmfValue);
}

/** An object that arrives as ObjectProxy, which tells Flex of its changes. */
export function objectProxy(object: object): AmfExternalizable {
  return new AmfExternalizable("flex.messaging.io.ObjectProxy", object as AmfValue);
}
