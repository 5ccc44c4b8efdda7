import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, reportStep, type StepResult } from "./run-step.ts";

const SOURCES = join(ROOT, "dashboard");

/** In the order of the cascade. */
const STYLES = ["tokens", "base", "controls", "shell", "overview", "broadcast", "tables"];

/** Where the server and the package look for the built page. */
export const DASHBOARD_FOLDER: string = join(ROOT, "dist", "dashboard");

/** Builds the dashboard anew into a folder: `index.html`, and files whose names change with their contents. */
export async function buildDashboard(folder: string = DASHBOARD_FOLDER): Promise<StepResult> {
  const startedMs = performance.now();
  let failure = "";
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "assets"), { recursive: true });
    const script = await bundleScripts(folder);
    const icon = writeHashed(folder, "icon", "svg", readFileSync(join(SOURCES, "icon.svg"), "utf8"));
    const styles = writeHashed(folder, "dashboard", "css", joinStyles());
    const page = readFileSync(join(SOURCES, "index.html"), "utf8")
      .replace("%icon%", icon)
      .replace("%styles%", styles)
      .replace("%script%", script);
    writeFileSync(join(folder, "index.html"), page);
  } catch (error) {
    failure = String(error);
  }
  const name = "build of the dashboard";
  reportStep(name, failure === "", performance.now() - startedMs, failure);
  return { name, isOk: failure === "", stdout: "" };
}

/** The players and the plots are files of their own, loaded when somebody wants them. Returns the entry's path. */
async function bundleScripts(folder: string): Promise<string> {
  // The bundler is for those who develop: whoever installs without it gets everything but the page.
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: join(SOURCES, "main.tsx"),
    cwd: ROOT,
    platform: "browser",
    tsconfig: join(SOURCES, "tsconfig.json"),
  });
  const { output } = await build.write({
    dir: folder,
    format: "esm",
    minify: true,
    entryFileNames: "assets/dashboard-[hash].js",
    chunkFileNames: "assets/[name]-[hash].js",
    comments: { legal: true },
  });
  await build.close();
  const entry = output.find((file) => file.type === "chunk" && file.isEntry);
  if (entry === undefined) throw new Error("the bundle has no entry");
  return entry.fileName;
}

function joinStyles(): string {
  const plots = readFileSync(join(ROOT, "node_modules", "uplot", "dist", "uPlot.min.css"), "utf8");
  const own = STYLES.map((name) => readFileSync(join(SOURCES, "styles", `${name}.css`), "utf8")).join("");
  const short = own
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,]) ?/g, "$1");
  return `${plots.trim()}\n${short.trim()}\n`;
}

function writeHashed(folder: string, name: string, ending: string, contents: string): string {
  const hash = createHash("sha256").update(contents).digest("base64url").slice(0, 8);
  const file = `assets/${name}-${hash}.${ending}`;
  writeFileSync(join(folder, file), contents);
  return file;
}

/** There is no page, or a source is newer. */
function isOutdated(page: string): boolean {
  if (!existsSync(page)) return true;
  const builtAtMs = statSync(page).mtimeMs;
  const sources = globSync("dashboard/**/*.*", { cwd: ROOT });
  return sources.some((file) => statSync(join(ROOT, file)).mtimeMs > builtAtMs);
}

function hasBundler(): boolean {
  return existsSync(join(ROOT, "node_modules", "rolldown"));
}

if (process.argv[1] === import.meta.filename) {
  const isWanted = !process.argv.includes("--if-needed") || isOutdated(join(DASHBOARD_FOLDER, "index.html"));
  if (isWanted && !hasBundler()) {
    console.log("The dashboard is not built: its bundler is a development dependency. `npm ci` brings it.");
  } else if (isWanted) {
    process.exitCode = (await buildDashboard()).isOk ? 0 : 1;
  }
}
