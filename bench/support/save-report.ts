import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/run-step.ts";
import { type BenchReport, reportText } from "./bench-report.ts";

export const RESULTS_FOLDER: string = join(ROOT, "bench", "results");

/** Writes both forms, JSON for programs and Markdown, under the date and the commit. Returns the name without its end. */
export function saveReport(report: BenchReport, folder: string = RESULTS_FOLDER): string {
  mkdirSync(folder, { recursive: true });
  const wanted = `${report.date.slice(0, 10)}-${report.commit ?? "unknown"}`;
  let name = wanted;
  for (let count = 2; existsSync(join(folder, `${name}.json`)); count++) name = `${wanted}-${count}`;
  writeFileSync(join(folder, `${name}.json`), reportJson(report));
  writeFileSync(join(folder, `${name}.md`), `# ${name}\n\n${reportText(report)}`);
  return name;
}

/** A line for each run: they have many figures. */
function reportJson({ runs, ...others }: BenchReport): string {
  const head = JSON.stringify(others, undefined, 1).replace(/\n\}$/, "");
  return `${head},\n "runs": [\n${runs.map((run) => `  ${JSON.stringify(run)}`).join(",\n")}\n ]\n}\n`;
}

/** The commit of the checkout, and whether what is measured is as committed. */
export function checkoutState(): Pick<BenchReport, "commit" | "isCommitted"> {
  try {
    const git = (...parameters: string[]): string =>
      execFileSync("git", ["-C", ROOT, ...parameters], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    const commit = git("rev-parse", "--short=7", "HEAD");
    return { commit, isCommitted: git("status", "--porcelain", "--", "src", "bin", "package.json") === "" };
  } catch {
    return { commit: undefined, isCommitted: false };
  }
}
