import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { lastFirst } from "./last-first.ts";

function startOwner(): { after(end: () => Promise<void>): void; end(): Promise<void> } {
  let ends: (() => Promise<void>) | undefined;
  return {
    after(end) {
      ends = end;
    },
    end: async () => ends?.(),
  };
}

test("what was started last ends first", async () => {
  const ended: string[] = [];
  const owner = startOwner();
  const cleanUp = lastFirst(owner);
  for (const name of ["server", "page"]) cleanUp.after(async () => void ended.push(name));
  await owner.end();
  deepEqual(ended, ["page", "server"]);
});

test("all ends, whatever fails, and the failures are told of", async () => {
  const ended: string[] = [];
  const owner = startOwner();
  const cleanUp = lastFirst(owner);
  cleanUp.after(async () => void ended.push("server"));
  cleanUp.after(() => Promise.reject(new Error("the page logged errors")));
  await rejects(owner.end(), /^Error: the page logged errors$/);
  deepEqual(ended, ["server"]);

  const both = startOwner();
  const more = lastFirst(both);
  for (const name of ["one", "two"]) more.after(() => Promise.reject(new Error(name)));
  await rejects(both.end(), /AggregateError: Error: two\nError: one/);
});
