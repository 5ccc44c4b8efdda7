import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { SubtopicIndex, splitSubtopic } from "./subtopic.ts";

/** Which of the subscriptions hear what is said under a subtopic. */
function heard(subscriptions: readonly string[], subtopic: string): string[] {
  const index = new SubtopicIndex<string>();
  for (const subscription of subscriptions) index.add(splitSubtopic(subscription, ".") ?? [], subscription);
  const found = new Set<string>();
  index.match(splitSubtopic(subtopic, ".") ?? [], found);
  return [...found].sort();
}

test("a subtopic is heard by those who want it exactly", () => {
  deepEqual(heard(["a", "b", "a.b", "a.b.c"], "a.b"), ["a.b"]);
  deepEqual(heard(["a"], "A"), []);
});

test("a wildcard at the end stands for one token or more, in the middle for one", () => {
  const all = ["*", "chat.*", "chat.*.ca", "chat.us.*", "chat.*.*", "*.us"];
  deepEqual(heard(all, "chat"), ["*"]);
  deepEqual(heard(all, "chat.us"), ["*", "*.us", "chat.*"]);
  deepEqual(heard(all, "chat.us.ca"), ["*", "chat.*", "chat.*.*", "chat.*.ca", "chat.us.*"]);
  deepEqual(heard(all, "chat.us.ma"), ["*", "chat.*", "chat.*.*", "chat.us.*"]);
  deepEqual(heard(all, "chat.us.ca.la"), ["*", "chat.*", "chat.*.*", "chat.us.*"]);
});

test("no token may be empty, and a wildcard stands alone", () => {
  for (const bad of ["", ".", "a.", ".a", "a..b", "a*", "a.b*", "**", "*a.b"])
    equal(splitSubtopic(bad, "."), undefined);
  deepEqual(splitSubtopic("a.*.b", "."), ["a", "*", "b"]);
  deepEqual(splitSubtopic("a.b", "/"), ["a.b"]);
  deepEqual(splitSubtopic("a.b", ""), ["a.b"]);
  deepEqual(splitSubtopic("__proto__.constructor", "."), ["__proto__", "constructor"]);
});

test("nothing stays of subscriptions that are gone", () => {
  const index = new SubtopicIndex<string>();
  const subtopics = ["a", "a.b", "a.b.c", "a.*", "*"];
  for (const subtopic of subtopics) index.add(subtopic.split("."), subtopic);
  index.delete(["a", "x"], "a");
  index.delete(["a"], "another");
  for (const subtopic of subtopics) {
    ok(!index.isEmpty);
    index.delete(subtopic.split("."), subtopic);
  }
  ok(index.isEmpty);
});

test("thousands of subscriptions that do not match are not looked at", () => {
  const index = new SubtopicIndex<number>();
  for (let number = 0; number < 20_000; number++) index.add(["room", `${number}`, "*"], number);
  const found = new Set<number>();
  index.match(["room", "777", "x"], found);
  deepEqual([...found], [777]);
});
