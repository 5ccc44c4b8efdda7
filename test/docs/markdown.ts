import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/run-step.ts";

export type CodeBlock = { readonly language: string; readonly text: string };

/** Every document of the repository, by its path from the folder of package.json. */
export function markdownFiles(): string[] {
  return globSync(["*.md", "{docs,src,test,examples,bench}/**/*.md"], { cwd: ROOT })
    .filter((file) => !file.includes("node_modules"))
    .sort();
}

export function readDocument(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The fenced blocks of a document, without the indentation that they have in lists. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const fences = markdown.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm);
  return Array.from(fences, ([, indentation = "", language = "", text = ""]) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indentation}`, "gm"), ""),
  }));
}

/** The command lines of a document, without comments. */
export function shellLines(file: string): string[] {
  return codeBlocks(readDocument(file))
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}
