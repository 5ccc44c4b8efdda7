import { equal } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readConfigFile } from "../server/config-file.ts";
import { configDocs } from "./config-docs.ts";

const DOCS = new URL("../../docs/config.md", import.meta.url);

test("docs/config.md says what the schema says; UPDATE_DOCS=1 writes it anew", () => {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(DOCS, configDocs());
  equal(readFileSync(DOCS, "utf8"), configDocs());
});

test("the example in the documentation is a good configuration", () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(configDocs())?.[1] ?? "";
  const { settings, problems } = readConfigFile(example, "millrace.yml");
  equal(problems.length, 0);
  equal(settings.length, 3);
});
