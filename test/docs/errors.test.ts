import { deepEqual, equal } from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { REMEDIES } from "../../src/errors.ts";
import { errorsDocs, GROUPS } from "./errors-docs.ts";

const DOCS = new URL("../../docs/errors.md", import.meta.url);
const CODES = Object.keys(REMEDIES);

/** All sources but tests and the list itself, comments left out. */
const SOURCES = globSync("src/**/*.ts")
  .filter((file) => !file.endsWith(".test.ts") && file !== "src/errors.ts")
  .map((file) => ({ file, text: readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "") }));

test("docs/errors.md says what src/errors.ts says; UPDATE_DOCS=1 writes it anew", () => {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(DOCS, errorsDocs());
  equal(readFileSync(DOCS, "utf8"), errorsDocs());
});

test("every code belongs to a group of the document, and every group has codes", () => {
  deepEqual([...new Set(CODES.map((code) => code.split(".")[0]))].sort(), Object.keys(GROUPS).sort());
});

test("every code is of two parts, and its remedy is at least one sentence", () => {
  deepEqual(
    CODES.filter((code) => !/^[a-z]+\.[a-z]+(?:-[a-z]+)*$/.test(code)),
    [],
  );
  deepEqual(
    Object.values(REMEDIES).filter((remedy) => !/^[A-Z].*\.$/.test(remedy)),
    [],
  );
});

test("every code is used somewhere", () => {
  const unused = CODES.filter((code) => !SOURCES.some(({ text }) => text.includes(`"${code}"`)));
  deepEqual(unused, []);
});

test("no code is used that is not listed", () => {
  const groups = Object.keys(GROUPS).join("|");
  const used = SOURCES.flatMap(({ file, text }) =>
    Array.from(text.matchAll(new RegExp(`"((?:${groups})\\.[a-z-]+)"`, "g")), ([, code = ""]) => `${file}: ${code}`),
  );
  deepEqual(
    used.filter((use) => !CODES.includes(use.split(": ")[1] ?? "")),
    [],
  );
  // The code stands where the error is made, or right behind it: one that were put together from parts would not be found.
  const made = SOURCES.flatMap(({ file, text }) =>
    Array.from(text.matchAll(/new ProtocolError\(\s*([^,]+),/g), ([, code = ""]) => `${file}: ${code.trim()}`),
  );
  deepEqual(
    made.filter((use) => !/: (?:"[a-z.-]+"|code)$/.test(use)),
    [],
  );
});
