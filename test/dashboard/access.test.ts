import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { BAD_HEALTH } from "./fixture-data.ts";
import { dashboardSuite, expectNoViolations } from "./open-dashboard.ts";

const suite = dashboardSuite();

/** Every page, and what is there when it is whole. */
const PAGES: readonly (readonly [hash: string, sign: string])[] = [
  ["#/", ".card .sparkline .line"],
  ["#/broadcasts/live%2Fmain-stage", ".plot canvas"],
  ["#/connections", "tbody tr"],
  ["#/events", ".events li"],
  ["#/server", ".figures"],
];

for (const colorScheme of ["light", "dark"] as const) {
  test(`all text is easy to read, and all has a name, in ${colorScheme} colours`, async (context) => {
    const { page, address } = await suite.open(context, {
      browser: { colorScheme },
      everyMs: 100,
      alter: (broadcast) =>
        broadcast.name === "live/main-stage"
          ? { ...broadcast, health: { ...BAD_HEALTH, findings: [...BAD_HEALTH.findings, ...BAD_HEALTH.findings] } }
          : broadcast,
    });
    for (const [hash, sign] of PAGES) {
      await page.goto(`${address}${hash}`);
      await page.locator(sign).first().waitFor({ state: "attached" });
      deepEqual(await page.evaluate("pageChecks.weakContrasts()"), [], hash);
      deepEqual(await page.evaluate("pageChecks.semanticFaults()"), [], hash);
    }
    await expectNoViolations(page);
  });
}

for (const width of [320, 360, 768, 3840]) {
  test(`no page is wider than a screen of ${width} pixels`, async (context) => {
    const { page, address } = await suite.open(context, { browser: { viewport: { width, height: 800 } } });
    for (const [hash, sign] of PAGES) {
      await page.goto(`${address}${hash}`);
      await page.locator(sign).first().waitFor({ state: "attached" });
      equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, hash);
    }
  });
}

test("nothing moves when figures change", async (context) => {
  const { page, address } = await suite.open(context, { everyMs: 40 });
  for (const [hash, sign] of PAGES) {
    await page.goto(`${address}${hash}`);
    await page.locator(sign).first().waitFor({ state: "attached" });
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    const before = (await page.evaluate("pageChecks.layoutShifts().sum")) as number;
    // Forty changes or more: the text of the clock in the badge tells how many seconds have passed.
    await untilSnapshots(page, 40);
    const { sum, moved } = (await page.evaluate("pageChecks.layoutShifts()")) as { sum: number; moved: string[] };
    ok(sum - before < 0.005, `${hash}: ${sum - before}\n${moved.join("\n")}`);
  }
});

async function untilSnapshots(page: Page, count: number): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    let left = ${count};
    const source = new EventSource("/api/v1/stream");
    source.addEventListener("snapshot", () => { if (--left === 0) { source.close(); done(); } });
  })`);
}

test("everything is reached by keyboard", async (context) => {
  const { page } = await suite.open(context);
  await page.getByRole("article").first().waitFor();
  const reached: string[] = [];
  for (let step = 0; step < 10; step++) {
    await page.keyboard.press("Tab");
    reached.push(await focused(page));
  }
  deepEqual(reached, [
    "Skip to the content",
    "millrace, to the overview",
    "Overview",
    "Connections",
    "Events",
    "Server",
    "Colours: auto",
    "Find a broadcast",
    "Order",
    "live/demo",
  ]);
  const outline = await page.evaluate("getComputedStyle(document.activeElement.closest('.card')).outlineStyle");
  equal(outline, "solid");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "live/demo" }).waitFor();
  equal(await page.evaluate("document.activeElement.tagName"), "H1");
  await page.keyboard.press("Shift+Tab");
  equal(await focused(page), "All broadcasts");
});

test("the skip link leads past the navigation", async (context) => {
  const { page } = await suite.open(context);
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  equal(await page.evaluate("document.activeElement.id"), "main");
  await page.keyboard.press("Tab");
  equal(await focused(page), "Find a broadcast");
});

test("a dialog holds the focus, closes by Escape, and gives the focus back", async (context) => {
  const { page } = await suite.open(context, { hash: "#/broadcasts/live%2Fdemo" });
  const button = page.getByRole("button", { name: "Kick the publisher" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  equal(await page.evaluate("document.activeElement.closest('dialog') !== null"), true);
  deepEqual(await page.evaluate("pageChecks.weakContrasts()"), []);
  deepEqual(await page.evaluate("pageChecks.semanticFaults()"), []);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  equal(await focused(page), "Kick the publisher");
});

test("/ goes to the search of any page, unless somebody types", async (context) => {
  const { page } = await suite.open(context);
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("a/b");
  equal(await page.getByLabel("Find a broadcast").inputValue(), "a/b");
  await page.keyboard.press("Escape");
  equal(await page.getByLabel("Find a broadcast").inputValue(), "");
});

test("colours are chosen, and stay chosen", async (context) => {
  const { page } = await suite.open(context, { browser: { colorScheme: "light" } });
  const ground = "getComputedStyle(document.documentElement).backgroundColor";
  const light = await page.evaluate(ground);
  await page.getByRole("button", { name: "Colours: auto" }).click();
  equal(await page.evaluate(ground), light);
  await page.getByRole("button", { name: "Colours: light" }).click();
  const dark = await page.evaluate(ground);
  ok(dark !== light);
  await page.reload();
  await page.getByRole("button", { name: "Colours: dark" }).waitFor();
  equal(await page.evaluate(ground), dark);
});

test("nothing is animated for those who do not want it", async (context) => {
  const { page } = await suite.open(context, { browser: { reducedMotion: "reduce" } });
  await page.getByRole("article").first().waitFor();
  equal(await page.evaluate("document.getAnimations().length"), 0);
});

/** What a screen reader would call it. */
async function focused(page: Page): Promise<string> {
  return String(
    await page.evaluate(`(() => {
      const { activeElement: element } = document;
      return (element.getAttribute("aria-label") ?? element.labels?.[0]?.querySelector(".visually-hidden")?.textContent ?? element.textContent).trim();
    })()`),
  );
}
