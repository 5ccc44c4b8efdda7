import { deepEqual, equal } from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { HEALTH_CODES } from "../../src/broadcast/health/health-codes.ts";
import { HEALTH_THRESHOLDS } from "../../src/broadcast/health/health-thresholds.ts";
import { doctorDocs, WHEN } from "./doctor-docs.ts";

const DOCS = new URL("../../docs/doctor.md", import.meta.url);
const SOURCES = globSync("src/broadcast/health/*.ts")
  .filter((file) => !file.endsWith(".test.ts") && !/health-(?:codes|thresholds)\.ts$/.test(file))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

test("docs/doctor.md says what the doctor knows; UPDATE_DOCS=1 writes it anew", () => {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(DOCS, doctorDocs());
  equal(readFileSync(DOCS, "utf8"), doctorDocs());
});

test("every code says from where on it is found, and is found somewhere", () => {
  deepEqual(Object.keys(WHEN), Object.keys(HEALTH_CODES));
  deepEqual(
    Object.keys(HEALTH_CODES).filter(
      (code) => !SOURCES.includes(`createFinding("${code}"`) && !SOURCES.includes(`"${code}",\n`),
    ),
    [],
  );
});

test("every threshold is used", () => {
  deepEqual(
    Object.keys(HEALTH_THRESHOLDS).filter((name) => !new RegExp(`THRESHOLDS\\.${name}\\b`).test(SOURCES)),
    [],
  );
});

test("meanings are sentences, and advice is the end of one", () => {
  const texts = Object.values(HEALTH_CODES);
  deepEqual(
    texts.filter(({ meaning, advice }) => !/^[A-Z].*\.$/.test(meaning) || !/^[a-z].*[^.]$/.test(advice)),
    [],
  );
});
