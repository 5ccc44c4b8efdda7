import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./temporary-folder.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/install-test-peers.ts", import.meta.url));

/** Runs the script on a system that has only these commands, each a line of shell. */
function installWith(
  folder: string,
  commands: Readonly<Record<string, string>>,
): { status: number | null; said: string } {
  for (const [name, line] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const result = spawnSync(process.execPath, [SCRIPT], { env: { PATH: folder }, encoding: "utf8" });
  return { status: result.status, said: result.stdout };
}

const ALL_BUT_RTMPDUMP = `for name in "$@"; do case $name in rtmpdump|-*) ;; *) echo "ii  $name" ;; esac; done`;

test("what is missing and cannot be installed is said, with the line that would install it", (t) => {
  const { status, said } = installWith(temporaryFolder(t), { "dpkg-query": ALL_BUT_RTMPDUMP });
  equal(status, 0);
  match(said, /^ {2}apt-get update && apt-get install -y --no-install-recommends rtmpdump$/m);
});

test("what is missing is installed by root, or by sudo without a password", (t) => {
  const folder = temporaryFolder(t);
  const log = join(folder, "log");
  const { said } = installWith(folder, {
    "dpkg-query": ALL_BUT_RTMPDUMP,
    "apt-get": `echo "$@" >> ${log}`,
    env: `shift; exec "$@"`,
    sudo: `shift; [ "$1" = true ] || exec "$@"`,
  });
  match(said, /^Installing Debian packages that the tests talk to: rtmpdump$/m);
  const calls = readFileSync(log, "utf8").trimEnd().split("\n");
  deepEqual(calls, ["update -q", "install -y -q --no-install-recommends rtmpdump"]);
});

test("nothing is installed, and nothing said, where nothing is missing", (t) => {
  const commands = { "dpkg-query": ALL_BUT_RTMPDUMP.replace("rtmpdump|", ""), "apt-get": "echo called" };
  const { said } = installWith(temporaryFolder(t), commands);
  equal(said.includes("Debian"), false);
});
