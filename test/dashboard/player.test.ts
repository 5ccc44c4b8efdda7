import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { TrackSnapshot } from "../../src/server/snapshots.ts";
import { makeHls } from "./fixture-media.ts";
import { dashboardSuite, expectNoViolations } from "./open-dashboard.ts";

const suite = dashboardSuite();
const hash = "#/broadcasts/live%2Fdemo";

test("a broadcast plays by FLV, muted and near its live edge", async (context) => {
  const { page } = await suite.open(context, { hash });
  await untilPlaying(page, 2);
  equal(await page.evaluate("document.querySelector('video').muted"), true);
  ok(Number(await page.evaluate("document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames")) > 20);
  const latency = page.locator(".latency strong");
  await until(page, "/ms$|^[01]\\.\\d s$/.test(document.querySelector('.latency strong').textContent)");
  match(await latency.innerText(), /ms$| s$/);
  await page.getByRole("button", { name: "Turn the sound on" }).click();
  equal(await page.evaluate("document.querySelector('video').muted"), false);
  await expectNoViolations(page);
});

test("it plays by HLS, within the same policy", async (context) => {
  const { page } = await suite.open(context, { hash, hlsFolder: makeHls(suite.folder()) });
  await page.getByRole("button", { name: "LL-HLS" }).click();
  equal(await page.getByRole("button", { name: "LL-HLS" }).getAttribute("aria-pressed"), "true");
  await untilPlaying(page, 1);
  await expectNoViolations(page);
});

test("only the sound, or only the picture", async (context) => {
  const { page } = await suite.open(context, { hash });
  await untilPlaying(page, 0.5);
  const asked = page.waitForRequest(/demo\.flv\?audio=0$/);
  await page.getByLabel("What to play").selectOption("Picture only");
  await asked;
});

test("the server's reason is shown where it refuses, and another try helps", async (context) => {
  const { page } = await suite.open(context, { hash, expectedErrors: /415/ });
  await untilPlaying(page, 0.5);
  await page.getByRole("button", { name: "LL-HLS" }).click();
  await page.getByRole("alert").getByText("HLS cannot carry FLV1 (Sorenson H.263)").waitFor();
  await page.getByRole("button", { name: "FLV", exact: true }).click();
  await untilPlaying(page, 0.5);
  equal(await page.getByRole("alert").count(), 0);
});

test("of a codec that no browser plays the page says so", async (context) => {
  const tracks: readonly TrackSnapshot[] = [{ kind: "video", trackId: 0, codec: "vp6", description: "VP6 640×360" }];
  const flvRefusal = "The stream is too odd for players.";
  const { page } = await suite.open(context, {
    hash,
    flvRefusal,
    alter: (broadcast) => ({ ...broadcast, tracks }),
    expectedErrors: /415/,
  });
  await page.getByRole("alert").getByText(flvRefusal).waitFor();
});

test("while nobody publishes the page waits, and plays when somebody does", async (context) => {
  let isLive = false;
  const { page } = await suite.open(context, {
    hash,
    everyMs: 100,
    alter: (broadcast) => (isLive ? broadcast : { ...broadcast, state: "waiting" }),
  });
  await page.getByText("The publisher is gone for a moment.").waitFor();
  isLive = true;
  await untilPlaying(page, 0.5);
});

async function untilPlaying(page: Page, seconds: number): Promise<void> {
  await until(page, `document.querySelector("video")?.currentTime > ${seconds}`);
}

/** Asks within the page: its policy forbids what waits for a function to be evaluated again. */
async function until(page: Page, condition: string): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    const look = () => ((${condition}) ? done() : setTimeout(look, 50));
    look();
  })`);
}
