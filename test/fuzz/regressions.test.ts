import { ok } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { feedClient } from "./fuzzed-client.ts";
import { FuzzedServer } from "./fuzzed-server.ts";
import { Random } from "./random.ts";
import { splitSession } from "./session-parts.ts";

const FOLDER = fileURLToPath(new URL("./regressions", import.meta.url));

for (const file of globSync("*.bin", { cwd: FOLDER }).sort()) {
  const bytes = new Uint8Array(readFileSync(`${FOLDER}/${file}`));
  if (file.endsWith(".client.bin")) {
    for (const interleave of ["message", "chunk"] as const) {
      test(`the server and ${file}, by ${interleave}`, async () => {
        const server = new FuzzedServer(interleave);
        // The second time, its publisher is one that comes back.
        for (let round = 1; round <= 2; round++) await server.feed(bytes, new Random(round));
        await server.end();
      });
    }
  } else {
    test(`our client and ${file}`, async () => {
      const { handshake, chunks } = splitSession(bytes);
      const kind = file.includes(".play.") ? "play" : "publish";
      ok((await feedClient(kind, [handshake, ...chunks], new Random(1))).length > 0);
    });
  }
}
