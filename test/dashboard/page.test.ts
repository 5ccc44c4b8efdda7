import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import type { BroadcastSnapshot } from "../../src/server/snapshots.ts";
import { makeBroadcast, WARNING_HEALTH } from "./fixture-data.ts";
import { dashboardSuite, expectNoViolations } from "./open-dashboard.ts";

const suite = dashboardSuite();

test("each broadcast has a card with what people want to know", async (context) => {
  const { page } = await suite.open(context, { everyMs: 50 });
  const card = page.getByRole("article").filter({ hasText: "main-stage" });
  await card.waitFor();
  equal(await page.getByRole("article").count(), 6);
  const text = (await card.innerText()).replaceAll(/\s+/g, " ");
  match(text, /Live 1:\d\d:\d\d/);
  match(text, /1.284 viewers/);
  match(text, /RTMPS · FMLE/);
  match(text, /H\.264 High 4\.0 1920×1080 AAC-LC 48 kHz stereo/);
  ok(text.includes(`Needs attention: ${WARNING_HEALTH.verdict}`), text);
  await card.getByRole("img", { name: /Bitrate of the last minute, now \d.\d\d Mbit\/s/ }).waitFor();
  await expectNoViolations(page);
});

test("a card shows the newest picture, and asks for none that nobody sees", async (context) => {
  const { page, server } = await suite.open(context, { count: 24 });
  await page.locator(".picture canvas:visible").first().waitFor();
  const asked = new Set(server.pictureRequests);
  ok(asked.size >= 3 && asked.size < 15, `${asked.size} pictures`);
  await page.locator(".card").last().scrollIntoViewIfNeeded();
  await page.locator(".card").last().locator("canvas:visible, .picture[data-live=false]").waitFor();
  ok(new Set(server.pictureRequests).size > asked.size);
  await expectNoViolations(page);
});

test("while nothing is published the page says what to type, and copies it", async (context) => {
  const browser = { permissions: ["clipboard-read", "clipboard-write"] };
  const { page } = await suite.open(context, { broadcasts: [], browser });
  await page.getByRole("heading", { name: "Nothing is on the air yet" }).waitFor();
  await page.getByRole("button", { name: "Copy Server" }).click();
  equal(await page.evaluate("navigator.clipboard.readText()"), "rtmp://127.0.0.1:1935/live".replace(":1935", ""));
  await page.getByRole("status").getByText("Copied Server").waitFor();
  await page.getByRole("button", { name: "Copy Test picture" }).click();
  match(
    String(await page.evaluate("navigator.clipboard.readText()")),
    /^ffmpeg -re .* -f flv rtmp:\/\/127\.0\.0\.1\/live\/test$/,
  );
  deepEqual(await page.evaluate("pageChecks.semanticFaults()"), []);
});

const HOSTILE_NAMES = [
  'live/<img src=x onerror="document.title=1">',
  'live/"><script>document.title=2</script>',
  "live/\u202egnp.exe",
  "live/../../etc/passwd",
  "live/100%&a=b?c#d",
  "javascript:document.title=3",
  `live/${"long".repeat(200)}`,
  "live/日本語 😀",
];

