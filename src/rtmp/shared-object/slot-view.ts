import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { type PlainValue, toPlain } from "../../formats/amf/to-plain.ts";
import type { SyncEntry } from "./client-request.ts";

/** What a slot's name may be, by the type of the slots. */
export type SlotName<Slots> = keyof Slots & string;

/** The slots of an object of which nothing is known. */
export type AnySlots = Record<string, PlainValue>;

/** Whatever holds slots. */
export type SlotSource = {
  get(key: string): AmfValue;
  has(key: string): boolean;
  keys(): Iterable<string>;
};

/** What happened to a slot. The values are plain; reading one throws `amf.limit` if it contains itself. */
export type SharedObjectChange<Slots extends object = AnySlots> = {
  /**
   * `change` by somebody else, `delete`, `clear` of all slots; in clients also `success`: an own change was taken, and
   * `reject`: it was not, this is the value that counts.
   */
  readonly code: SyncEntry["code"];
  /** Empty for `clear`. */
  readonly key: SlotName<Slots> | "";
  /** What the slot holds now. */
  readonly value: Slots[SlotName<Slots>] | undefined;
  /** What it held before. */
  readonly oldValue: Slots[SlotName<Slots>] | undefined;
};

/** The slots as a read-only object: each read of a member makes a plain copy of what the slot holds then. */
export function viewSlots<Slots extends object>(
  source: SlotSource,
  registry: ExternalizableRegistry | undefined,
): Readonly<Partial<Slots>> {
  const read = (key: string | symbol): unknown =>
    typeof key === "string" && source.has(key) ? plainValue(source.get(key), registry) : undefined;
  const refuse = (): boolean => false;
  // Without a prototype: every name is that of a slot.
  return new Proxy(Object.create(null), {
    get: (_, key) => read(key),
    has: (_, key) => typeof key === "string" && source.has(key),
    ownKeys: () => Array.from(source.keys()),
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === "string" && source.has(key)
        ? { value: read(key), enumerable: true, configurable: true, writable: false }
        : undefined,
    set: refuse,
    deleteProperty: refuse,
    defineProperty: refuse,
    setPrototypeOf: refuse,
    // Frozen, it would have to keep the slots that it has.
    preventExtensions: refuse,
  });
}

/** The entries of a sync list as applications see them; `source` holds the slots as they are now. */
export function describeChanges<Slots extends object>(
  entries: readonly SyncEntry[],
  source: Pick<SlotSource, "get">,
  registry: ExternalizableRegistry | undefined,
): SharedObjectChange<Slots>[] {
  return entries.map(
    ({ code, name, oldValue }) => new ObservedChange(code, name, source.get(name), oldValue, registry),
  );
}

/** Plain values are made when they are asked for: most are not. */
class ObservedChange<Slots extends object> implements SharedObjectChange<Slots> {
  readonly code: SyncEntry["code"];
  readonly key: SlotName<Slots> | "";
  readonly #value: AmfValue;
  readonly #oldValue: AmfValue;
  readonly #registry: ExternalizableRegistry | undefined;

  constructor(
    code: SyncEntry["code"],
    key: string,
    value: AmfValue,
    oldValue: AmfValue,
    registry: ExternalizableRegistry | undefined,
  ) {
    this.code = code;
    this.key = key as SlotName<Slots>;
    this.#value = value;
    this.#oldValue = oldValue;
    this.#registry = registry;
  }

  get value(): Slots[SlotName<Slots>] | undefined {
    return plainValue(this.#value, this.#registry) as Slots[SlotName<Slots>] | undefined;
  }

  get oldValue(): Slots[SlotName<Slots>] | undefined {
    return plainValue(this.#oldValue, this.#registry) as Slots[SlotName<Slots>] | undefined;
  }
}

/** What applications get for a value: plain, and with instances of the classes that the registry knows. */
export function plainValue(value: AmfValue, registry: ExternalizableRegistry | undefined): unknown {
  return toPlain(value, registry === undefined ? {} : { registry });
}
