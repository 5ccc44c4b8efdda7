import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { fakeContext } from "../../../test/support/fake-context.ts";
import type { CloseReason } from "../../client/close-reason.ts";
import type { ClientConnection } from "../client-functions.ts";
import { ExitCode } from "../exit-codes.ts";
import { call } from "./call.ts";

test("listening ends in order when nobody reads what the server calls", { timeout: 10_000 }, async () => {
  const closed = Promise.withResolvers<CloseReason>();
  const calls: string[] = [];
  let callClient: (name: string, values: readonly []) => unknown = () => undefined;
  const connection: Partial<ClientConnection> = {
    closed: closed.promise,
    async close() {
      calls.push("close");
      return { kind: "closed", description: "closed" };
    },
  };
  const context = {
    ...fakeContext({
      client: {
        async connect(_url, { onCall }) {
          callClient = (name, values) => onCall?.(name, values);
          queueMicrotask(() => callClient("one", []));
          return connection as ClientConnection;
        },
      },
    }),
    byteOutput: {
      async write(bytes: Uint8Array) {
        calls.push(Buffer.from(bytes).toString());
        if (calls.length === 1) setImmediate(() => callClient("two", []));
        else throw Object.assign(new Error("nobody reads"), { code: "EPIPE" });
      },
    },
  };
  equal(await call("rtmp://127.0.0.1/chat", undefined, [], { listen: true }, context), ExitCode.Ok);
  deepEqual(calls, [
    '{"event":"call","method":"one","args":[]}\n',
    '{"event":"call","method":"two","args":[]}\n',
    "close",
  ]);
});
