import { equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { PendingAnswers } from "./pending-answers.ts";

test("answers find who asked, once", async () => {
  const answers = new PendingAnswers<string>();
  const first = answers.wait(1, "first", 10_000);
  const second = answers.wait(2, "second", 10_000);
  equal(answers.resolve(2, "b"), true);
  equal(await second, "b");
  equal(answers.resolve(2, "again"), false);
  answers.reject(1, new Error("no"));
  await rejects(first, /^Error: no$/);
  equal(answers.resolve(3, "nobody asked"), false);
});

test("who waits too long is told what was asked", async () => {
  const answers = new PendingAnswers<string>();
  const late = answers.wait(1, "add", 5);
  await rejects(late, { code: "timeout.answer", message: /^the server did not answer add within 5 ms\. Check/ });
  equal(answers.resolve(1, "late"), false);
});

test("all that wait can be told at once", async () => {
  const answers = new PendingAnswers<string>();
  const waiting = [1, 2, 3].map((id) => answers.wait(id, "add", 10_000));
  answers.rejectAll(new Error("over"));
  for (const answer of waiting) await rejects(answer, /over/);
});
