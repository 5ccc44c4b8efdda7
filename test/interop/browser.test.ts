import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { publishTo } from "../../src/client/index.ts";
import { clip } from "../fixtures/media.ts";
import { tapBroadcast } from "../support/broadcast-tap.ts";
import { bundle, openPage } from "../support/browser.ts";
import type { PageMessage } from "../support/browser-page.ts";
import { clientPlay } from "../support/client.ts";
import { compareTags } from "../support/compare-tags.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CLIP = clip("h264-aac");
const TYPES = { audio: "audio", video: "video", data: "script" } as const;
/** The README tells how much a page has to load, compressed. */
const MAX_BUNDLE_BYTES = 60_000;

type Setting = { readonly live: LiveServer; readonly page: Page; readonly url: (name?: string) => string };

let script = "";
before(async () => {
  script = await bundle("test/support/browser-page.ts");
});

async function startSetting(t: TestContext, scheme: "ws" | "wss" = "ws"): Promise<Setting> {
  const tls = { selfSignedFolder: temporaryFolder(t) };
  const live = await startLiveServer(t, scheme === "wss" ? { tls } : {});
  const page = await openPage(t, {
    "/": {
      type: "text/html",
      body: '<!doctype html><title>test</title><script type="module" src="/page.js"></script>',
    },
    "/page.js": { type: "text/javascript", body: script },
    "/clip.flv": { type: "video/x-flv", body: readFileSync(CLIP) },
  });
  return { live, page, url: (name = "live/key") => `${scheme}://127.0.0.1:${live.port}/${name}` };
}

function tagsOf(messages: readonly PageMessage[]): FlvTag[] {
  return messages.map(({ kind, timestamp, payload }) => ({
    type: TYPES[kind as keyof typeof TYPES],
    timestamp,
    payload: Buffer.from(payload, "base64"),
  }));
}

describe("a page in Chromium", { concurrency: 1 }, () => {
  for (const scheme of ["ws", "wss"] as const) {
    it(`plays over ${scheme}:// what FFmpeg publishes, bit by bit`, async (t) => {
      const { live, page, url } = await startSetting(t, scheme);
      const played = page.evaluate((address) => testPage.play(address), url());
      await live.until("playing");
      const publisher = ffmpegPublish(t, live.url(), CLIP, { isRealtime: false });
      assertEndedWell(publisher, await publisher.done);
      const { audio, video } = compareTags(flvTags(CLIP), tagsOf(await played), { untilEnd: true, sameOrder: true });
      deepEqual([audio.firstIndex, video.firstIndex], [0, 0]);
    });

    it(`publishes over ${scheme}://, and a client over TCP gets it bit by bit`, async (t) => {
      const { live, page, url } = await startSetting(t, scheme);
      const played = clientPlay(t, live.url());
      await live.until("playing");
      const count = await page.evaluate((address) => testPage.publish(address, "/clip.flv"), url());
      equal(count, flvTags(CLIP).length);
      const { audio, video } = compareTags(flvTags(CLIP), await played, { untilEnd: true, sameOrder: true });
      deepEqual([audio.firstIndex, video.firstIndex], [0, 0]);
    });
  }

  it("publishes with the chunks of several messages in turn", async (t) => {
    const { live, page, url } = await startSetting(t);
    const played = clientPlay(t, live.url());
    await live.until("playing");
    const publish = (address: string): Promise<number> =>
      testPage.publish(address, "/clip.flv", { interleave: "chunk", chunkSize: 128 });
    await page.evaluate(publish, url());
    compareTags(flvTags(CLIP), await played, { untilEnd: true });
  });

  it("holds no more than it may while nobody takes what it plays", async (t) => {
    const { live, page, url } = await startSetting(t);
    let words: string | undefined;
    const ended = page
      .evaluate((address) => testPage.playUnread(address), url())
      .then((description) => {
        words = description;
      });
    await live.until("playing");
    const publisher = await publishTo(live.url());
    const payload = new Uint8Array(100_000).fill(1).fill(0x17, 0, 1);
    for (let timestamp = 0; words === undefined; timestamp += 40) {
      // Each is a keyframe, so that a page that is behind gets the newer ones.
      if (!publisher.write({ kind: "video", timestamp, payload })) await publisher.ready();
      await new Promise(setImmediate);
    }
    await ended;
    await publisher.close();
    match(words, /lost: more than 16777216 bytes came while nobody read/);
    await live.until("connection closed", 2);
  });

  it("may queue what its options allow, and no more", async (t) => {
    const { live, page, url } = await startSetting(t);
    const tap = tapBroadcast(t, live);
    const [code, queuedBytes] = await page.evaluate((address) => testPage.flood(address, 1_000_000), url());
    equal(code, "publish.queue");
    ok(queuedBytes <= 1_000_000);
    await tap.until("what was queued", ({ timestamp }) => timestamp === queuedBytes / 100_000 - 1);
  });

  it("is told in words why it cannot play", async (t) => {
    const { page, url } = await startSetting(t);
    const failure = (address: string, options?: object): Promise<string> =>
      page.evaluate(([to, more]) => testPage.failure(to, more), [address, options] as const);
    match(
      await failure("rtmp://127.0.0.1/live/key"),
      /^TypeError: a browser cannot connect to rtmp:\/\/\. Use ws:\/\//,
    );
    match(await failure(url(), { handshake: "digest" }), /^TypeError: in a browser the handshake is "plain" only/);
    match(await failure("ws://127.0.0.1:1/live/key"), /cannot connect to 127\.0\.0\.1:1: the browser gives no reason/);
  });

  it("loads a bundle that is small", async (t) => {
    const code = await bundle("src/client/browser.ts");
    const zippedBytes = gzipSync(code).length;
    t.diagnostic(`millrace/browser: ${code.length} bytes, ${zippedBytes} compressed`);
    ok(zippedBytes < MAX_BUNDLE_BYTES, `${zippedBytes} bytes`);
  });
});
