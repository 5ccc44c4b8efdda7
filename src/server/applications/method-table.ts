import { CONNECTION_COMMANDS, EARLY_COMMANDS } from "../../rtmp/session/connection-commands.ts";
import { STREAM_COMMANDS } from "../../rtmp/session/stream-commands.ts";
import { isMethod, type Method } from "./method.ts";

/** The methods of an application by the names that clients call: those that were declared, and nothing that objects inherit. */
export class MethodTable {
  readonly #methods = new Map<string, Method<never>>();

  get(name: string): Method<never> | undefined {
    return this.#methods.get(name);
  }

  /** Adds all of a tree, or nothing of it. */
  add(tree: object): void {
    const added = new Map(methodsOf(tree, ""));
    for (const name of added.keys()) {
      if (this.#methods.has(name)) throw new Error(`there is a method ${name} already`);
    }
    for (const [name, method] of added) this.#methods.set(name, method);
  }
}

function methodsOf(tree: object, prefix: string): [string, Method<never>][] {
  const methods = Object.entries(tree).flatMap(([key, value]: [string, unknown]): [string, Method<never>][] => {
    const name = `${prefix}${key}`;
    checkName(name, key);
    if (isMethod(value)) return [[name, value]];
    if (isPlainObject(value)) return methodsOf(value, `${name}.`);
    throw new TypeError(
      `${name} is no method: use method([…schemas], handler), or method(handler) for unchecked arguments`,
    );
  });
  const names = methods.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`the method ${twice} is declared twice`);
  return methods;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function checkName(name: string, key: string): void {
  if (key === "") throw new Error("a method has a name");
  const isTaken =
    CONTROL_COMMANDS.has(name) ||
    STREAM_COMMANDS.has(name) ||
    CONNECTION_COMMANDS.has(name) ||
    EARLY_COMMANDS.has(name);
  if (isTaken) throw new Error(`${name} is a command of RTMP, which the server answers itself: choose another name`);
}

const CONTROL_COMMANDS: ReadonlySet<string> = new Set(["connect", "close", "_result", "_error"]);
