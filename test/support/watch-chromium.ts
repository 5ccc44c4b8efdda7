import type { Page } from "playwright-core";
import { bundle, openPage } from "./browser.ts";
import type { CleanUp } from "./peer-process.ts";
import type { WatchProtocol } from "./watch-figures.ts";

/** A page of Chromium that plays what shows the time of day, by the players of the dashboard: `watchPage`. */
export async function openWatchPage(owner: CleanUp): Promise<Page> {
  const script = await bundle("test/pages/watch-page.ts");
  return await openPage(owner, {
    "/": {
      type: "text/html",
      body: '<!doctype html><title>watch</title><body><script type="module" src="/page.js"></script>',
    },
    "/page.js": { type: "text/javascript", body: script },
  });
}

/** Where a server on that port has a broadcast. */
export function watchUrl(protocol: WatchProtocol, port: number, name = "live/key"): string {
  return `http://127.0.0.1:${port}/${name}${protocol === "flv" ? ".flv" : "/index.m3u8"}`;
}
