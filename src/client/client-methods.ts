import type { AmfEncodable } from "../formats/amf/amf-value.ts";
import type { ClientMethod } from "./options.ts";

/**
 * Methods for `connect(url, { methods })` with the types of the application on the server:
 * `clientMethods<ClientMethodsOf<typeof chat>>({ show(text) { … } })`. Their arguments come as plain values, and are what
 * the types say as long as the server keeps to them.
 */
export function clientMethods<Methods extends object>(
  methods: {
    readonly [Name in keyof Methods]: Answering<Methods[Name]>;
  },
): Record<string, ClientMethod> {
  const entries = Object.entries(methods).map(([name, method]: [string, unknown]): [string, ClientMethod] => {
    if (typeof method !== "function") throw new TypeError(`the method ${name} is no function`);
    const plain: ClientMethod = (...args) => Reflect.apply(method, methods, args) as AmfEncodable;
    WITH_PLAIN_ARGUMENTS.add(plain);
    return [name, plain];
  });
  return Object.fromEntries(entries);
}

/** Whether a method was made by `clientMethods`. */
export function takesPlainArguments(method: ClientMethod): boolean {
  return WITH_PLAIN_ARGUMENTS.has(method);
}

const WITH_PLAIN_ARGUMENTS = new WeakSet<ClientMethod>();

/** A method may answer later. */
type Answering<Method> = Method extends (...args: infer Arguments) => infer Result
  ? (...args: Arguments) => Result | Promise<Awaited<Result>>
  : never;
