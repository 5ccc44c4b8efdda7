import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { workerFlags } from "./port-sharing.ts";

test("workers have a small young generation, unless somebody chose its size", () => {
  deepEqual(workerFlags(["--inspect"], undefined), ["--inspect", "--max-semi-space-size=4"]);
  deepEqual(workerFlags(["--max_semi_space_size=64"], undefined), ["--max_semi_space_size=64"]);
  deepEqual(workerFlags([], "--no-warnings --max-semi-space-size=1"), []);
});
