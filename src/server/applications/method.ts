import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ApplicationClient } from "./application-types.ts";
import type { InputOf, OutputOf, StandardSchema } from "./schema.ts";

/** One schema an argument; what accepts undefined may be left out at the end, and `rest` may stand last. */
export type ArgumentSchemas = readonly (StandardSchema | RestSchema)[];

/** Any number of further arguments, each by the same schema. */
export type RestSchema<Schema extends StandardSchema = StandardSchema> = { readonly rest: Schema };

/** What `this` is in a method that is written as a `function`. */
export type MethodCall = {
  /** The name that was called. */
  readonly name: string;
  /** Aborted when the call's time is over, and when the client has gone. */
  readonly signal: AbortSignal;
};

/** A method that clients may call: made by `method`. */
export type Method<Client = ApplicationClient, Arguments extends readonly unknown[] = never[], Result = unknown> = {
  readonly handler: (client: Client, ...args: never[]) => unknown;
  /** Undefined: arguments come as they are. */
  readonly schemas: readonly StandardSchema[] | undefined;
  readonly restSchema: StandardSchema | undefined;
  /** For types only; never set. */
  readonly [SIGNATURE]?: (...args: Arguments) => Result;
};

/** Methods by name. Those of an object inside are called `outer.inner`. */
export type MethodTree<Client> = { readonly [name: string]: Method<Client> | MethodTree<Client> };

declare const SIGNATURE: unique symbol;

/**
 * A method with checked arguments: the handler gets what the schemas make of them, and runs only if all are right. What
 * it returns, or the promise of it, is the answer; `undefined` is one too. Throw a `CallError` to refuse.
 */
export function method<const Schemas extends ArgumentSchemas, Result, Client = ApplicationClient>(
  schemas: Schemas,
  handler: (this: MethodCall, client: Client, ...args: OutputsOf<Schemas>) => Result,
): Method<Client, InputsOf<Schemas>, Awaited<Result>>;
/** A method that checks its arguments itself: they come as AMF has them, references and names of classes included. */
export function method<Result, Client = ApplicationClient>(
  handler: (this: MethodCall, client: Client, ...args: AmfValue[]) => Result,
): Method<Client, AmfEncodable[], Awaited<Result>>;
export function method(...parts: readonly unknown[]): DeclaredMethod {
  const [schemas, handler] = parts.length === 1 ? [undefined, parts[0]] : parts;
  if (!isHandler(handler)) throw new TypeError("method([…schemas], handler): the handler is no function");
  if (schemas === undefined) return new DeclaredMethod(handler, undefined, undefined);
  if (!Array.isArray(schemas)) throw new TypeError("method([…schemas], handler): the schemas are no array");
  const last: unknown = schemas.at(-1);
  const restSchema = isRest(last) ? last.rest : undefined;
  const fixed: readonly unknown[] = restSchema === undefined ? schemas : schemas.slice(0, -1);
  return new DeclaredMethod(handler, fixed.map(checkSchema), restSchema && checkSchema(restSchema));
}

/** For the end of a method's schemas: any number of further arguments. */
export function rest<Schema extends StandardSchema>(schema: Schema): RestSchema<Schema> {
  return { rest: schema };
}

/** Whether a value was made by `method`. */
export function isMethod(value: unknown): value is Method<never> {
  return value instanceof DeclaredMethod;
}

type Handler = (client: never, ...args: never[]) => unknown;

class DeclaredMethod {
  readonly handler: Handler;
  readonly schemas: readonly StandardSchema[] | undefined;
  readonly restSchema: StandardSchema | undefined;

  constructor(
    handler: Handler,
    schemas: readonly StandardSchema[] | undefined,
    restSchema: StandardSchema | undefined,
  ) {
    this.handler = handler;
    this.schemas = schemas;
    this.restSchema = restSchema;
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

function isRest(value: unknown): value is RestSchema<never> {
  return typeof value === "object" && value !== null && "rest" in value && !("~standard" in value);
}

function checkSchema(schema: unknown): StandardSchema {
  if (isSchema(schema)) return schema;
  throw new TypeError("method([…schemas], handler): something that is no Standard Schema, or a rest() before the end");
}

/** Those of some libraries are functions. */
function isSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard: unknown = Reflect.get(value, "~standard");
  return typeof standard === "object" && standard !== null && "validate" in standard;
}

/** What a caller gives. */
export type InputsOf<Schemas extends ArgumentSchemas> = Schemas extends readonly [
  infer First,
  ...infer More extends ArgumentSchemas,
]
  ? First extends RestSchema<infer Schema>
    ? InputOf<Schema>[]
    : undefined extends InputOf<First>
      ? [argument?: InputOf<First>, ...more: InputsOf<More>]
      : [argument: InputOf<First>, ...more: InputsOf<More>]
  : [];

/** What the handler gets. */
export type OutputsOf<Schemas extends ArgumentSchemas> = Schemas extends readonly [
  infer First,
  ...infer More extends ArgumentSchemas,
]
  ? First extends RestSchema<infer Schema>
    ? OutputOf<Schema>[]
    : [argument: OutputOf<First>, ...more: OutputsOf<More>]
  : [];

/** The methods of a tree as functions: what `MethodsOf` gives. */
export type SignaturesOf<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends { readonly [SIGNATURE]?: infer Signature }
    ? NonNullable<Signature>
    : SignaturesOf<Methods[Name]>;
};
