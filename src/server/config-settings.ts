import { type Config, type ConfigIssue, parseConfig } from "./config.ts";
import { CONFIG_KEYS, type ConfigKey, describeRule, valueFromText } from "./config-keys.ts";
import { nearest } from "./config-nearest.ts";
import type { ConfigOrigin, ConfigProblem } from "./config-problem.ts";

/** One value that somebody set. */
export type Setting = {
  readonly key: ConfigKey;
  /** Not yet checked. */
  readonly value: unknown;
  readonly origin: ConfigOrigin;
  /** Where each item of a list stands, if it is known better than by `origin`. */
  readonly itemOrigins?: readonly ConfigOrigin[];
};

/** What one source (a file, the environment, the command line) sets. */
export type Settings = { readonly settings: readonly Setting[]; readonly problems: readonly ConfigProblem[] };

export type ResolvedConfig = {
  /** The defaults where there are problems. */
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
};

/** Checks all settings, also those that a later one overrides, and puts them together: later ones win. */
export function resolveConfig(settings: readonly Setting[]): ResolvedConfig {
  const problems = settings.flatMap(problemsOf);
  const values: Record<string, unknown> = {};
  if (problems.length === 0) for (const { key, value } of settings) assign(values, key.path, value);
  const result = parseConfig(values);
  // Each value has passed alone, and no rule spans several.
  if (!result.ok) throw new Error(`the configuration cannot be put together: ${JSON.stringify(result.issues)}`);
  return { config: result.config, problems };
}

/** A setting from text that names its key, as `--set publish.graceMs=0` does. */
export function settingFromText(path: string, text: string, origin: ConfigOrigin): Settings {
  const key = CONFIG_KEYS.get(path);
  if (key === undefined) return { settings: [], problems: [unknownKey(path, origin)] };
  return { settings: [{ key, value: valueFromText(key, text), origin }], problems: [] };
}

export function unknownKey(path: string, origin: ConfigOrigin): ConfigProblem {
  const suggestion = nearestPath(path);
  const hint = suggestion === undefined ? "docs/config.md lists all keys" : `did you mean ${suggestion}?`;
  return { origin, key: path, message: `unknown key ${path}: ${hint}` };
}

/** Puts `value` at `path` into nested objects. */
function assign(values: Record<string, unknown>, path: string, value: unknown): void {
  const [name = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  values[name] ??= {};
  assign(values[name] as Record<string, unknown>, rest.join("."), value);
}

function problemsOf(setting: Setting): ConfigProblem[] {
  const values: Record<string, unknown> = {};
  assign(values, setting.key.path, setting.value);
  const result = parseConfig(values);
  return result.ok ? [] : result.issues.map((issue) => problemOf(setting, issue));
}

function problemOf({ key, value, origin, itemOrigins }: Setting, issue: ConfigIssue): ConfigProblem {
  const index = issue.path.slice(key.path.split(".").length)[0];
  const isItem = typeof index === "number" && Array.isArray(value);
  const wrong: unknown = isItem ? value[index] : value;
  const suggestion = typeof wrong === "string" ? nearest(wrong, key.choices) : undefined;
  const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
  return {
    origin: (isItem ? itemOrigins?.[index] : undefined) ?? origin,
    key: key.path,
    message: `${key.path} is ${show(wrong)}, but must be ${describeRule(key)}${hint}`,
  };
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  return JSON.stringify(value);
}

/** The nearest full path, or the one path that ends in the last part of what was written. */
function nearestPath(path: string): string | undefined {
  const paths = [...CONFIG_KEYS.keys()];
  const near = nearest(path, paths);
  if (near !== undefined) return near;
  const leaf = nearest(lastPart(path), paths.map(lastPart));
  return paths.find((candidate) => lastPart(candidate) === leaf);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
