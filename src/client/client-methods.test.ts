import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { AmfDate, AmfObject } from "../formats/amf/amf-value.ts";
import { classAlias, createRegistry } from "../formats/amf/class-alias.ts";
import { ClientSession } from "../rtmp/session/client-session.ts";
import { clientMethods, takesPlainArguments } from "./client-methods.ts";
import { silentLog } from "./log.ts";
import type { ClientMethod } from "./options.ts";
import { runMethod } from "./run-method.ts";

class Point {
  x = 0;
}

const registry = createRegistry([classAlias("P", Point, ["x"])]);

async function run(method: ClientMethod, ...args: (AmfObject | AmfDate)[]): Promise<void> {
  const event = { kind: "call", name: "show", transactionId: 0, streamId: 0, args } as const;
  await runMethod(method, event, new ClientSession(), { log: silentLog, registry });
}

test("methods get plain values, and instances of classes with an alias", async () => {
  const seen: unknown[] = [];
  const { show } = clientMethods<{ show(...values: unknown[]): void }>({ show: (...values) => void seen.push(values) });
  await run(show as ClientMethod, new AmfDate(5), new AmfObject([["x", 7]], { className: "P" }));
  deepEqual(seen, [[new Date(5), Object.assign(new Point(), { x: 7 })]]);
});

test("other methods get what came", async () => {
  const seen: unknown[] = [];
  const date = new AmfDate(5);
  await run((value) => void seen.push(value), date);
  equal(seen[0], date);
  equal(
    takesPlainArguments(() => 1),
    false,
  );
});

test("methods keep their object, and only their own names count", async () => {
  const wrong = { count: 0 } as unknown as Record<string, never>;
  throws(() => clientMethods(wrong), /the method count is no function/);
  const methods = clientMethods<{ one(): number; two(): number }>({
    one() {
      return 1;
    },
    two() {
      return this.one() as number;
    },
  });
  deepEqual(Object.keys(methods), ["one", "two"]);
  equal(await methods["two"]?.(), 1);
});
