import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { checkSharedObjectSnapshot } from "../../rtmp/shared-object/snapshot.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import type { Log } from "../log.ts";
import { storedName } from "./stored-name.ts";

/**
 * Keeps the objects of one application instance in files: `users-HASH.object`, beside it the version before it as
 * `.previous`, one that is being written as `.new`, and one that was found damaged as `.damaged`.
 */
export class FolderStorage implements SharedObjectStorage {
  readonly #folder: string;
  readonly #log: Log;

  /** `folder` is made with the first object that is stored. */
  constructor(folder: string, app: string, log: Log) {
    this.#folder = resolve(folder, storedName(app));
    this.#log = log;
  }

  /** Throws `object.snapshot` when what is there is damaged, and so is the version before it. */
  async load(name: string): Promise<Uint8Array | undefined> {
    const path = this.#path(name);
    const newest = await readWhole(`${path}.object`);
    if (newest?.damage === undefined && newest !== undefined) return newest.bytes;
    const previous = await readWhole(`${path}.previous`);
    if (newest === undefined && previous === undefined) return undefined;
    const damage = previous === undefined ? newest?.damage : previous.damage;
    if (damage !== undefined) throw damage;
    if (newest !== undefined) await this.#putAside(path, name, newest.damage);
    return previous?.bytes;
  }

  /** The file that is there stays whole until the new one is on the disk, and after that as the version before it. */
  async store(name: string, snapshot: Uint8Array): Promise<void> {
    await this.#makeFolder();
    const path = this.#path(name);
    await writeThrough(`${path}.new`, snapshot);
    await renameIfThere(`${path}.object`, `${path}.previous`);
    await rename(`${path}.new`, `${path}.object`);
    await syncFolder(this.#folder);
  }

  #path(name: string): string {
    return join(this.#folder, storedName(name));
  }

  /** Where it stood, it would take the place of the good version before it at the next store. */
  async #putAside(path: string, name: string, damage: unknown): Promise<void> {
    const file = `${path}.damaged`;
    this.#log.error(
      { object: name, file, err: damage },
      "a stored shared object is damaged: the version before it is used",
    );
    await rename(`${path}.object`, file);
  }

  async #makeFolder(): Promise<void> {
    const topmost = await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (topmost === undefined) return;
    for (let made = this.#folder; made.length >= topmost.length; made = dirname(made)) await syncFolder(dirname(made));
  }
}

type WholeFile = { readonly bytes: Uint8Array; readonly damage?: unknown };

/** Undefined if there is no such file. */
async function readWhole(file: string): Promise<WholeFile | undefined> {
  const bytes = await readFile(file).catch(undefinedIfMissing);
  if (bytes === undefined) return undefined;
  try {
    checkSharedObjectSnapshot(bytes);
    return { bytes };
  } catch (damage) {
    return { bytes, damage };
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch(undefinedIfMissing);
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** The bytes are on the disk when this is over. */
async function writeThrough(file: string, bytes: Uint8Array): Promise<void> {
  await withFile(await open(file, "w", 0o600), async (handle) => {
    await handle.writeFile(bytes);
    await handle.sync();
  });
}

/** Names are on the disk when their folder is. Windows opens no folders, and needs none of this. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await withFile(await open(folder, "r"), (handle) => handle.sync());
}

async function withFile(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
