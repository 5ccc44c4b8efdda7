import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { configJsonSchema, parseConfig } from "./config.ts";
import { CONFIG_KEYS, CONFIG_SECTIONS, type ConfigKey, valueFromText } from "./config-keys.ts";
import { serverOptionsOf } from "./config-options.ts";
import { resolveConfig, type Setting, settingFromText } from "./config-settings.ts";
import {
  DEFAULT_HLS_OPTIONS,
  DEFAULT_HTTP_FLV_OPTIONS,
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
  deepEqual(config.listen, [{ host: "::", port: 1935 }]);
  deepEqual(config.publish, DEFAULT_PUBLISH_OPTIONS);
  deepEqual(config.play, DEFAULT_PLAY_OPTIONS);
  deepEqual(config.timeouts, DEFAULT_TIMEOUTS);
  deepEqual(config.limits, DEFAULT_LIMITS);
  deepEqual(config.log, { level: "info", format: "auto" });
  deepEqual(resolveOptions(serverOptionsOf(config, [])), resolveOptions({}));
  equal(serverOptionsOf(config, []).tls, undefined);
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

test("the server gets what is set, in its own form", () => {
  const { config } = resolveConfig([
    set("listen", ["rtmps://:443"], "--set"),
    set("tls.selfSignedFolder", "tls", "--set"),
    set("rtmpe.type", "9", "--set"),
    set("http.publicHost", "edge1.example.org", "--set"),
    set("http.flv.waitMs", 100, "--set"),
    set("http.flv.publish", "off", "--set"),
    set("http.hls.start", "always", "--set"),
    set("http.hls.folder", "segments", "--set"),
  ]);
  const swf = { hash: Uint8Array.of(1), byteLength: 1 };
  const { listen, tls, rtmpe, http, swfVerification } = serverOptionsOf(config, [swf]);
  deepEqual(listen, [{ host: "::", port: 443, accept: ["rtmps"] }]);
  deepEqual(tls, { certificates: [], selfSignedFolder: "tls", minVersion: "TLSv1.2", maxVersion: "TLSv1.3" });
  deepEqual(rtmpe, { type: 9 });
  const hls = { ...DEFAULT_HLS_OPTIONS, start: "always", folder: "segments" };
  deepEqual(http, { publicHost: "edge1.example.org", flv: { waitMs: 100, publish: false }, hls });
  deepEqual(swfVerification, { allowed: [swf] });
});

test("FLV by HTTP can be switched off", () => {
  const { config } = resolveConfig([set("http.flv.enabled", "off", "--set")]);
  equal(serverOptionsOf(config, []).http?.flv, false);
});

test("HLS can be switched off", () => {
  const { config } = resolveConfig([set("http.hls.enabled", "off", "--set")]);
  equal(serverOptionsOf(config, []).http?.hls, false);
});

test("pages that may connect are named by their origin, as browsers send it", () => {
  const optionsWith = (...origins: readonly string[]) => {
    const { config, problems } = resolveConfig([set("http.allowedOrigins", origins, "--set")]);
    return problems.length > 0 ? problems.map(({ message }) => message) : serverOptionsOf(config, []).http;
  };
  deepEqual(optionsWith(), { flv: DEFAULT_HTTP_FLV_OPTIONS, hls: DEFAULT_HLS_OPTIONS });
  const origins = ["https://example.org", "http://localhost:8080", "http://[::1]:3000", "app://obs", "null"];
  deepEqual(optionsWith(...origins), {
    allowedOrigins: origins,
    flv: DEFAULT_HTTP_FLV_OPTIONS,
    hls: DEFAULT_HLS_OPTIONS,
  });
  // None of these is ever sent.
  for (const wrong of ["example.org", "https://example.org/", "https://example.org:443", "https://Example.org", "*"]) {
    deepEqual(optionsWith(wrong), [
      `http.allowedOrigins is "${wrong}", but must be the origin of a page, as https://example.org or http://localhost:8080, or a list of these`,
    ]);
  }
});

test("shared objects are served where a folder or an application is named", () => {
  const optionsWith = (...settings: [string, unknown][]) =>
    serverOptionsOf(resolveConfig(settings.map(([key, value]) => set(key, value, "--set"))).config, []).sharedObjects;
  const limits = { maxTotalBytes: 67_108_864 };
  equal(optionsWith(["sharedObjects.maxTotalBytes", 2 ** 20]), undefined);
  deepEqual(optionsWith(["sharedObjects.folder", "objects"]), { limits, folder: "objects" });
  deepEqual(optionsWith(["sharedObjects.apps", ["chat"]]), { limits, apps: ["chat"] });
});

test("the folder of shared objects in a file begins at the file's own", () => {
  const setting = set("sharedObjects.folder", "objects", "--set");
  const { config } = resolveConfig([
    { ...setting, origin: { kind: "file", file: "/etc/millrace/m.yml", line: 1, column: 1 } },
  ]);
  equal(config.sharedObjects.folder, "/etc/millrace/objects");
});

test("text becomes the kind of value that its key has", () => {
  equal(valueFromText(keyOf("publish.graceMs"), " 250 "), 250);
  equal(valueFromText(keyOf("publish.graceMs"), "ten"), "ten");
  equal(valueFromText(keyOf("publish.graceMs"), ""), "");
  equal(valueFromText(keyOf("log.level"), "warn "), "warn");
  deepEqual(valueFromText(keyOf("listen"), "1,2"), ["1", "2"]);
  equal(valueFromText(keyOf("tls.selfSignedFolder"), " a,b "), "a,b");
});

test("a key that does not exist sets nothing", () => {
  const { settings, problems } = settingFromText("publish.grace", "1", { kind: "argument", option: "--set" });
  deepEqual(settings, []);
  equal(problems[0]?.message, "unknown key publish.grace: did you mean publish.graceMs?");
});

test("the schema for editors knows every key, and that there are no others", () => {
  const schema = configJsonSchema();
  deepEqual(Object.keys(schema.properties ?? {}), [
    "listen",
    "workers",
    "chunkSize",
    "windowAcknowledgementSize",
    "tls",
    "http",
    "publish",
    "play",
    "rtmpe",
    "swfVerification",
    "sharedObjects",
    "authentication",
    "api",
    "timeouts",
    "limits",
    "log",
  ]);
  equal(parseConfig({ other: 1 }).ok, false);
  equal(parseConfig({ publish: { other: 1 } }).ok, false);
});
