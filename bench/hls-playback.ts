import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { openPage } from "../test/support/browser.ts";

/*
 * Plays HLS by hls.js in Chromium and tells each stall: node bench/hls-playback.ts --url http://HOST:PORT/app/key/index.m3u8
 * It exits with 1 if the picture stood still.
 */
const { values } = parseArgs({ options: { url: { type: "string" }, seconds: { type: "string", default: "300" } } });
const { url, seconds } = values;
if (url === undefined) throw new Error("give --url of a playlist");

const ends: (() => Promise<void>)[] = [];
const page = await openPage(
  { after: (end) => void ends.push(end) },
  {
    "/": {
      type: "text/html",
      body: `<!doctype html><title>HLS</title><video id="video" muted></video><script src="/hls.js"></script><script>
        const video = document.getElementById("video");
        const hls = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5 });
        let stalls = 0;
        globalThis.standing = () => ({ seconds: video.currentTime, latency: hls.latency, stalls });
        hls.on(Hls.Events.ERROR, (_, { details }) => { if (details === "bufferStalledError") stalls++; });
        hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
        hls.loadSource(${JSON.stringify(url)});
        hls.attachMedia(video);
      </script>`,
    },
    "/hls.js": {
      type: "text/javascript",
      body: readFileSync(createRequire(import.meta.url).resolve("hls.js/dist/hls.min.js")),
    },
  },
);
type Standing = { readonly seconds: number; readonly latency: number; readonly stalls: number };
let last: Standing = { seconds: 0, latency: 0, stalls: 0 };
for (let passed = 0; passed < Number(seconds); passed += 10) {
  await page.waitForTimeout(10_000);
  last = (await page.evaluate("standing()")) as Standing;
  console.log(`${last.seconds.toFixed(1)} s played, ${last.latency.toFixed(2)} s behind, ${last.stalls} stalls`);
}
for (const end of ends.reverse()) await end();
process.exitCode = last.stalls > 0 || last.seconds < 0.9 * Number(seconds) ? 1 : 0;
