import type { Document, Node, Pair, YAMLMap } from "yaml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { CONFIG_KEYS, CONFIG_SECTIONS } from "./config-keys.ts";
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
      this.#report(root.range?.[0], undefined, "the file must hold keys and values, as rtmp: 1935");
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
      const itemOrigins = isSeq(value) ? value.items.map((item) => this.#originOf((item as Node).range?.[0])) : [];
      this.#settings.push({
        key,
        value: key.type === "list" ? listOf(this.#plain(value)) : this.#plain(value),
        origin: value?.range == null ? origin : this.#originOf(value.range[0]),
        itemOrigins,
      });
    } else if (!CONFIG_SECTIONS.some((section) => section.path === path)) {
      this.#problems.push(unknownKey(path, origin));
    } else if (isMap(value)) {
      this.#readMap(value, path);
    } else if (this.#plain(value) !== null) {
      const keys = CONFIG_SECTIONS.find((section) => section.path === path)?.keys ?? [];
      const names = keys.map((member) => member.path.slice(path.length + 1)).join(", ");
      this.#problems.push({ origin, key: path, message: `${path} must hold keys: ${names}` });
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

/** `rtmp: 1935` means a list of one. */
function listOf(value: unknown): unknown {
  return value === null || Array.isArray(value) ? value : [value];
}

function describeSyntax(message: string): string {
  const first = message.charAt(0).toLowerCase() + message.slice(1);
  const hint = /unexpected scalar at node end/i.test(message) ? " (put quotes around [host]:port)" : "";
  return `this is no YAML: ${first}${hint}`;
}
