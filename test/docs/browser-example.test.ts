import { equal, match, ok } from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { before, test } from "node:test";
import { ROOT } from "../../scripts/run-step.ts";
import { openPage } from "../support/browser.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { ensureBuilt } from "./built-package.ts";
import { runProgram } from "./run-program.ts";

before(ensureBuilt);

/** How many colours the canvas has, among 1000 of its pixels. */
const COLOURS = `(() => {
  const { width, height } = document.querySelector("canvas");
  const { data } = document.querySelector("canvas").getContext("2d").getImageData(0, 0, width, height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4 * Math.ceil(data.length / 4000)) colours.add(data.slice(at, at + 3).join());
  return colours.size;
})()`;
const PICTURE = 'document.querySelector("canvas").toDataURL()';

test("the page shows moving pictures of what FFmpeg publishes", async (t) => {
  const program = runProgram(t, process.execPath, [join("examples", "07-watch-in-browser.ts"), "0", "0"]);
  const [, address = ""] = await program.until(/publish to (rtmp:\/\/\S+)\n/);
  const [, pageAddress = ""] = await program.until(/open (http:\/\/\S+)\n/);
  const publisher = ffmpegPublish(t, address, join(ROOT, "media", "demo.flv"), { loops: -1 });
  await program.until(/publishing/);
  const page = await openPage(t, pageAddress);
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  await page.locator("button").click();
  await page.waitForFunction(`${COLOURS} > 50`);
  const before = await page.evaluate(PICTURE);
  await page.waitForFunction(`${PICTURE} !== ${JSON.stringify(before)}`);
  equal(await page.locator("p").textContent(), "watching");
  const screenshot = await page.locator("canvas").screenshot();
  ok(screenshot.length > 5000, `a picture of ${screenshot.length} bytes`);
  await publisher.stop();
  await program.end("SIGINT");
  await page.waitForFunction('document.querySelector("p").textContent !== "watching"');
  match((await page.locator("p").textContent()) ?? "", /stopped the stream|closed the connection/);
  equal(errors.join("\n"), "");
});

test("the page's server hands out the page and the library, and nothing else", async (t) => {
  const program = runProgram(t, process.execPath, [join("examples", "07-watch-in-browser.ts"), "0", "0"]);
  const [, origin = ""] = await program.until(/open (http:\/\/[^/]+)\//);
  for (const path of ["/", "/player.js", "/millrace/client/browser.js"]) {
    equal((await fetch(origin + path)).status, 200, path);
  }
  const outside = [
    "/../07-watch-in-browser.ts",
    "/%2e%2e/01-server.ts",
    "/..%2f01-server.ts",
    "//etc/passwd",
    "/none.js",
  ];
  for (const path of [...outside, "/file:///etc/passwd", "/millrace/../package.json", "/millrace//etc/passwd"]) {
    match(await answerTo(origin, path), /^HTTP\/1\.1 404 /, path);
  }
});

/** The path goes out as it is. */
async function answerTo(origin: string, path: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  return await text(socket);
}
