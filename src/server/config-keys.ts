import { type ConfigJsonSchema, configJsonSchema } from "./config.ts";

/** One setting, as people meet it. */
export type ConfigKey = {
  /** `publish.busyName`: where it stands in a file. */
  readonly path: string;
  /** `MILLRACE_PUBLISH_BUSY_NAME`. */
  readonly environment: string;
  readonly type: "integer" | "choice" | "list";
  /** What a choice may be; empty for the others. */
  readonly choices: readonly string[];
  /** The range of an integer. */
  readonly minimum: number;
  readonly maximum: number;
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

/** Every key by its path. */
export const CONFIG_KEYS: ReadonlyMap<string, ConfigKey> = new Map(
  CONFIG_SECTIONS.flatMap((section) => section.keys.map((key) => [key.path, key])),
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
      return `a whole number from ${key.minimum} to ${key.maximum}`;
    case "choice":
      return `${key.choices.slice(0, -1).join(", ")} or ${key.choices.at(-1)}`;
    case "list":
      return "[host:]port, as 1935, 127.0.0.1:1935 or '[::1]:1935', or a list of these";
  }
}

/** The value that stands for `text` in an environment variable or on the command line. Not yet checked. */
export function valueFromText(key: ConfigKey, text: string): unknown {
  switch (key.type) {
    case "integer":
      return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
    case "choice":
      return text.trim();
    case "list":
      return text.split(",").map((item) => item.trim());
  }
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
      keys: Object.entries(group.properties ?? {}).map(([leaf, member]) => keyOf(`${name}.${leaf}`, member)),
    })),
  ];
}

function keyOf(path: string, schema: ConfigJsonSchema): ConfigKey {
  return {
    path,
    environment: environmentNameOf(path),
    type: schema.type === "array" ? "list" : schema.enum !== undefined ? "choice" : "integer",
    choices: schema.enum ?? [],
    minimum: schema.minimum ?? 0,
    maximum: schema.maximum ?? Number.MAX_SAFE_INTEGER,
    default: schema.default,
    description: schema.description ?? "",
  };
}
