import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Random } from "../../../test/fuzz/random.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeSharedObjectSnapshot, encodeSharedObjectSnapshot } from "../../rtmp/shared-object/snapshot.ts";
import { silentLog } from "../log.ts";
import { FolderStorage } from "./folder-storage.ts";

/** The object with one slot, a = "v". */
function snapshotOf(name: string, version: number): Uint8Array {
  return encodeSharedObjectSnapshot(name, version, [hex`04 00000007 0001 61 11 06 03 76`]);
}

async function versionOf(storage: FolderStorage, name: string): Promise<number | undefined> {
  const bytes = await storage.load(name);
  return bytes && decodeSharedObjectSnapshot(bytes).version;
}

/** All files below the folder, by what they end with. */
function fileOf(folder: string, ending: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(ending));
  equal(found.length, 1, `${found}`);
  return join(folder, found[0] ?? "");
}

test("what was stored last is loaded; nothing is made before something is stored", async (t) => {
  const folder = join(temporaryFolder(t), "a", "b");
  const storage = new FolderStorage(folder, "chat/one", silentLog);
  equal(await storage.load("room"), undefined);
  ok(!readdirSync(join(folder, "..", "..")).includes("a"));
  for (const version of [1, 2, 3]) await storage.store("room", snapshotOf("room", version));
  equal(await versionOf(storage, "room"), 3);
  equal(await versionOf(new FolderStorage(folder, "chat/one", silentLog), "room"), 3);
  equal(await new FolderStorage(folder, "chat/two", silentLog).load("room"), undefined);
  equal(await storage.load("other"), undefined);
});

test("any name has a file of its own inside the folder", async (t) => {
  const folder = temporaryFolder(t);
  const names = [
    ...["room", "Room", "ROOM", "room ", "../room", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", ".", "..", ""],
    ...["\0", "a\0b", "con", "NUL", "é", "e\u0301", "\ud800", "\udc00", "x".repeat(60_000), `${"x".repeat(60_000)}y`],
    ...["%2e%2e", "~", "a:b", "a*b?", "\u202egpj.exe"],
  ];
  for (const app of ["chat", "../chat", "CHAT"]) {
    const storage = new FolderStorage(folder, app, silentLog);
    for (const [index, name] of names.entries()) await storage.store(name, snapshotOf("", index + 1));
    for (const [index, name] of names.entries()) equal(await versionOf(storage, name), index + 1, JSON.stringify(name));
  }
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  equal(files.length, 3 + 3 * names.length);
  equal(new Set(files.map((file) => file.toLowerCase())).size, files.length, "also where case is the same");
  for (const file of files) match(file, /^[a-z0-9-]{33,73}([/\\][a-z0-9-]{33,73}\.object)?$/);
});

test("a damaged file falls back to the version before it, which then stays until a good one is stored", async (t) => {
  const folder = temporaryFolder(t);
  const lines: string[] = [];
  const log = { ...silentLog, error: (_: object, message: string) => void lines.push(message) };
  const storage = new FolderStorage(folder, "chat", log);
  await storage.store("room", snapshotOf("room", 1));
  await storage.store("room", snapshotOf("room", 2));
  const file = fileOf(folder, ".object");
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length));
    equal(await versionOf(storage, "room"), 1, `cut at ${length}`);
    renameSync(fileOf(folder, ".damaged"), file);
  }
  for (let at = 0; at < whole.length; at++) {
    writeFileSync(
      file,
      whole.map((byte, index) => (index === at ? byte ^ 1 : byte)),
    );
    equal(await versionOf(storage, "room"), 1, `changed at ${at}`);
    renameSync(fileOf(folder, ".damaged"), file);
  }
  writeFileSync(file, "");
  equal(await versionOf(storage, "room"), 1);
  equal(await versionOf(storage, "room"), 1, "put aside");
  equal(readFileSync(fileOf(folder, ".damaged")).length, 0);
  match(lines.at(-1) ?? "", /is damaged: the version before it is used/);
  await storage.store("room", snapshotOf("room", 3));
  equal(await versionOf(storage, "room"), 3);
  writeFileSync(file, "");
  equal(await versionOf(storage, "room"), 1, "the damaged one has not taken its place");
});

