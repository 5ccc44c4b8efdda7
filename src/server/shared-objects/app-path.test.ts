import { equal } from "node:assert/strict";
import { test } from "node:test";
import { appPathOf } from "./app-path.ts";

test("an application instance has one name, however it is written", () => {
  for (const app of ["chat", "/chat", "chat/", "chat//", "chat/_definst_", "chat/_definst_/"])
    equal(appPathOf(app), "chat");
  equal(appPathOf("chat//one/two/"), "chat/one/two");
  equal(appPathOf("chat/_definst_/two"), "chat/_definst_/two");
  equal(appPathOf(""), "");
});
