import { equal } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { ROOT } from "../../scripts/run-step.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ensureBuilt } from "./built-package.ts";
import { runProgram } from "./run-program.ts";

before(ensureBuilt);

test("the types of millrace/browser are enough for a page's program, without those of Node", async (t) => {
  const folder = temporaryFolder(t);
  const entry = join(ROOT, "dist", "client", "browser.js");
  const program = `
    import { connect, type MediaMessage, playFrom, publishTo } from ${JSON.stringify(entry)};
    const { signal } = new AbortController();
    const stream = await playFrom("wss://example.org/live/key", { signal, play: { bufferMs: 0 } });
    stream.onMessage(({ payload }: MediaMessage) => console.log(payload.length));
    await publishTo("wss://example.org/live/key", { interleave: "chunk" });
    const connection = await connect("ws://example.org/live");
    await connection.call("add", 1, 2);
    // @ts-expect-error: that is the browser's own affair
    await playFrom("wss://example.org/live/key", { tls: { insecure: true } });
  `;
  writeFileSync(join(folder, "program.ts"), program);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const platform = { target: "es2024", lib: ["es2024", "dom"], module: "nodenext", types: [] };
  const compilerOptions = { ...platform, strict: true, noEmit: true, skipLibCheck: false };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const check = runProgram(t, "tsc", ["-p", folder]);
  equal(await check.done, 0, check.output);
});
