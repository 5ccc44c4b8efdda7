import { equal, match } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";

test("handshakes of every kind come to their end, and are timed", async () => {
  const program = join(ROOT, "bench", "handshakes.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, "--count", "3"]);
  const rows = stdout.trimEnd().split("\n").slice(2);
  equal(rows.length, 6);
  for (const row of rows) match(row, /^\| (?:plain|digest|RTMPE|TLS)[^|]* (?:\| +\d+\.\d\d ){4}\|$/);
});
