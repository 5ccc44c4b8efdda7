import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

type Lockfile = { readonly packages: Record<string, LockedPackage> };
type LockedPackage = {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
};

function lockfile(path: string): Lockfile {
  return JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8")) as Lockfile;
}

for (const path of ["../package-lock.json", "./ffmpeg8/package-lock.json", "./peers/amf/package-lock.json"]) {
  // `npm ci` refuses a lockfile without them, and `npm install` leaves those out that its registry does not have.
  test(`${path} names the optional packages of every platform`, () => {
    const { packages } = lockfile(path);
    const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined && packages[`${folder}/node_modules/${name}`] === undefined,
      ),
    );
    deepEqual(missing, []);
  });

  test(`${path} names no registry, so that any will do`, () => {
    const named = Object.values(lockfile(path).packages).filter(({ resolved }) => resolved !== undefined);
    deepEqual(named, []);
  });
}
