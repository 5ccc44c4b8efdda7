import { deepEqual } from "node:assert/strict";
import { after, before, type TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { buildDashboard } from "../../scripts/build-dashboard.ts";
import { bundle } from "../support/browser.ts";
import { lastFirst } from "../support/last-first.ts";
import type { CleanUp } from "../support/peer-process.ts";
import { requirePeer } from "../support/require-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { makePictures } from "./fixture-media.ts";
import { type FixtureOptions, FixtureServer } from "./fixture-server.ts";

export type PageOptions = {
  readonly browser?: BrowserContextOptions;
  /** Messages of the console that belong to the test, such as those of refused requests. */
  readonly expectedErrors?: RegExp;
  /** The part of the address after `#`. */
  readonly hash?: string;
};

export type OpenOptions = PageOptions & Partial<FixtureOptions>;

export type OpenedDashboard = { readonly page: Page; readonly server: FixtureServer; readonly address: string };

/** What all tests of a file share: a browser, and the dashboard as it is built. */
export type DashboardSuite = {
  /** Room for what tests make. */
  readonly folder: () => string;
  /** The built dashboard. */
  readonly dashboardFolder: string;
  /** Opens the page on a server of its own. The test fails if the page logs an error, throws, or breaks its policy. */
  open(context: TestContext, options?: OpenOptions): Promise<OpenedDashboard>;
  /** The same on any server, whose address ends in a slash. It has to end after the page: see `lastFirst`. */
  openAt(owner: CleanUp, address: string, options?: PageOptions): Promise<Page>;
};

/** How long a browser may take to close before it is killed: one that hangs would keep the tests from ending. */
const CLOSE_MS = 10_000;

/** To be called at the top of a file. */
export function dashboardSuite(): DashboardSuite {
  let browser: Browser | undefined;
  let checks = "";
  let pictures: readonly string[] = [];
  const owner = lastFirst({ after });
  const folder = temporaryFolder(owner);
  const dashboardFolder = `${folder}/dashboard`;
  before(async () => {
    const server = await chromium.launchServer({ executablePath: requirePeer("chromium"), args: ["--no-sandbox"] });
    owner.after(() => within(CLOSE_MS, server.close(), () => server.kill()));
    browser = await chromium.connect(server.wsEndpoint());
    await buildDashboard(dashboardFolder);
    pictures = makePictures(folder, 1);
    checks = await bundle("dashboard/testing/page-checks.ts");
  });
  const openAt: DashboardSuite["openAt"] = async (pageOwner, address, options = {}) => {
    if (browser === undefined) throw new Error("the browser has not started");
    const { browser: browserOptions, expectedErrors, hash = "#/" } = options;
    const opened = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...browserOptions });
    const errors: string[] = [];
    pageOwner.after(async () => {
      await within(CLOSE_MS, opened.close());
      deepEqual(errors, [], "the page logged errors");
    });
    const page = await opened.newPage();
    page.on("console", (message) => {
      if (message.type() === "error" && expectedErrors?.test(message.text()) !== true) errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.addInitScript(checks);
    await page.goto(`${address}${hash}`);
    return page;
  };
  return {
    folder: () => folder,
    dashboardFolder,
    openAt,
    async open(context, { browser: browserOptions, expectedErrors, hash, ...options } = {}) {
      const testOwner = lastFirst(context);
      const server = new FixtureServer({ dashboardFolder, pictures, ...options });
      testOwner.after(() => server.stop());
      const address = await server.start();
      const page = await openAt(testOwner, address, {
        ...(browserOptions && { browser: browserOptions }),
        ...(expectedErrors && { expectedErrors }),
        ...(hash !== undefined && { hash }),
      });
      return { page, server, address };
    },
  };
}

/** Waits so long for something that ends. */
async function within(ms: number, closed: Promise<void>, insist?: () => Promise<void>): Promise<void> {
  const overdue = Promise.withResolvers<"overdue">();
  const timer = setTimeout(() => overdue.resolve("overdue"), ms);
  const how = await Promise.race([closed, overdue.promise]);
  clearTimeout(timer);
  if (how !== "overdue") return;
  await insist?.();
  throw new Error(`the browser did not close within ${ms} ms`);
}

/** The page obeyed its policy up to now. */
export async function expectNoViolations(page: Page): Promise<void> {
  deepEqual(await page.evaluate("pageChecks.violations()"), []);
}