test("names and what encoders say are text, whatever they hold", async (context) => {
  const broadcasts = HOSTILE_NAMES.map((name, index): BroadcastSnapshot => {
    const broadcast = makeBroadcast(0, 5400);
    const publisher = { connection: `${index}`, protocol: "rtmp", remoteAddress: "192.0.2.1:1", client: name } as const;
    const tracks = broadcast.tracks.map((track) => ({ ...track, description: name }));
    const metadata = { [name]: name, __proto__: "x", nested: { list: [name] } };
    const health = { ...WARNING_HEALTH, verdict: name };
    return { ...broadcast, name, publisher, tracks, metadata, health };
  });
  // Browsers take `..` out of the address of the media, and so the player asks for what is not there.
  const { page, server } = await suite.open(context, { broadcasts, expectedErrors: /404/ });
  await page
    .getByRole("article")
    .nth(HOSTILE_NAMES.length - 1)
    .waitFor();
  server.tell({ kind: "health", level: "error", text: HOSTILE_NAMES.join(), broadcast: HOSTILE_NAMES[0] ?? "" });
  equal(await page.locator("main img, main script").count(), 0);
  equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
  for (const name of HOSTILE_NAMES) {
    await page.evaluate(
      (hash) => {
        (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
      },
      `#/broadcasts/${encodeURIComponent(name)}`,
    );
    const shown = name.replaceAll("\u202e", "□");
    await page.getByRole("heading", { level: 1, name: shown.replaceAll(/\s+/g, " "), exact: true }).waitFor();
    await page.getByText("What the encoder says of it").click();
    equal(await page.locator("main img, main script").count(), 0);
    equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
    match(await page.title(), / · millrace$/);
  }
  await expectNoViolations(page);
});

test("of a thousand broadcasts a page shows some, and finds every one", async (context) => {
  const { page } = await suite.open(context, { count: 1000 });
  await page.getByRole("heading", { name: /Broadcasts 1.000/ }).waitFor();
  equal(await page.getByRole("article").count(), 24);
  await page.getByText("1–24 of 1\u202f000").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("25–48 of 1\u202f000").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("camera-0998");
  await page.getByRole("link", { name: "live/camera-0998" }).waitFor();
  equal(await page.getByRole("article").count(), 1);
  await page.keyboard.type("x");
  await page.getByText("No broadcast is called that.").waitFor();
  await page.keyboard.press("Escape");
  equal(await page.getByRole("article").count(), 24);
  await page.getByLabel("Order").selectOption("Most viewers");
  match(await page.getByRole("article").first().innerText(), /1.284/);
});

test("the page tells that the connection is lost, goes on showing what it knew, and comes back", async (context) => {
  const { page, server } = await suite.open(context, { expectedErrors: /503|ERR_INCOMPLETE|ERR_EMPTY/ });
  await page.getByRole("article").first().waitFor();
  await page.getByText("Connected", { exact: true }).waitFor();
  server.isStreamRefused = true;
  server.dropStreams();
  await page.getByText("The connection to the server is lost. What you see").waitFor();
  await page.getByRole("status").getByText("The connection to the server is lost.").waitFor({ state: "attached" });
  equal(await page.getByRole("article").count(), 6);
  await page.getByRole("button", { name: "Try now" }).click();
  server.isStreamRefused = false;
  server.tell({ kind: "publish", level: "info", text: "Somebody came meanwhile.", broadcast: "live/demo" });
  await page.getByText("Connected", { exact: true }).waitFor();
  await page.getByRole("status").getByText("The connection to the server is back.").waitFor({ state: "attached" });
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByText("Somebody came meanwhile.").waitFor();
  equal(server.streamCount, 1);
});

test("it comes back by itself", async (context) => {
  const { page, server } = await suite.open(context, { expectedErrors: /ERR_INCOMPLETE|ERR_EMPTY/ });
  await page.getByText("Connected", { exact: true }).waitFor();
  server.dropStreams();
  await page.getByRole("status").getByText("The connection to the server is back.").waitFor({ state: "attached" });
});

test("a publisher is kicked after a question, with a reason", async (context) => {
  const { page, server } = await suite.open(context, { hash: "#/broadcasts/live%2Fdemo" });
  const button = page.getByRole("button", { name: "Kick the publisher" });
  await button.click();
  const dialog = page.getByRole("dialog", { name: "Kick the publisher?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  deepEqual(server.kicks, []);
  await button.click();
  await dialog.getByRole("textbox").fill("Wrong key & no thanks");
  await dialog.getByRole("button", { name: "Kick", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  deepEqual(server.kicks, [{ path: "/broadcasts/live/demo/publisher", reason: "Wrong key & no thanks" }]);
  await page.getByRole("status").getByText("Done").waitFor({ state: "attached" });
});

test("what cannot be kicked says why, and the dialog stays", async (context) => {
  const { page } = await suite.open(context, {
    hash: "#/connections",
    kickRefusal: "There is no connection 1021.",
    expectedErrors: /404/,
  });
  await page
    .getByRole("button", { name: /^Kick 198/ })
    .first()
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "Kick", exact: true }).click();
  await page.getByRole("alert").getByText("There is no connection 1021.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("a server with a token asks for it first, and for it again after signing out", async (context) => {
  const { page } = await suite.open(context, { token: "sixteen-characters", expectedErrors: /401/ });
  const field = page.getByLabel("Token");
  await field.fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("This is not the token.").waitFor();
  deepEqual(await page.evaluate("pageChecks.semanticFaults()"), []);
  deepEqual(await page.evaluate("pageChecks.weakContrasts()"), []);
  await field.fill("sixteen-characters");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("article").first().waitFor();
  await page.reload();
  await page.getByRole("article").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await field.waitFor();
  equal(await page.getByRole("article").count(), 0);
});

test("connections are filtered, sorted and paged", async (context) => {
  const { page } = await suite.open(context, { hash: "#/connections", viewers: 120 });
  await page.getByText("1–50 of 126").waitFor();
  await page.getByLabel("What they do").selectOption("Publishing");
  await page.getByText("6 of 126").waitFor();
  equal(await page.getByRole("row").count(), 7);
  await page.getByLabel("What they do").selectOption("All");
  await page.getByRole("button", { name: "Sent" }).click();
  await page
    .getByRole("columnheader", { name: "Sent", exact: true })
    .and(page.locator("[aria-sort=descending]"))
    .waitFor();
  const first = await page.getByRole("row").nth(1).innerText();
  await page.getByRole("button", { name: "Sent" }).click();
  await page.locator("[aria-sort=ascending]").waitFor();
  ok((await page.getByRole("row").nth(1).innerText()) !== first);
  await page.getByLabel("Address, client or broadcast").fill("night-shift");
  await page.getByText("21 of 126").waitFor();
  await page.getByRole("link", { name: "radio/night-shift" }).first().click();
  await page.getByRole("heading", { level: 1, name: "radio/night-shift" }).waitFor();
});

test("events come as they happen, with their reasons, and are filtered", async (context) => {
  const { page, server } = await suite.open(context, { hash: "#/events" });
  await page.getByText("10 of 10").waitFor();
  const text = "The peer sent a message of 17 MB: the limit is 16 MB.";
  server.tell({
    kind: "connection-failed",
    level: "error",
    text,
    remoteAddress: "203.0.113.1:1",
    code: "chunk.too-long",
  });
  await page.getByText(text).first().waitFor();
  match(await page.getByRole("listitem").first().innerText(), /Connection failed/);
  await page.getByRole("status").getByText(text).waitFor({ state: "attached" });
  await page.getByLabel("Level").selectOption("Errors only");
  await page.getByText("3 of 11").waitFor();
  await page.getByLabel("Kind").selectOption("Health");
  await page.getByText("1 of 11").waitFor();
  await page.getByLabel("Level").selectOption("All levels");
  await page.getByLabel("Broadcast, address or text").fill("main-stage");
  await page.getByText("1 of 11").waitFor();
});

test("a broadcast that is not there is told of, and a page that is not", async (context) => {
  const { page } = await suite.open(context, { hash: "#/broadcasts/live%2Fgone", expectedErrors: /404/ });
  await page.getByText("There is no broadcast of this name now.").waitFor();
  await page.getByRole("link", { name: "All broadcasts" }).click();
  await page.getByRole("article").first().waitFor();
  await page.goto(`${page.url().split("#")[0]}#/nowhere`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
});
