import { writeSync } from "node:fs";
import { encodeSharedObjectEvent } from "../../src/rtmp/message/encode-shared-object.ts";
import { encodeSharedObjectSnapshot } from "../../src/rtmp/shared-object/snapshot.ts";
import { silentLog } from "../../src/server/log.ts";
import { FolderStorage } from "../../src/server/shared-objects/folder-storage.ts";
import { Random } from "../fuzz/random.ts";

/**
 * Stores some objects at once, again and again, from a version on, until it is killed. It says `begin NAME VERSION` before
 * each store, and `end NAME VERSION` when it is over.
 * Parameters: folder, seed, then each object as NAME=VERSION.
 */
const [folder = "", seed = "0", ...objects] = process.argv.slice(2);
const random = new Random(Number(seed));
const storage = new FolderStorage(folder, "chat", silentLog);

async function storeForEver(name: string, from: number): Promise<never> {
  for (let version = from; ; version++) {
    writeSync(1, `begin ${name} ${version}\n`);
    await storage.store(name, snapshotOf(name, version, random.below(300_000)));
    writeSync(1, `end ${name} ${version}\n`);
  }
}

/** An object whose slots all tell its version. */
function snapshotOf(name: string, version: number, fillBytes: number): Uint8Array {
  const slots = [
    ["first", `version ${version}`],
    ["fill", "x".repeat(fillBytes)],
    ["last", `version ${version}`],
  ] as const;
  const changes = slots.map((slot) =>
    encodeSharedObjectEvent({ kind: "change", slots: [slot] }, { objectEncoding: 3 }),
  );
  return encodeSharedObjectSnapshot(name, version, changes);
}

await Promise.all(
  objects.map((object) => {
    const [name = "", version] = object.split("=");
    return storeForEver(name, Number(version));
  }),
);
