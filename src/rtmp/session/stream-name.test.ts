import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { normalizePath, parseQuery, splitQuery } from "./stream-name.ts";

test("the query is parted from the name at the first question mark", () => {
  deepEqual(splitQuery("key"), { name: "key", query: "" });
  deepEqual(splitQuery("key?token=a?b"), { name: "key", query: "token=a?b" });
  deepEqual(splitQuery("?token=1"), { name: "", query: "token=1" });
});

test("slashes at the ends and double slashes go", () => {
  equal(normalizePath("live"), "live");
  equal(normalizePath("/live//instance/"), "live/instance");
  equal(normalizePath("//"), "");
});

test("parameters are parted at & and the first =, and never decoded", () => {
  const query = "authmod=adobe&user=U&challenge=a+b/c==&response=%2F&empty&user=other";
  deepEqual(
    [...parseQuery(query)],
    [
      ["authmod", "adobe"],
      ["user", "U"],
      ["challenge", "a+b/c=="],
      ["response", "%2F"],
      ["empty", ""],
    ],
  );
  deepEqual([...parseQuery("")], []);
});
