import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { AmfDate, AmfObject, type AmfValue, AmfVector } from "../../formats/amf/amf-value.ts";
import { classAlias, createRegistry } from "../../formats/amf/class-alias.ts";
import { CallError } from "./call-error.ts";
import { checkArguments, MAX_ARGUMENTS } from "./check-arguments.ts";
import { type ArgumentSchemas, method, rest } from "./method.ts";
import type { SchemaIssue, StandardSchema } from "./schema.ts";

/** A schema by hand, without any library: a text that is not too long; `later` answers by a promise. */
function text(later: boolean): StandardSchema<string, number> {
  const validate = (value: unknown): { value: number } | { issues: readonly SchemaIssue[] } =>
    typeof value === "string" ? { value: value.length } : { issues: [{ message: "no text" }] };
  return {
    "~standard": {
      version: 1,
      vendor: "by-hand",
      validate: (value) => (later ? Promise.resolve(validate(value)) : validate(value)),
    },
  };
}

const REGISTRY = createRegistry([]);

function check(schemas: ArgumentSchemas, args: readonly AmfValue[], registry = REGISTRY): unknown {
  return checkArguments(
    "add",
    method(schemas, () => undefined),
    args,
    registry,
  );
}

function refusal(description: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    ok(error instanceof CallError);
    equal(error.code, "NetConnection.Call.BadArguments");
    if (typeof description === "string") equal(error.description, description);
    else ok(description.test(error.description), error.description);
    return true;
  };
}

test("arguments are what their schemas make of them", () => {
  const trimmed = z.string().trim();
  deepEqual(check([trimmed, text(false), z.date()], [" a ", "abc", new AmfDate(5)]), ["a", 3, new Date(5)]);
});

test("arguments at the end may be left out, where their schemas allow it", () => {
  const schemas = [z.number(), z.number().optional(), z.number().default(7)];
  deepEqual(check(schemas, [1]), [1, undefined, 7]);
  deepEqual(check(schemas, [1, 2, 3]), [1, 2, 3]);
  throws(() => check(schemas, []), refusal(/^Argument 1 of add: .*undefined/));
});

test("any number of further arguments, each by the schema of the rest", () => {
  const schemas = [z.string(), rest(z.number())];
  deepEqual(check(schemas, ["a"]), ["a"]);
  deepEqual(check(schemas, ["a", 1, 2]), ["a", 1, 2]);
  throws(() => check(schemas, ["a", 1, "b"]), refusal(/^Argument 3 of add: /));
});

test("more arguments than there are schemas are refused", () => {
  throws(() => check([z.number()], [1, 2]), refusal("add takes 1 arguments at most, not 2."));
  throws(() => check([], [1]), refusal("add takes 0 arguments at most, not 1."));
  const many = Array.from({ length: MAX_ARGUMENTS + 1 }, () => 1);
  throws(() => check([rest(z.number())], many), refusal("add takes 1000 arguments at most, not 1001."));
  equal((check([rest(z.number())], many.slice(1)) as unknown[]).length, MAX_ARGUMENTS);
});

test("schemas may take their time", async () => {
  deepEqual(await check([text(true), text(false)], ["ab", "abc"]), [2, 3]);
  await rejects(Promise.resolve(check([text(false), text(true)], ["ab", 5])), refusal("Argument 2 of add: no text"));
});

test("a refusal names the place inside of the argument, and how much more is wrong", () => {
  const schema = z.object({ items: z.array(z.object({ name: z.string() })), age: z.number() });
  const value = new AmfObject([["items", [new AmfObject([["name", 5]])]]]);
  throws(() => check([schema], [value]), refusal(/^Argument 1 of add: at items\.0\.name: .*string.* \(and 1 more\)$/));
  const keyed: StandardSchema = {
    "~standard": {
      version: 1,
      vendor: "by-hand",
      validate: () => ({ issues: [{ message: "bad", path: [{ key: "a" }, Symbol("b"), 0] }] }),
    },
  };
  throws(() => check([keyed], [1]), refusal("Argument 1 of add: at a.Symbol(b).0: bad"));
});

test("a refusal is no longer than it need be", () => {
  const long: StandardSchema = {
    "~standard": { version: 1, vendor: "by-hand", validate: () => ({ issues: [{ message: "x".repeat(100_000) }] }) },
  };
  throws(() => check([long], [1]), refusal(/^Argument 1 of add: x{500}$/));
  const silent: StandardSchema = { "~standard": { version: 1, vendor: "by-hand", validate: () => ({ issues: [] }) } };
  throws(() => check([silent], [1]), refusal("Argument 1 of add: refused"));
});

test("objects come without prototype, so that every name is data", () => {
  const hostile = new AmfObject([
    ["__proto__", new AmfObject([["isAdmin", true]])],
    ["constructor", "x"],
    ["toString", 1],
  ]);
  const [value] = check([z.unknown()], [hostile]) as [object];
  equal(Object.getPrototypeOf(value), null);
  deepEqual(Object.keys(value), ["__proto__", "constructor", "toString"]);
  for (const schema of [z.looseObject({}), z.record(z.string(), z.unknown())]) {
    const [parsed] = check([schema], [hostile]) as [object];
    equal(Object.getPrototypeOf(parsed), Object.prototype);
    equal("isAdmin" in parsed, false);
  }
  equal("isAdmin" in {}, false);
});

test("values that contain themselves, or grow without end by references, are refused", () => {
  const cyclic = new AmfObject();
  cyclic.members.set("self", cyclic);
  throws(() => check([z.unknown()], [cyclic]), refusal("Arguments of add: a value that contains itself."));
  let bomb: AmfValue[] = [1];
  for (let level = 0; level < 40; level++) bomb = [bomb, bomb];
  throws(() => check([z.unknown()], [bomb]), refusal(/^Arguments of add: more than 100000 values/));
  // All arguments have one limit.
  const large = new AmfVector(new Int32Array(60_000));
  throws(
    () => check([z.unknown(), z.unknown()], [large, large]),
    refusal(/^Arguments of add: more than 100000 values/),
  );
});

test("instances of aliased classes reach their schemas as such", () => {
  class Point {
    x = 0;
  }
  const registry = createRegistry([classAlias("P", Point, ["x"])]);
  const object = new AmfObject([["x", 5]], { className: "P" });
  const [point] = check([z.instanceof(Point)], [object], registry) as [Point];
  equal(point.x, 5);
  throws(() => check([z.instanceof(Point)], [object]), refusal(/^Argument 1 of add: /));
});

test("without schemas arguments come as AMF has them, themselves inside and all", () => {
  const cyclic = new AmfObject([], { className: "Node" });
  cyclic.members.set("self", cyclic);
  const raw = method((_client, ...args) => args.length);
  const values = checkArguments("add", raw, [cyclic, 1], REGISTRY) as readonly unknown[];
  equal(values[0], cyclic);
  const many = Array.from({ length: MAX_ARGUMENTS + 1 }, () => 1);
  throws(() => checkArguments("add", raw, many, REGISTRY), refusal(/at most/));
});

test("what is no method says so where it is written", () => {
  const anything = method as (...parts: unknown[]) => unknown;
  throws(() => anything([z.string()]), /handler is no function/);
  throws(() => anything([z.string()], 5), /handler is no function/);
  throws(() => anything({}, () => 0), /schemas are no array/);
  throws(() => anything([{}], () => 0), /no Standard Schema/);
  throws(() => anything([null], () => 0), /no Standard Schema/);
  throws(() => anything([rest(z.string()), z.string()], () => 0), /rest\(\) before the end/);
});
