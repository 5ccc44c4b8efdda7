import { equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startLiveServer } from "../../test/support/live-server.ts";
import { application, method } from "../server/index.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/millrace.js", import.meta.url));

test("a long result reaches a slow reader whole", { timeout: 60_000 }, async (t) => {
  const result = "x".repeat(4_000_000);
  const { port } = await startLiveServer(t, {
    applications: [application("long", { methods: { get: method(() => result) } })],
  });
  const child = spawn(process.execPath, [PROGRAM, "call", `rtmp://127.0.0.1:${port}/long`, "get"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  equal(code, 0);
  equal(output.length, result.length + 3);
});
