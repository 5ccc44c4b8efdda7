import type { AmfEncodable } from "../formats/amf/amf-value.ts";

/** Methods of the other side as functions that return promises: what `methodsOf` gives. */
export type RemoteMethods<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...args: infer Arguments) => infer Result
    ? (...args: Arguments) => Promise<Awaited<Result>>
    : RemoteMethods<Methods[Name]>;
};

/**
 * Functions of any name that call the method of that name; `rooms.list()` calls `rooms.list`. None is named `then`, or
 * what is awaited would be called.
 */
export function remoteMethods<Methods>(
  call: (name: string, args: readonly AmfEncodable[]) => Promise<unknown>,
): RemoteMethods<Methods> {
  return remoteMethod("", call) as RemoteMethods<Methods>;
}

function remoteMethod(name: string, call: (name: string, args: readonly AmfEncodable[]) => Promise<unknown>): object {
  const inside = new Map<string, object>();
  return new Proxy(() => {}, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then") return undefined;
      const known = inside.get(key) ?? remoteMethod(name === "" ? key : `${name}.${key}`, call);
      inside.set(key, known);
      return known;
    },
    apply: (_target, _this, args: readonly AmfEncodable[]) => call(name, args),
  });
}
