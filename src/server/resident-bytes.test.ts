import { equal } from "node:assert/strict";
import { test } from "node:test";
import { residentBytes } from "./resident-bytes.ts";

test("without a free file descriptor a process has the memory that it had before", (t) => {
  const rss = t.mock.method(process.memoryUsage, "rss", () => 50_000_000);
  equal(residentBytes(), 50_000_000);
  rss.mock.mockImplementation(() => {
    throw new Error("EMFILE: too many open files, uv_resident_set_memory");
  });
  equal(residentBytes(), 50_000_000);
});
