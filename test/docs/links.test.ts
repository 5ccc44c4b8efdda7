import { deepEqual, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../scripts/run-step.ts";
import { markdownFiles, readDocument } from "./markdown.ts";

const FILES = markdownFiles();

/** What a document links to, or shows, outside of code. */
function linksIn(file: string): string[] {
  const text = readDocument(file).replaceAll(/^( *)```[\s\S]*?^\1```$|`[^`\n]*`/gm, "");
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target);
}

test("every link in the documents leads to something that exists", () => {
  ok(FILES.includes("README.md") && FILES.includes("docs/interop.md"));
  const broken = FILES.flatMap((file) =>
    linksIn(file)
      .filter((target) => !target.includes("://"))
      .filter((target) => !existsSync(join(ROOT, dirname(file), target.replace(/#.*$/, ""))))
      .map((target) => `${file}: ${target}`),
  );
  deepEqual(broken, []);
});

test("every document but licences and news is reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const file of reached) {
    for (const target of linksIn(file)) {
      const path = join(dirname(file), target.replace(/#.*$/, "")).replace(/\/$/, "");
      for (const other of FILES) if (other === path || dirname(other) === path) reached.add(other);
    }
  }
  deepEqual(
    FILES.filter((file) => !reached.has(file)),
    [],
  );
});

test("every decision has a number of its own, and says what is not done", () => {
  const decisions = FILES.filter((file) => file.startsWith("docs/decisions/"));
  ok(decisions.length > 0);
  for (const [index, file] of decisions.entries()) {
    const number = index + 1;
    ok(file.startsWith(`docs/decisions/${number.toString().padStart(4, "0")}-`), `${file} is not number ${number}`);
    const text = readDocument(file);
    ok(text.startsWith(`# ${number}. `), `${file} has another number in its title`);
    for (const part of ["**Context.**", "**Choice.**", "**Not done.**"]) ok(text.includes(part), `${file}: ${part}`);
  }
});
