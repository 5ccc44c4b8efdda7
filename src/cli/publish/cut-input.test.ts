import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { fakeContext } from "../../../test/support/fake-context.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import type { StreamEnd } from "../../client/close-reason.ts";
import { StreamCounter } from "../../client/stream-counter.ts";
import { encodeFlvTag } from "../../formats/flv/flv-writer.ts";
import { ExitCode } from "../exit-codes.ts";
import { systemClock } from "../publish-loop.ts";
import { publish } from "./publish.ts";

test("of an input that is cut, the server gets all before it, and the end of the stream", async () => {
  const header = hex`464c56 01 05 00000009 00000000`;
  const cut = concatBytes([
    header,
    encodeFlvTag(8, 0, hex`af 01 21`),
    encodeFlvTag(8, 20, hex`af 01 22`).subarray(0, 13),
  ]);
  const calls: string[] = [];
  const ended = Promise.withResolvers<StreamEnd>();
  const context = {
    ...fakeContext({
      standardInput: (async function* () {
        yield cut;
      })(),
      client: {
        publishTo: async () => ({
          ended: ended.promise,
          ready: async () => {},
          statistics: new StreamCounter().statistics(0),
          write: ({ kind, timestamp }) => calls.push(`${kind} ${timestamp}`) > 0,
          async close() {
            calls.push("close");
            ended.resolve({ kind: "closed", description: "closed" });
          },
        }),
      },
    }),
    clock: systemClock,
  };
  const options = { pace: true, audio: true, video: true, data: true };
  equal(await publish("-", "rtmp://127.0.0.1/live/test", options, context), ExitCode.Failed);
  match(context.errors(), /standard input is cut.*All before it was sent/);
  deepEqual(calls, ["audio 0", "close"]);
});
