import { deepEqual, equal } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readConfigFile } from "../server/config-file.ts";
import { resolveConfig, settingFromText } from "../server/config-settings.ts";
import { configDocs } from "./config-docs.ts";

const DOCS = new URL("../../docs/config.md", import.meta.url);

const EXAMPLES = Array.from(configDocs().matchAll(/```yaml\n([\s\S]*?)```/g), ([, text = ""]) =>
  readConfigFile(text, "millrace.yml"),
);

test("docs/config.md says what the schema says; UPDATE_DOCS=1 writes it anew", () => {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(DOCS, configDocs());
  equal(readFileSync(DOCS, "utf8"), configDocs());
});

test("the examples in the documentation are good configurations", () => {
  deepEqual(
    EXAMPLES.map(({ settings }) => settings.map(({ key }) => key.path)),
    [
      ["listen", "publish.busyName", "publish.graceMs"],
      ["listen", "tls.certificates"],
    ],
  );
  for (const { settings, problems } of EXAMPLES) deepEqual([...problems, ...resolveConfig(settings).problems], []);
});

test("the example of listeners on the command line says the same as that in the file", () => {
  const line = /^millrace serve --listen rtmp:.*$/m.exec(configDocs())?.[0] ?? "";
  const texts = Array.from(line.matchAll(/--listen '?([^ ']+)/g), ([, text = ""]) => text);
  const { settings } = settingFromText("listen", texts.join(","), { kind: "argument", option: "--listen" });
  const { listen } = resolveConfig(settings).config;
  equal(listen.length, 3);
  deepEqual(listen, resolveConfig(EXAMPLES[1]?.settings ?? []).config.listen);
});
