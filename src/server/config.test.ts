import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { configJsonSchema, parseConfig } from "./config.ts";
import { CONFIG_KEYS, CONFIG_SECTIONS, type ConfigKey, valueFromText } from "./config-keys.ts";
import { resolveConfig, type Setting, settingFromText } from "./config-settings.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PLAY_OPTIONS,
  DEFAULT_PUBLISH_OPTIONS,
  DEFAULT_TIMEOUTS,
  resolveOptions,
} from "./options.ts";

function keyOf(path: string): ConfigKey {
  const key = CONFIG_KEYS.get(path);
  ok(key !== undefined, path);
  return key;
}

function set(path: string, value: unknown, option: string): Setting {
  return { key: keyOf(path), value, origin: { kind: "argument", option } };
}

test("nothing set means the defaults of the embedded server", () => {
  const { config, problems } = resolveConfig([]);
  deepEqual(problems, []);
  deepEqual(config.rtmp, [{ host: "::", port: 1935 }]);
  deepEqual(config.publish, DEFAULT_PUBLISH_OPTIONS);
  deepEqual(config.play, DEFAULT_PLAY_OPTIONS);
  deepEqual(config.timeouts, DEFAULT_TIMEOUTS);
  deepEqual(config.limits, DEFAULT_LIMITS);
  deepEqual(config.log, { level: "info", format: "auto" });
  const { rtmp, log, ...options } = config;
  deepEqual(resolveOptions(options), resolveOptions({}));
});

test("every key has a description, and every integer a range that holds its default", () => {
  for (const key of CONFIG_KEYS.values()) {
    ok(key.description.endsWith("."), key.path);
    if (key.type !== "integer" || key.default === undefined) continue;
    const standard = Number(key.default);
    ok(key.minimum <= standard && standard <= key.maximum, key.path);
    ok(key.maximum < Number.MAX_SAFE_INTEGER, key.path);
  }
  for (const section of CONFIG_SECTIONS.slice(1)) ok(section.description.endsWith("."), section.path);
});

for (const key of CONFIG_KEYS.values()) {
  if (key.type !== "integer") continue;
  test(`${key.path} takes its limits and nothing beyond`, () => {
    for (const [value, count] of [
      [key.minimum, 0],
      [key.maximum, 0],
      [key.minimum - 1, 1],
      [key.maximum + 1, 1],
    ] as const) {
      equal(resolveConfig([set(key.path, value, "--set")]).problems.length, count, String(value));
    }
  });
}

test("of several settings of a key the last one wins", () => {
  const { config } = resolveConfig([
    set("publish.graceMs", 1, "first"),
    set("play.mergeMs", 7, "first"),
    set("publish.graceMs", 2, "second"),
  ]);
  equal(config.publish.graceMs, 2);
  equal(config.play.mergeMs, 7);
});

test("a wrong value is a problem even when a later setting overrides it", () => {
  const { config, problems } = resolveConfig([
    set("publish.graceMs", -1, "first"),
    set("publish.graceMs", 2, "second"),
  ]);
  deepEqual(
    problems.map(({ origin }) => origin),
    [{ kind: "argument", option: "first" }],
  );
  equal(config.publish.graceMs, DEFAULT_PUBLISH_OPTIONS.graceMs);
});

test("text becomes the kind of value that its key has", () => {
  equal(valueFromText(keyOf("publish.graceMs"), " 250 "), 250);
  equal(valueFromText(keyOf("publish.graceMs"), "ten"), "ten");
  equal(valueFromText(keyOf("publish.graceMs"), ""), "");
  equal(valueFromText(keyOf("log.level"), "warn "), "warn");
  deepEqual(valueFromText(keyOf("rtmp"), "1,2"), ["1", "2"]);
});

test("a key that does not exist sets nothing", () => {
  const { settings, problems } = settingFromText("publish.grace", "1", { kind: "argument", option: "--set" });
  deepEqual(settings, []);
  equal(problems[0]?.message, "unknown key publish.grace: did you mean publish.graceMs?");
});

test("the schema for editors knows every key, and that there are no others", () => {
  const schema = configJsonSchema();
  deepEqual(Object.keys(schema.properties ?? {}), [
    "rtmp",
    "chunkSize",
    "windowAcknowledgementSize",
    "publish",
    "play",
    "timeouts",
    "limits",
    "log",
  ]);
  equal(parseConfig({ other: 1 }).ok, false);
  equal(parseConfig({ publish: { other: 1 } }).ok, false);
});
