import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { fileNameOf, type HlsFile, parseFileName } from "./file-name.ts";
import { carriedQuery, parseHlsTarget, sessionOf, sessionQuery } from "./hls-target.ts";
import { decideReload, parseReload } from "./reload.ts";

const FILE = { rendition: "v0", instance: "0123456789abcdef" };

test("names of files are read as they are made", () => {
  const files: readonly (readonly [string, HlsFile])[] = [
    ["v0-0123456789abcdef.m3u8", { ...FILE, kind: "playlist" }],
    ["v0-0123456789abcdef-i1.mp4", { ...FILE, kind: "init", number: 1 }],
    ["v0-0123456789abcdef-s12.m4s", { ...FILE, kind: "segment", number: 12 }],
    ["v0-0123456789abcdef-s12.p3.m4s", { ...FILE, kind: "part", number: 12, part: 3 }],
  ];
  for (const [name, file] of files) {
    equal(fileNameOf(file), name);
    deepEqual(parseFileName(name), file);
  }
});

test("no other name is taken for a file", () => {
  const base = "v0-0123456789abcdef";
  const odd = [
    "",
    "v0",
    "x0-0123456789abcdef.m3u8",
    "v00-0123456789abcdef.m3u8",
    `${base}-s01.m4s`,
    `${base}-s1.p.m4s`,
  ];
  const more = [`${base}-s-1.m4s`, `${base}-s1.m4s.`, `${base}-s9999999999999.m4s`, `${base.toUpperCase()}.m3u8`];
  for (const name of [...odd, ...more, `../${base}.m3u8`, `${base}%2f.m3u8`])
    equal(parseFileName(name), undefined, name);
});

test("URLs say which broadcast is meant, however deep", () => {
  const target = (url: string): unknown => {
    const found = parseHlsTarget(url);
    return found && [found.kind, found.path, found.query];
  };
  deepEqual(target("/live/key/index.m3u8"), ["multivariant", "live/key", ""]);
  deepEqual(target("/a/b/c%20d/index.m3u8?token=1?2"), ["multivariant", "a/b/c%20d", "token=1?2"]);
  deepEqual(target("/live/key/v0-0123456789abcdef.m3u8?session=1"), ["file", "live/key", "session=1"]);
  deepEqual(target("/live/key.m3u8?a=b"), ["elsewhere", "live/key", "a=b"]);
  for (const other of ["/live/key.flv", "/live/.m3u8", "live/key.m3u8", "/", "*"])
    equal(target(other), undefined, other);
});

test("the redirect never leads to another host or scheme", () => {
  for (const name of ["key", "http:", "..", "javascript:x", "%2f%2fevil"]) {
    const target = parseHlsTarget(`//evil.example/${name}.m3u8?a=b`);
    equal(target?.kind === "elsewhere" ? target.location : undefined, `./${name}/index.m3u8?a=b`);
  }
});

test("tokens are carried on, and what concerns one request is not", () => {
  equal(carriedQuery("token=a%22b&_HLS_msn=3&session=1&x=<y>"), "token=a%22b&x=%3Cy%3E");
  const id = "0123456789abcdef0123456789abcdef";
  equal(sessionOf(sessionQuery(id, "token=a").slice(1)), id);
  for (const odd of ["", "session=", `session=${id}0`, `session=${id.toUpperCase().replace("0", "G")}`]) {
    equal(sessionOf(odd), undefined, odd);
  }
});

const OPEN = {
  number: 10,
  parts: Array.from({ length: 3 }, () => ({ bytes: new Uint8Array(), durationSeconds: 0.3, isIndependent: true })),
};

test("reloads wait for what is not there yet, and not for what is too far ahead", () => {
  const decide = (number: number, part?: number): string => decideReload({ number, part }, OPEN, 0.334);
  deepEqual([decide(9), decide(9, 99), decide(10, 2)], ["now", "now", "now"]);
  deepEqual([decide(10), decide(10, 3), decide(11), decide(11, 5)], ["wait", "wait", "wait", "wait"]);
  // Two segments ahead of the last whole one, and three parts to a second.
  deepEqual([decide(10, 11), decide(10, 12)], ["wait", "too-far"]);
  equal(decide(12), "too-far");
  equal(decideReload({ number: 99, part: undefined }, undefined, 0.334), "now");
});

test("directives are read, or refused", () => {
  const parse = (query: string): unknown => parseReload(new URLSearchParams(query));
  deepEqual(parse(""), { until: undefined, skips: false });
  deepEqual(parse("_HLS_msn=7&_HLS_part=2&_HLS_skip=YES"), { until: { number: 7, part: 2 }, skips: true });
  for (const odd of ["_HLS_part=1", "_HLS_msn=-1", "_HLS_msn=1e3", "_HLS_msn=1&_HLS_part=", "_HLS_msn=1234567890123"]) {
    equal(parse(odd), undefined, odd);
  }
});
