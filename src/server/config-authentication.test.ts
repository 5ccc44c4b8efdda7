import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseUsers } from "./config-authentication.ts";

test("a line for each user; the password is the rest of it", () => {
  deepEqual(
    parseUsers("# users\njoe:secret\r\n\nann:a:b c \nbob:\n"),
    new Map([
      ["joe", "secret"],
      ["ann", "a:b c "],
      ["bob", ""],
    ]),
  );
});

test("what is no such line is named, without the password", () => {
  throws(() => parseUsers("joe:secret\nann"), { message: /^line 2: write user:password/ });
  throws(() => parseUsers(":secret"), { message: /^line 1: write user:password/ });
  for (const user of ["a b", "a&b", "a=b", "a?b", " joe"])
    throws(() => parseUsers(`${user}:x`), /^Error: line 1: write/);
  throws(() => parseUsers("joe:secret\njoe:other"), { message: "line 2: joe has a line already" });
  throws(() => parseUsers("# nobody\n"), { message: "there is no user in it" });
});
