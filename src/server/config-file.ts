import type { Document, Node, Pair, YAMLMap } from "yaml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { CONFIG_KEYS, type ConfigKey } from "./config-keys.ts";
import type { ConfigProblem, FileOrigin } from "./config-problem.ts";
import { type Setting, type Settings, unknownKey } from "./config-settings.ts";

/** Reads YAML (and so JSON too). Each setting and each problem knows its line and column in `file`. */
export function readConfigFile(text: string, file: string): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const reader = new ConfigFileReader(document, (offset) => originAt(file, lines, offset));
  return reader.read();
}

function originAt(file: string, lines: LineCounter, offset: number | undefined): FileOrigin {
  if (offset === undefined) return { kind: "file", file };
  const { line, col } = lines.linePos(offset);
  return { kind: "file", file, line, column: col };
}

class ConfigFileReader {
  readonly #document: Document;
  readonly #originOf: (offset: number | undefined) => FileOrigin;
  readonly #settings: Setting[] = [];
  readonly #problems: ConfigProblem[] = [];
  /** Where each key and section stood first; `publish.graceMs: 0` may also be written with a dot. */
  readonly #firstLines = new Map<string, number>();

  constructor(document: Document, originOf: (offset: number | undefined) => FileOrigin) {
    this.#document = document;
    this.#originOf = originOf;
  }

  read(): Settings {
    const root = this.#document.contents;
    if (this.#document.errors.length > 0) {
      for (const { message, pos } of this.#document.errors) this.#report(pos[0], undefined, describeSyntax(message));
    } else if (isMap(root)) {
      this.#readMap(root, "");
    } else if (root !== null && !(isScalar(root) && root.value === null)) {
      this.#report(root.range?.[0], undefined, "the file must hold keys and values, as listen: 1935");
    }
    return { settings: this.#settings, problems: this.#problems };
  }

  #readMap(map: YAMLMap, section: string): void {
    for (const pair of map.items) {
      const offset = (pair.key as Node | null)?.range?.[0];
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const path = section === "" ? name : `${section}.${name}`;
      const origin = this.#originOf(offset);
      const firstLine = this.#firstLines.get(path);
      if (firstLine !== undefined) {
        this.#report(offset, path, `${path} is set twice: line ${firstLine} sets it already`);
        continue;
      }
      this.#firstLines.set(path, origin.line ?? 0);
      this.#readPair(path, pair, origin);
    }
  }

  #readPair(path: string, pair: Pair, origin: FileOrigin): void {
    const value = this.#resolve(pair.value as Node | null);
    const key = CONFIG_KEYS.get(path);
    if (key !== undefined) {
      const valueOrigin = value?.range == null ? origin : this.#originOf(value.range[0]);
      this.#settings.push({
        key,
        value: valueFromFile(key, this.#plain(value)),
        origin: valueOrigin,
        originOf: (part, isName) => this.#originOfPart(value, part, isName) ?? valueOrigin,
      });
      this.#reportRepeatedMembers(path, value);
    } else if (namesIn(path).length === 0) {
      this.#problems.push(unknownKey(path, origin));
    } else if (isMap(value)) {
      this.#readMap(value, path);
    } else if (this.#plain(value) !== null) {
      this.#problems.push({ origin, key: path, message: `${path} must hold keys: ${namesIn(path).join(", ")}` });
    }
  }

  /** Of the innermost part that is known. A single value stands for a list of one. */
  #originOfPart(value: Node | null, path: readonly PropertyKey[], isName: boolean): FileOrigin | undefined {
    let place: Node | null = null;
    let node = value;
    for (const [depth, part] of path.entries()) {
      if (isMap(node) && typeof part === "string") {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
        node = this.#resolve((pair?.value ?? null) as Node | null);
        const isNameWanted = node === null || (isName && depth === path.length - 1);
        place = (isNameWanted ? (pair?.key as Node | undefined) : node) ?? place;
      } else if (isSeq(node) && typeof part === "number") {
        node = this.#resolve((node.items[part] ?? null) as Node | null);
        place = node ?? place;
      }
    }
    return place?.range == null ? undefined : this.#originOf(place.range[0]);
  }

  /** In the objects of a list. */
  #reportRepeatedMembers(path: string, value: Node | null): void {
    for (const item of isSeq(value) ? value.items : [value]) {
      const names = new Set<string>();
      for (const { key } of isMap(item) ? item.items : []) {
        const name = String(key);
        if (names.has(name)) this.#report((key as Node).range?.[0], path, `${path}.${name} is set twice`);
        names.add(name);
      }
    }
  }

  /** An alias stands for the value of its anchor. */
  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #plain(node: Node | null): unknown {
    return node === null ? null : node.toJS(this.#document);
  }

  #report(offset: number | undefined, key: string | undefined, message: string): void {
    this.#problems.push({ origin: this.#originOf(offset), key, message });
  }
}

function valueFromFile(key: ConfigKey, value: unknown): unknown {
  // `listen: 1935` means a list of one; of choices, some are numbers to YAML.
  if (key.type === "list") return value === null || Array.isArray(value) ? value : [value];
  return key.type === "choice" && typeof value === "number" ? String(value) : value;
}

function describeSyntax(message: string): string {
  const first = message.charAt(0).toLowerCase() + message.slice(1);
  const hint = /unexpected scalar at node end/i.test(message) ? " (put quotes around [host]:port)" : "";
  return `this is no YAML: ${first}${hint}`;
}

/** Of the keys in a group, without the group's; none where there is no such group. */
function namesIn(group: string): string[] {
  const paths = [...CONFIG_KEYS.keys()];
  return paths.filter((path) => path.startsWith(`${group}.`)).map((path) => path.slice(group.length + 1));
}
