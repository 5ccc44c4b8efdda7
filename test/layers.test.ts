import { deepEqual, ok } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";

/** Who may import whom: a folder, or one file of it. A folder may always import itself and src/errors.ts. */
const ALLOWED: Record<string, readonly string[]> = {
  bytes: [],
  formats: ["bytes"],
  rtmp: ["bytes", "formats"],
  mp4: ["bytes", "formats"],
  broadcast: ["bytes", "formats", "rtmp/message", "rtmp/chunk"],
  transport: ["bytes", "rtmp"],
  client: ["bytes", "formats", "rtmp", "broadcast", "transport"],
  server: ["bytes", "formats", "mp4", "rtmp", "broadcast", "transport", "client"],
  workers: ["bytes", "formats", "mp4", "rtmp", "broadcast", "transport", "server"],
  api: ["bytes", "formats", "rtmp", "broadcast", "transport", "server", "workers"],
  cli: ["bytes", "formats", "mp4", "rtmp", "broadcast", "transport", "client", "server", "workers", "api"],
};

/** Folders that know no platform: they import nothing from outside src. */
const CORE = ["bytes", "formats", "mp4", "rtmp", "broadcast"];

function sources(folder: string): string[] {
  return globSync(`src/${folder}/**/*.ts`).filter((file) => !file.endsWith(".test.ts"));
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return Array.from(
    text.matchAll(/(?:from|import\()\s*"([^"]+)"|^import\s+"([^"]+)"/gm),
    (match) => match[1] ?? match[2] ?? "",
  );
}

function targets(file: string): string[] {
  return imports(file)
    .filter((name) => name.startsWith("."))
    .map((name) => relative("src", normalize(join(dirname(file), name))));
}

for (const [folder, allowed] of Object.entries(ALLOWED)) {
  test(`src/${folder} imports only what it may`, () => {
    const files = sources(folder);
    ok(files.length > 0, `src/${folder} has no sources`);
    const open = [folder, ...allowed].map((name) => `${name}/`);
    const found = files.flatMap((file) =>
      targets(file)
        .filter((target) => target !== "errors.ts" && !open.some((name) => target.startsWith(name)))
        .map((target) => `${file} imports ${target}`),
    );
    deepEqual(found, []);
  });
}

for (const folder of CORE) {
  test(`src/${folder} imports no package and no module of Node`, () => {
    const found = sources(folder).flatMap((file) =>
      imports(file)
        .filter((name) => !name.startsWith("."))
        .map((name) => `${file} imports ${name}`),
    );
    deepEqual(found, []);
  });
}

test("millrace/browser needs nothing of Node, and no package", () => {
  const files = closure("src/client/browser.ts");
  ok(files.length > 30, `only ${files.length} files`);
  const found = files.flatMap((file) => {
    const foreign = runtimeImports(file).filter((name) => !name.startsWith("."));
    const used =
      withoutComments(file).match(/(?<![\w.])(?:Buffer[.(]|process\.|setImmediate\b|NodeJS\.)|\.unref\(/g) ?? [];
    return [...foreign, ...used].map((what) => `${file} needs ${what}`);
  });
  deepEqual(found, []);
});

/** The file, and all that is loaded with it. */
function closure(entry: string): string[] {
  const files = new Set([entry]);
  for (const file of files) {
    const names = runtimeImports(file).filter((name) => name.startsWith("."));
    for (const name of names) files.add(normalize(join(dirname(file), name)));
  }
  return [...files];
}

/** Without those that are for types only. */
function runtimeImports(file: string): string[] {
  const text = readFileSync(file, "utf8").replaceAll(/^(?:import|export) type [^;]*;/gm, "");
  return Array.from(
    text.matchAll(/(?:from|import\()\s*"([^"]+)"|^import\s+"([^"]+)"/gm),
    ([, from, bare]) => from ?? bare ?? "",
  );
}

function withoutComments(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** Where features are put together, and named for the public. */
const KNOW_FEATURES = ["media-server.ts", "options.ts", "index.ts"].map((file) => `src/server/${file}`);

test("features of the server do not know each other, and hardly anybody knows them", () => {
  const features = globSync("src/server/*/").map((folder) => relative("src", folder));
  const found = sources("server").flatMap((file) => {
    const own = features.find((feature) => file.startsWith(`src/${feature}/`));
    if (KNOW_FEATURES.includes(file)) return [];
    return targets(file)
      .filter((target) => features.some((feature) => feature !== own && target.startsWith(`${feature}/`)))
      .map((target) => `${file} imports ${target}`);
  });
  deepEqual(found, []);
});
