import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { makePictures } from "../test/dashboard/fixture-media.ts";
import { FixtureServer } from "../test/dashboard/fixture-server.ts";
import { requirePeer } from "../test/support/require-peer.ts";
import { buildDashboard } from "./build-dashboard.ts";
import { ROOT } from "./run-step.ts";

/*
 * Makes the pictures of docs/dashboard.md, of a server that is made up. `node scripts/make-dashboard-images.ts [folder]`
 * needs chromium and FFmpeg; with a folder they go there, and with them those of all other pages.
 */

type Shot = {
  readonly name: string;
  readonly hash: string;
  readonly options: BrowserContextOptions;
  /** Only for looking at it. */
  readonly isExtra?: boolean;
  readonly prepare?: (page: Page) => Promise<void>;
};

const LARGE: BrowserContextOptions = { viewport: { width: 1280, height: 820 }, colorScheme: "light" };
const DARK: BrowserContextOptions = { ...LARGE, colorScheme: "dark" };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 1.5,
  isMobile: true,
  hasTouch: true,
  colorScheme: "light",
};
const WALL: BrowserContextOptions = { viewport: { width: 3840, height: 2160 }, colorScheme: "dark" };
const NARROW: BrowserContextOptions = { ...PHONE, viewport: { width: 360, height: 740 } };

const SHOTS: readonly Shot[] = [
  { name: "dashboard-light", hash: "#/", options: LARGE },
  { name: "dashboard-dark", hash: "#/", options: DARK },
  { name: "dashboard-phone", hash: "#/", options: PHONE },
  {
    name: "dashboard-broadcast",
    hash: "#/broadcasts/live%2Fdemo",
    options: { ...DARK, viewport: { width: 1200, height: 760 } },
    prepare: untilPlaying,
  },
  {
    name: "broadcast-light",
    hash: "#/broadcasts/live%2Fmain-stage",
    options: LARGE,
    isExtra: true,
    prepare: untilPlaying,
  },
  { name: "broadcast-phone", hash: "#/broadcasts/live%2Fdemo", options: NARROW, isExtra: true, prepare: untilPlaying },
  { name: "connections", hash: "#/connections", options: LARGE, isExtra: true },
  { name: "connections-phone", hash: "#/connections", options: NARROW, isExtra: true },
  { name: "events", hash: "#/events", options: DARK, isExtra: true },
  { name: "events-phone", hash: "#/events", options: NARROW, isExtra: true },
  { name: "server", hash: "#/server", options: LARGE, isExtra: true },
  { name: "wall", hash: "#/", options: WALL, isExtra: true },
  {
    name: "kick",
    hash: "#/broadcasts/live%2Fdemo",
    options: LARGE,
    isExtra: true,
    prepare: async (page) => await page.getByRole("button", { name: "Kick the publisher" }).click(),
  },
];

/** Snapshots until the small plots have a shape: they come faster than they would. */
const PLOTTED_MS = 4000;
const MAX_BYTES = 200_000;

const [target] = process.argv.slice(2);
const folder = target ?? join(ROOT, "docs", "images");
mkdirSync(folder, { recursive: true });
const work = mkdtempSync(join(tmpdir(), "millrace-images-"));
const browser = await chromium.launch({ executablePath: requirePeer("chromium"), args: ["--no-sandbox"] });
const dashboardFolder = join(work, "dashboard");
await buildDashboard(dashboardFolder);
const server = new FixtureServer({ dashboardFolder, pictures: makePictures(work), everyMs: 60, viewers: 42 });
const address = await server.start();
try {
  for (const shot of SHOTS) if (shot.isExtra !== true || target !== undefined) await take(browser, shot);
} finally {
  await browser.close();
  await server.stop();
  rmSync(work, { recursive: true, force: true });
}

async function take(opened: Browser, { name, hash, options, prepare }: Shot): Promise<void> {
  const context = await opened.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") console.log(`${name}: ${message.text()}`);
  });
  await page.goto(`${address}${hash}`);
  await page.waitForTimeout(PLOTTED_MS);
  await prepare?.(page);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  await context.close();
  const { size } = statSync(path);
  console.log(`${path}  ${Math.round(size / 1000)} kB`);
  if (size > MAX_BYTES && target === undefined) process.exitCode = 1;
}

async function untilPlaying(page: Page): Promise<void> {
  await page.waitForFunction("document.querySelector('video')?.currentTime > 1");
}