test("without a good version it is an error, and stays so: nothing is overwritten", async (t) => {
  const folder = temporaryFolder(t);
  const storage = new FolderStorage(folder, "chat", silentLog);
  await storage.store("room", snapshotOf("room", 1));
  const file = fileOf(folder, ".object");
  writeFileSync(file, "no object");
  await rejects(storage.load("room"), { code: "object.snapshot" });
  await rejects(storage.load("room"), { code: "object.snapshot" });
  renameSync(file, file.replace(".object", ".previous"));
  await rejects(storage.load("room"), { code: "object.snapshot" });
});

test("what was left of a crash between two steps of a store is the version before", async (t) => {
  const folder = temporaryFolder(t);
  const storage = new FolderStorage(folder, "chat", silentLog);
  await storage.store("room", snapshotOf("room", 1));
  const file = fileOf(folder, ".object");
  writeFileSync(file.replace(".object", ".new"), snapshotOf("room", 2).subarray(0, 20));
  equal(await versionOf(storage, "room"), 1, "the new one is not whole");
  writeFileSync(file.replace(".object", ".new"), snapshotOf("room", 2));
  renameSync(file, file.replace(".object", ".previous"));
  equal(await versionOf(storage, "room"), 1, "the new one has not got its name");
  await storage.store("room", snapshotOf("room", 3));
  equal(await versionOf(storage, "room"), 3);
});

test("a folder that cannot be written, or was removed, is an error of that store, and not of the next", async (t) => {
  const parent = temporaryFolder(t);
  const folder = join(parent, "objects");
  const storage = new FolderStorage(folder, "chat", silentLog);
  writeFileSync(folder, "a file stands in the way");
  await rejects(storage.store("room", snapshotOf("room", 1)), { code: /EEXIST|ENOTDIR/ });
  rmSync(folder);
  await storage.store("room", snapshotOf("room", 2));
  rmSync(folder, { recursive: true });
  await storage.store("room", snapshotOf("room", 3));
  equal(await versionOf(storage, "room"), 3);
});

const STORING_PROCESS = fileURLToPath(new URL("../../../test/support/storing-process.ts", import.meta.url));
const ROUNDS = 25;

test(`a process that is killed in the middle of writes, ${ROUNDS} times, leaves what was stored before or after`, async (t) => {
  const folder = temporaryFolder(t);
  const names = ["a", "b", "c", "d"];
  const random = new Random(2026);
  const stored = new Map(names.map((name) => [name, 0]));
  let begunOnly = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = new Map<string, number>();
    const parameters = names.map((name) => `${name}=${(stored.get(name) ?? 0) + 1}`);
    const child = spawn(process.execPath, [STORING_PROCESS, folder, `${round}`, ...parameters], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    let linesLeft = 4 + random.below(40);
    for await (const line of createInterface(child.stdout)) {
      const [what, name = "", version] = line.split(" ");
      (what === "begin" ? begun : stored).set(name, Number(version));
      // What it says until it is gone counts as well.
      if (--linesLeft === 0) setTimeout(() => child.kill("SIGKILL"), random.below(4));
    }
    deepEqual(await ended, [null, "SIGKILL"]);
    const storage = new FolderStorage(folder, "chat", silentLog);
    for (const name of names) {
      const bytes = await storage.load(name);
      const version = stored.get(name) ?? 0;
      if (bytes === undefined) {
        equal(version, 0, `${name} was stored, and is gone`);
        continue;
      }
      const snapshot = decodeSharedObjectSnapshot(bytes);
      ok(
        snapshot.version === version || snapshot.version === begun.get(name),
        `${name}: ${snapshot.version}, not ${version}`,
      );
      const slots = new Map(snapshot.slots);
      deepEqual([slots.get("first"), slots.get("last")], Array(2).fill(`version ${snapshot.version}`));
      if (begun.get(name) !== version) begunOnly++;
      stored.set(name, snapshot.version);
    }
  }
  t.diagnostic(`${begunOnly} stores were under way when the process was killed`);
  ok(begunOnly > ROUNDS, "it was killed in the middle of writes");
});
