import { type ConfigJsonSchema, configJsonSchema } from "./config.ts";

/** One setting, as people meet it. */
export type ConfigKey = {
  /** `publish.busyName`: where it stands in a file. */
  readonly path: string;
  /** Where its value goes in a `Config`: another path than its own for an older name. */
  readonly storedAt: string;
  /** `MILLRACE_PUBLISH_BUSY_NAME`. */
  readonly environment: string;
  readonly type: "integer" | "choice" | "text" | "list";
  /** What a choice may be, and words that may stand for an integer; empty for the others. */
  readonly choices: readonly string[];
  /** The range of an integer. */
  readonly minimum: number;
  readonly maximum: number;
  /** How text, or an item of a list, is written; empty for the others. */
  readonly form: string;
  readonly exampleTexts: readonly string[];
  /** As it would stand in a file; undefined if the server chooses. */
  readonly default: unknown;
  readonly description: string;
};

/** A group of keys, as `publish`; `path` is empty for the keys that stand alone. */
export type ConfigSection = {
  readonly path: string;
  readonly description: string;
  readonly keys: readonly ConfigKey[];
};

/** Every section, the keys without one first. */
export const CONFIG_SECTIONS: readonly ConfigSection[] = sectionsOf(configJsonSchema());

/** Names that keys had before, and what they are called now. */
const OLDER_NAMES: readonly (readonly [older: string, path: string])[] = [["rtmp", "listen"]];

/** Every key by its path, older names included. */
export const CONFIG_KEYS: ReadonlyMap<string, ConfigKey> = withOlderNames(
  CONFIG_SECTIONS.flatMap((section) => section.keys),
);

/** `publish.busyName` is `MILLRACE_PUBLISH_BUSY_NAME`: the path in upper snake case. */
export function environmentNameOf(path: string): string {
  return `MILLRACE_${path
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll(".", "_")
    .toUpperCase()}`;
}

/** What a value of this key must be, to follow "must be". */
export function describeRule(key: ConfigKey): string {
  switch (key.type) {
    case "integer":
      return listWords([`a whole number from ${key.minimum} to ${key.maximum}`, ...key.choices]);
    case "choice":
      return listWords(key.choices);
    case "text":
      return key.form;
    case "list":
      return `${key.form}, as ${listWords(key.exampleTexts)}, or a list of these`;
  }
}

/** The value that stands for `text` in an environment variable or on the command line. Not yet checked. */
export function valueFromText(key: ConfigKey, text: string): unknown {
  switch (key.type) {
    case "integer":
      if (key.choices.includes(text.trim())) return text.trim();
      return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
    case "choice":
    case "text":
      return text.trim();
    case "list":
      return text.split(",").map((item) => item.trim());
  }
}

function withOlderNames(keys: readonly ConfigKey[]): ReadonlyMap<string, ConfigKey> {
  const byPath = new Map(keys.map((key) => [key.path, key]));
  for (const [older, path] of OLDER_NAMES) {
    const key = byPath.get(path);
    if (key !== undefined) byPath.set(older, { ...key, path: older, environment: environmentNameOf(older) });
  }
  return byPath;
}

/** `a, b or c` */
function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function sectionsOf(root: ConfigJsonSchema): ConfigSection[] {
  const members = Object.entries(root.properties ?? {});
  const alone = members.filter(([, member]) => member.properties === undefined);
  const groups = members.filter(([, member]) => member.properties !== undefined);
  return [
    { path: "", description: "", keys: alone.map(([name, member]) => keyOf(name, member)) },
    ...groups.map(([name, group]) => ({
      path: name,
      description: group.description ?? "",
      keys: keysOf(name, group),
    })),
  ];
}

/** Of a group, and of the groups in it. */
function keysOf(path: string, group: ConfigJsonSchema): ConfigKey[] {
  return Object.entries(group.properties ?? {}).flatMap(([name, member]) => {
    const memberPath = `${path}.${name}`;
    return member.properties === undefined ? [keyOf(memberPath, member)] : keysOf(memberPath, member);
  });
}

function keyOf(path: string, whole: ConfigJsonSchema): ConfigKey {
  const schema = { ...whole, ...numberOrWord(whole.anyOf) };
  return {
    path,
    storedAt: path,
    environment: environmentNameOf(path),
    type: typeOf(schema),
    choices: schema.enum ?? [],
    minimum: schema.minimum ?? 0,
    maximum: schema.maximum ?? Number.MAX_SAFE_INTEGER,
    form: schema.form ?? "",
    exampleTexts: schema.exampleTexts ?? [],
    default: schema.default,
    description: schema.description ?? "",
  };
}

/** A number, or one of some words that stand for it. */
function numberOrWord(parts: readonly ConfigJsonSchema[] = []): ConfigJsonSchema {
  const [number] = parts.filter(({ type }) => type === "integer");
  return number === undefined ? {} : { ...number, enum: parts.flatMap((part) => part.const ?? []) };
}

function typeOf(schema: ConfigJsonSchema): ConfigKey["type"] {
  if (schema.type === "array") return "list";
  if (schema.type === "integer") return "integer";
  if (schema.enum !== undefined) return "choice";
  return schema.type === "string" ? "text" : "integer";
}
