import { deepEqual, equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startLiveServer } from "../../test/support/live-server.ts";
import { hex } from "../bytes/hex.ts";
import { publishTo } from "../client/connect.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
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

test("play ends at the first signal, though the reader of its pipe stands still", { timeout: 60_000 }, async (t) => {
  const { port } = await startLiveServer(t);
  const url = `rtmp://127.0.0.1:${port}/live/test`;
  const stream = await publishTo(url);
  t.after(() => stream.close().catch(() => {}));
  const frame = (isKeyframe: boolean): Uint8Array => {
    const payload = new Uint8Array(50_000);
    payload.set(isKeyframe ? hex`17 01 000000` : hex`27 01 000000`);
    return payload;
  };
  for (let count = 0; count < 40; count++) {
    stream.write(classifyMedia("video", count * 40, frame(count === 0)));
    await stream.ready();
  }
  const child = spawn(process.execPath, [PROGRAM, "play", url], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  const exit = once(child, "exit");
  await once(child.stdout, "readable");
  child.kill("SIGTERM");
  deepEqual(await exit, [0, null]);
});
