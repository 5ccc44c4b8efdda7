// Keeps in a folder, for any server of files, what a millrace in this process makes of live/bench: playlists, parts and
// segments as its viewers get them. `node hls-files.ts PORT FOLDER`: what is published goes to the port.

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createMediaServer } from "../../src/server/media-server.ts";

const [port = "", folder = ""] = process.argv.slice(2);
const BASE = `http://127.0.0.1:${port}/live/bench/`;
const FILES = join(folder, "live", "bench");
/** How long a file is kept that no playlist names any more. */
const KEPT_MS = 20_000;

mkdirSync(FILES, { recursive: true });
const server = createMediaServer({
  listen: [{ host: "127.0.0.1", port: Number(port) }],
  http: { hls: { start: "always" } },
});
await server.start();
process.once("SIGTERM", () => process.exit());

const variants = await firstPlaylist();
for (const file of new Set(filesOf(variants))) void keep(file);
writePlaylist("index.m3u8", variants);

async function firstPlaylist(): Promise<string> {
  for (;;) {
    const response = await fetch(`${BASE}index.m3u8`);
    if (response.ok) return await response.text();
    await delay(200);
  }
}

/** Follows one playlist, and has all that it names in the folder before it is there itself. */
async function keep(playlist: string): Promise<void> {
  const lastNamedMs = new Map<string, number>();
  const url = new URL(playlist, BASE);
  for (;;) {
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(`${url.pathname}: ${response.status} ${text}`);
    const named = filesOf(text.replaceAll(/^#EXT-X-(?:PRELOAD-HINT|RENDITION-REPORT):.*\n/gm, ""));
    for (const file of named) {
      if (!lastNamedMs.has(file)) await store(file);
      lastNamedMs.set(file, Date.now());
    }
    writePlaylist(nameOf(playlist), text);
    for (const [file, atMs] of lastNamedMs) {
      if (Date.now() - atMs < KEPT_MS) continue;
      lastNamedMs.delete(file);
      rmSync(join(FILES, nameOf(file)), { force: true });
    }
    const [msn, part] = nextOf(text);
    url.searchParams.set("_HLS_msn", `${msn}`);
    url.searchParams.set("_HLS_part", `${part}`);
  }
}

async function store(file: string): Promise<void> {
  const response = await fetch(new URL(file, BASE));
  if (!response.ok) throw new Error(`${nameOf(file)}: ${response.status}`);
  writeFileSync(join(FILES, nameOf(file)), new Uint8Array(await response.arrayBuffer()));
}

/** A server of files cannot hold requests, and knows no sessions. */
function writePlaylist(name: string, text: string): void {
  const plain = text
    .replaceAll(/\?[^"\n]*/g, "")
    .replace("CAN-BLOCK-RELOAD=YES,", "")
    .replace(/,CAN-SKIP-UNTIL=[\d.]+/, "")
    .replaceAll(/^#EXT-X-PRELOAD-HINT:.*\n/gm, "");
  writeFileSync(join(FILES, `${name}.new`), plain);
  renameSync(join(FILES, `${name}.new`), join(FILES, name));
}

function filesOf(text: string): string[] {
  return Array.from(text.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm), ([, quoted, line]) => quoted ?? line ?? "");
}

function nameOf(file: string): string {
  return file.replace(/\?.*/, "");
}

/** The segment that grows, and how many parts of it there are. */
function nextOf(text: string): [msn: number, part: number] {
  const [, first = "0"] = /^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text) ?? [];
  const lines = text.split("\n").filter((line) => line !== "");
  const isSegment = (line: string): boolean => !line.startsWith("#");
  const open = lines.slice(lines.findLastIndex(isSegment) + 1);
  return [
    Number(first) + lines.filter(isSegment).length,
    open.filter((line) => line.startsWith("#EXT-X-PART:")).length,
  ];
}
