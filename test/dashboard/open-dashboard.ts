import { deepEqual } from "node:assert/strict";
import { after, before, type TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { buildDashboard } from "../../scripts/build-dashboard.ts";
import { bundle } from "../support/browser.ts";
import { requirePeer } from "../support/require-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { makePictures } from "./fixture-media.ts";
import { type FixtureOptions, FixtureServer } from "./fixture-server.ts";

export type OpenOptions = Partial<FixtureOptions> & {
  readonly browser?: BrowserContextOptions;
  /** Messages of the console that belong to the test, such as those of refused requests. */
  readonly expectedErrors?: RegExp;
  /** The part of the address after `#`. */
  readonly hash?: string;
};

export type OpenedDashboard = { readonly page: Page; readonly server: FixtureServer; readonly address: string };

/** What all tests of a file share: a browser, and the dashboard as it is built. */
export type DashboardSuite = {
  /** Room for what tests make. */
  readonly folder: () => string;
  /** Opens the page on a server of its own. The test fails if the page logs an error, throws, or breaks its policy. */
  open(context: TestContext, options?: OpenOptions): Promise<OpenedDashboard>;
};

/** To be called at the top of a file. */
export function dashboardSuite(): DashboardSuite {
  let browser: Browser | undefined;
  let checks = "";
  let pictures: readonly string[] = [];
  const folder = temporaryFolder({ after });
  const dashboardFolder = `${folder}/dashboard`;
  before(async () => {
    await buildDashboard(dashboardFolder);
    pictures = makePictures(folder, 1);
    checks = await bundle("dashboard/testing/page-checks.ts");
    browser = await chromium.launch({ executablePath: requirePeer("chromium"), args: ["--no-sandbox"] });
  });
  after(async () => browser?.close());
  return {
    folder: () => folder,
    async open(context, { browser: browserOptions, expectedErrors, hash = "#/", ...options } = {}) {
      if (browser === undefined) throw new Error("the browser has not started");
      const server = new FixtureServer({ dashboardFolder, pictures, ...options });
      const address = await server.start();
      const opened = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...browserOptions });
      context.after(async () => {
        await opened.close();
        await server.stop();
      });
      const page = await opened.newPage();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" && expectedErrors?.test(message.text()) !== true) errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.addInitScript(checks);
      await page.goto(`${address}${hash}`);
      context.after(() => deepEqual(errors, [], "the page logged errors"));
      return { page, server, address };
    },
  };
}

/** The page obeyed its policy up to now. */
export async function expectNoViolations(page: Page): Promise<void> {
  deepEqual(await page.evaluate("pageChecks.violations()"), []);
}
