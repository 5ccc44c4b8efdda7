import { nearest } from "../transport/nearest.ts";
import { type Config, type ConfigIssue, parseConfig } from "./config.ts";
import { CONFIG_KEYS, type ConfigKey, describeRule, valueFromText } from "./config-keys.ts";
import { resolvePaths } from "./config-paths.ts";
import type { ConfigOrigin, ConfigProblem } from "./config-problem.ts";

/** One value that somebody set. */
export type Setting = {
  readonly key: ConfigKey;
  /** Not yet checked. */
  readonly value: unknown;
  readonly origin: ConfigOrigin;
  /** Where a part of the value stands, if it is known better than by `origin`. */
  readonly originOf?: PartOrigins;
};

/** Takes items and members from the value inwards, and whether the name of the last one is meant instead of its value. */
export type PartOrigins = (path: readonly PropertyKey[], isName: boolean) => ConfigOrigin;

/** What one source (a file, the environment, the command line) sets. */
export type Settings = { readonly settings: readonly Setting[]; readonly problems: readonly ConfigProblem[] };

export type ResolvedConfig = {
  /** The defaults where there are problems. */
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
  /** Which setting each key of `config` has its value from; without those that have their default. */
  readonly effective: ReadonlyMap<string, Setting>;
};

/** Checks all settings, also those that a later one overrides, and puts them together: later ones win. */
export function resolveConfig(settings: readonly Setting[]): ResolvedConfig {
  const problems = [...settings.flatMap(problemsOf), ...namedTwice(settings)];
  const effective = new Map(problems.length > 0 ? [] : settings.map((setting) => [setting.key.storedAt, setting]));
  const values: Record<string, unknown> = {};
  for (const [path, { value }] of effective) assign(values, path, value);
  const result = parseConfig(values);
  // Each value has passed alone, and no rule of the schema spans several.
  if (!result.ok) throw new Error(`the configuration cannot be put together: ${JSON.stringify(result.issues)}`);
  return { config: resolvePaths(result.config, effective), problems, effective };
}

/** Where a part of a setting's value stands, as well as it is known. */
export function originOfPart(setting: Setting, path: readonly PropertyKey[], isName: boolean = false): ConfigOrigin {
  return setting.originOf?.(path, isName) ?? setting.origin;
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
  assign(values, setting.key.storedAt, setting.value);
  const result = parseConfig(values);
  return result.ok ? [] : result.issues.map((issue) => problemOf(setting, issue));
}

function problemOf(setting: Setting, { path, reason, isUnknownMember = false }: ConfigIssue): ConfigProblem {
  const { key, value } = setting;
  const inside = path.slice(key.storedAt.split(".").length);
  const members = inside.filter((part) => typeof part === "string");
  const name = [key.path, ...members].join(".");
  const wrong = partOf(value, inside);
  return {
    origin: originOfPart(setting, inside, isUnknownMember),
    key: key.path,
    message: isUnknownMember
      ? `unknown key ${name}: ${reason}`
      : `${name} is ${show(wrong)}, but ${reason ?? describeExpected(key, wrong)}`,
  };
}

function describeExpected(key: ConfigKey, wrong: unknown): string {
  const suggestion = typeof wrong === "string" ? nearest(wrong, key.choices) : undefined;
  return `must be ${describeRule(key)}${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`;
}

function partOf(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((part, name) => (part as Record<PropertyKey, unknown> | null)?.[name], value);
}

/** A key and its older name, set by the same source. */
function namedTwice(settings: readonly Setting[]): ConfigProblem[] {
  return settings.flatMap(({ key, origin }) => {
    const other = settings.find(
      (candidate) => candidate.key.path === key.storedAt && isSameSource(candidate.origin, origin),
    );
    if (key.path === key.storedAt || other === undefined) return [];
    const message = `${describeName(key, origin)} is the older name of ${describeName(other.key, origin)}: set one of them`;
    return [{ origin, key: key.path, message }];
  });
}

/** Options of the command line are no such source: there the last one counts. */
function isSameSource(one: ConfigOrigin, other: ConfigOrigin): boolean {
  return one.kind === other.kind && one.kind !== "argument";
}

function describeName(key: ConfigKey, origin: ConfigOrigin): string {
  return origin.kind === "environment" ? key.environment : key.path;
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
