import { ProtocolError } from "../../errors.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { toPlain } from "../../formats/amf/to-plain.ts";
import { CallError } from "./call-error.ts";
import type { Method } from "./method.ts";
import type { SchemaIssue, SchemaResult } from "./schema.ts";

/** What is answered to arguments that a method does not take. */
export const BAD_ARGUMENTS = "NetConnection.Call.BadArguments";

/** A call puts each argument on the stack. */
export const MAX_ARGUMENTS = 1000;
const MAX_DESCRIPTION_CHARACTERS = 500;

/**
 * The arguments of a call as its method gets them, at once or later. Throws, or rejects with, a `CallError` that names
 * the argument; what a schema throws itself comes as it is.
 */
export function checkArguments(
  name: string,
  { schemas, restSchema }: Method<never>,
  args: readonly AmfValue[],
  registry: ExternalizableRegistry,
): readonly unknown[] | Promise<readonly unknown[]> {
  const most = restSchema !== undefined || schemas === undefined ? MAX_ARGUMENTS : schemas.length;
  if (args.length > most) throw badArguments(`${name} takes ${most} arguments at most, not ${args.length}.`);
  if (schemas === undefined) return args;
  const plain = plainValues(`Arguments of ${name}`, args, registry);
  const results: (SchemaResult<unknown> | Promise<SchemaResult<unknown>>)[] = [];
  let isLater = false;
  for (let index = 0; index < Math.max(plain.length, schemas.length); index++) {
    const schema = schemas[index] ?? restSchema;
    if (schema === undefined) break;
    const result = schema["~standard"].validate(plain[index]);
    isLater ||= result instanceof Promise;
    results.push(result);
  }
  if (isLater) return Promise.all(results).then((settled) => valuesOf(name, settled));
  return valuesOf(name, results as SchemaResult<unknown>[]);
}

/** Values as plain JavaScript, limited together; instances where an alias makes them. A `CallError` that says of what, if one contains itself. */
export function plainValues(
  what: string,
  values: readonly AmfValue[],
  registry: ExternalizableRegistry,
): readonly unknown[] {
  try {
    const plain = toPlain([...values], { registry });
    return Array.isArray(plain) ? plain : [];
  } catch (error) {
    if (error instanceof ProtocolError) throw badArguments(`${what}: ${error.message}.`);
    throw error;
  }
}

/** What was wrong, for whoever sent it: `at items.0: Too short`. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  const [first] = issues;
  if (first === undefined) return "refused";
  const path = (first.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  const text = `${path === "" ? "" : `at ${path}: `}${first.message}`;
  return `${text.slice(0, MAX_DESCRIPTION_CHARACTERS)}${more}`;
}

function valuesOf(name: string, results: readonly SchemaResult<unknown>[]): readonly unknown[] {
  return results.map((result, index) => {
    if (result.issues === undefined) return result.value;
    throw badArguments(`Argument ${index + 1} of ${name}: ${describeIssues(result.issues)}`);
  });
}

function badArguments(description: string): CallError {
  return new CallError({ code: BAD_ARGUMENTS, description });
}
