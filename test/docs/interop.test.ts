import { deepEqual, ok } from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { documentedTable } from "../interop/transport-table.ts";

const DOCS = readFileSync("docs/interop.md", "utf8");
/** The table that a test run makes has no rows of peers and their ways. */
const WRITTEN = DOCS.replace(documentedTable(DOCS), "");
const ROWS = WRITTEN.split("\n").filter((line) => line.startsWith("| ") && !/^\| (?:peer|tool|server) \|/.test(line));

/** Names by which comments call peers, however they are put together. */
const PEERS =
  /\b(?:FFmpeg|OBS|librtmp|rtmpdump|GStreamer|VLC|Flash|FMLE|Wirecast|Haivision|DJI|GoPro|RootEncoder|StreamPack|go2rtc|nginx-rtmp|MediaMTX|MonaServer2|Wowza|Twitch|YouTube|Facebook|Adobe)\b/g;

/** Every comment of the sources that points here. */
const COMMENTS = globSync("src/**/*.ts")
  .filter((file) => !file.endsWith(".test.ts"))
  .flatMap((file) => {
    const comments = readFileSync(file, "utf8").match(/\/\*\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm) ?? [];
    return comments
      .filter((comment) => comment.includes("docs/interop.md"))
      .map((comment) => ({ file, peers: comment.match(PEERS) ?? [] }));
  });

function pathsIn(text: string): string[] {
  return Array.from(text.matchAll(/\]\(\.\.\/([^)#]+)\)/g), ([, path = ""]) => path);
}

test("every source that points to docs/interop.md stands in it, with every peer that it names", () => {
  ok(COMMENTS.length > 30, `only ${COMMENTS.length} comments were found`);
  const missing = COMMENTS.flatMap(({ file, peers }) => {
    const rows = ROWS.filter((row) => pathsIn(row).includes(file));
    if (rows.length === 0) return [`${file} is in no row`];
    return peers.filter((peer) => !rows.some((row) => row.includes(peer))).map((peer) => `${file} names ${peer}`);
  });
  deepEqual(missing, []);
});

test("every row names a test or test support, and every path exists", () => {
  ok(ROWS.length > 50);
  deepEqual(
    ROWS.filter((row) => !pathsIn(row).some((path) => path.endsWith(".test.ts") || path.startsWith("test/"))),
    [],
  );
  deepEqual(
    pathsIn(DOCS).filter((path) => !existsSync(join(import.meta.dirname, "../..", path))),
    [],
  );
});
