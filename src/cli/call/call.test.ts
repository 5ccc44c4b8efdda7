import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fakeConnection } from "../../../test/support/fake-client.ts";
import { fakeContext } from "../../../test/support/fake-context.ts";
import type { ConnectOptions } from "../../client/options.ts";
import { StatusError } from "../../client/status-error.ts";
import { AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { createStatus } from "../../rtmp/session/status.ts";
import { runCommandLine } from "../command-line.ts";
import { ExitCode } from "../exit-codes.ts";

const URL = "rtmp://example.org/chat/lobby";

/** Runs `millrace call` on a connection that answers by a function. */
async function call(
  args: readonly string[],
  answer?: (name: string, args: readonly unknown[]) => AmfValue,
  isTerminal = false,
) {
  const connection = fakeConnection(answer);
  let connectOptions: ConnectOptions = {};
  const client = {
    async connect(_url: string, options: ConnectOptions) {
      connectOptions = options;
      return connection;
    },
  };
  const context = fakeContext({ client, isTerminal });
  const code = await runCommandLine(["call", ...args], context);
  return { code, context, connection, connectOptions };
}

test("arguments are JSON values or text, and the result is JSON", async () => {
  const seen: unknown[] = [];
  const { code, context, connection, connectOptions } = await call(
    [URL, "say", "hello", "1", "true", '{"a":[null]}', "-5", "--connect-arg", "anna", "--amf3"],
    (_name, args) => {
      seen.push(...args);
      return new AmfObject([["ok", [1, "two"]]]);
    },
  );
  equal(code, ExitCode.Ok);
  deepEqual(seen, ["hello", 1, true, { a: [null] }, -5]);
  equal(context.output(), '{"ok":[1,"two"]}\n');
  equal(connection.lines.at(-1), "close");
  deepEqual([connectOptions.app, connectOptions.args, connectOptions.objectEncoding], ["chat/lobby", ["anna"], 3]);
});

test("for people the result is indented, and no result is null", async () => {
  equal((await call([URL, "a"], () => new AmfObject([["b", 1]]), true)).context.output(), '{\n  "b": 1\n}\n');
  equal((await call([URL, "a"])).context.output(), "null\n");
});

test("an _error is JSON on standard error", async () => {
  const refuse = (info: AmfValue) => () => {
    throw new StatusError("add", { ...createStatus("NetConnection.Call.Failed", "No."), info });
  };
  const { code, context } = await call(
    [URL, "add"],
    refuse(
      new AmfObject([
        ["code", "Full"],
        ["n", 7],
      ]),
    ),
  );
  equal(code, ExitCode.Failed);
  deepEqual([context.errors(), context.output()], ['{"code":"Full","n":7}\n', ""]);
  const bare = await call([URL, "add"], refuse(undefined));
  equal(bare.context.errors(), '{"level":"error","code":"NetConnection.Call.Failed","description":"No."}\n');
});

test("a call without an answer waits for none", async () => {
  const { code, connection, context } = await call([URL, "say", "hello", "--notify"]);
  deepEqual([code, connection.lines, context.output()], [ExitCode.Ok, ["notify say hello", "close"], ""]);
});

test("other failures are told in words", async () => {
  const { code, context } = await call([URL, "add"], () => {
    throw new Error("the connection was lost");
  });
  deepEqual([code, context.errors()], [ExitCode.Failed, "error: the connection was lost\n"]);
});

test("listening prints the server's calls until a signal, or until the server closes", async () => {
  const closed = Promise.withResolvers<{ readonly kind: "server"; readonly description: string }>();
  const connection = fakeConnection(() => 3, { closed: closed.promise });
  const client = {
    async connect(_url: string, { onCall, onStatus }: ConnectOptions) {
      const speak = async (): Promise<void> => {
        await setImmediate();
        equal(await onCall?.("show", ["a line", 1]), undefined);
        onStatus?.({
          ...createStatus("NetConnection.Connect.NetworkChange", ""),
          info: new AmfObject([["code", "x"]]),
        });
        closed.resolve({ kind: "server", description: "the server closed the connection" });
      };
      void speak();
      return connection;
    },
  };
  const context = fakeContext({ client });
  equal(await runCommandLine(["call", URL, "enter", "anna", "--listen"], context), ExitCode.Ok);
  equal(context.output(), "3\n");
  deepEqual(Buffer.from(context.bytes()).toString().trimEnd().split("\n"), [
    '{"event":"call","method":"show","args":["a line",1]}',
    '{"event":"status","status":{"code":"x"}}',
  ]);
});

test("a method is needed unless one listens", async () => {
  const { code, context } = await call([URL]);
  equal(code, ExitCode.Usage);
  match(context.errors(), /the method is missing\. Or listen: --listen/);
});
