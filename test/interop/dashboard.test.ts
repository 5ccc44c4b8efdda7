import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { Page } from "playwright-core";
import { WebSocket } from "ws";
import { hasWebAddress, mediaPath } from "../../dashboard/urls.ts";
import { type ApiServerOptions, createApiServer } from "../../src/api/index.ts";
import type { ListenerWay } from "../../src/transport/ways-in.ts";
import { dashboardSuite, expectNoViolations, type PageOptions } from "../dashboard/open-dashboard.ts";
import { clip } from "../fixtures/media.ts";
import { ffmpegPlay, ffmpegPublish } from "../support/ffmpeg.ts";
import { flvTags } from "../support/flv-tags.ts";
import { lastFirst } from "../support/last-first.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, type CleanUp, type PeerProcess } from "../support/peer-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const suite = dashboardSuite();

type Stage = {
  readonly owner: CleanUp;
  readonly live: LiveServer;
  /** Of the page, with a slash at its end. */
  readonly address: string;
  open(options?: PageOptions): Promise<Page>;
  /** FFmpeg publishes a clip over and over. */
  publish(options?: { readonly name?: string; readonly outputOptions?: readonly string[] }): PeerProcess;
};

/** A media server with its API and the built dashboard, as `millrace serve` has them. */
async function stage(
  t: TestContext,
  options: Parameters<typeof startLiveServer>[1] = {},
  apiOptions: Partial<ApiServerOptions> = {},
): Promise<Stage> {
  const owner = lastFirst(t);
  const live = await startLiveServer(owner, options);
  const { server } = live;
  const api = createApiServer({
    monitor: server.monitor,
    listen: { host: "127.0.0.1", port: 0 },
    dashboardFolder: suite.dashboardFolder,
    media: server.media,
    picture: (name) => server.picture(name),
    ...apiOptions,
  });
  await api.start();
  owner.after(async () => api.stop());
  const address = `http://127.0.0.1:${api.address?.port}/`;
  return {
    owner,
    live,
    address,
    open: (pageOptions) => suite.openAt(owner, address, pageOptions),
    publish: ({ name = "live/stage", outputOptions = ["-c", "copy"] } = {}) =>
      ffmpegPublish(owner, live.url(name), clip("h264-aac"), { loops: -1, outputOptions }),
  };
}

const STAGE = { hash: "#/broadcasts/live%2Fstage" };
const VIDEO = "document.querySelector('video')";

/** Asks within the page: its policy forbids what waits for a function to be evaluated again. */
async function until(page: Page, condition: string): Promise<void> {
  await page.evaluate(`new Promise((done, fail) => {
    const giveUp = setTimeout(() => fail(new Error(document.querySelector("main").innerText)), 25000);
    const look = () => ((${condition}) ? (clearTimeout(giveUp), done()) : setTimeout(look, 50));
    look();
  })`);
}

/** Pictures come to the screen from now on, for so much of the media's own time. */
async function untilPlayed(page: Page, seconds: number): Promise<{ readonly total: number; readonly dropped: number }> {
  await until(page, `${VIDEO}?.readyState >= 3 && ${VIDEO}.currentTime > 0`);
  const [startTime, startCount] = (await page.evaluate(
    `[${VIDEO}.currentTime, ${VIDEO}.getVideoPlaybackQuality().totalVideoFrames]`,
  )) as [number, number];
  // Another source begins to count anew.
  await until(
    page,
    `${VIDEO}.currentTime >= ${startTime + seconds} && ${VIDEO}.getVideoPlaybackQuality().totalVideoFrames > ${startCount}`,
  );
  return (await page.evaluate(`(() => {
    const { totalVideoFrames, droppedVideoFrames } = ${VIDEO}.getVideoPlaybackQuality();
    return { total: totalVideoFrames, dropped: droppedVideoFrames };
  })()`)) as { total: number; dropped: number };
}

function hlsPath(name: string): string {
  return mediaPath(name, "/index.m3u8").slice(1);
}

async function copied(page: Page, title: string): Promise<string> {
  await page.getByRole("button", { name: `Copy ${title}`, exact: true }).click();
  await page.getByRole("status").getByText(`Copied ${title}`).waitFor({ state: "attached" });
  return String(await page.evaluate("navigator.clipboard.readText()"));
}

describe("the dashboard of a real server, in Chromium", { concurrency: 1 }, () => {
  it("shows what FFmpeg publishes, plays it by FLV and HLS, and goes on behind a publisher that was killed", async (t) => {
    const { live, open, publish } = await stage(t);
    const page = await open();
    await page.getByRole("heading", { name: "Nothing is on the air yet" }).waitFor();
    const publisher = publish();
    const card = page.getByRole("article").filter({ hasText: "live/stage" });
    await card.waitFor();
    await card.locator("canvas:visible").waitFor();
    const colors = `(() => {
      const canvas = document.querySelector(".card canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`;
    ok(Number(await page.evaluate(colors)) > 10, "the picture has colours");
    await card.getByText(/All is well: H\.264/).waitFor();
    await page.evaluate("globalThis.isSamePage = true");

    await card.getByRole("link").click();
    const byFlv = await untilPlayed(page, 2);
    equal(await page.evaluate(`${VIDEO}.videoWidth`), 320);
    const hls = await open(STAGE);
    await hls.evaluate("globalThis.isSamePage = true");
    await hls.getByRole("button", { name: "LL-HLS" }).click();
    await until(hls, "document.querySelector('[aria-pressed=true]').textContent === 'LL-HLS'");
    const byHls = await untilPlayed(hls, 2);
    for (const { total, dropped } of [byFlv, byHls]) ok(dropped < total, `${dropped} of ${total} dropped`);
    t.diagnostic(`FLV ${JSON.stringify(byFlv)}, HLS ${JSON.stringify(byHls)}`);
    const viewers = page.getByRole("list", { name: "By protocol" });
    await viewers.getByText("HTTP-FLV 1").waitFor();
    await viewers.getByText("HLS 1").waitFor();

    await publisher.kill();
    publish();
    await live.until("the publisher is back");
    for (const player of [page, hls]) {
      await untilPlayed(player, 1.5);
      equal(await player.getByRole("alert").count(), 0);
      equal(await player.evaluate("globalThis.isSamePage"), true);
      await expectNoViolations(player);
    }
    await page.getByRole("link", { name: "Events" }).click();
    await page.getByRole("listitem").getByText("Publisher came back").waitFor();
  });

  it("kicks a publisher, who is told the reason, and so is everybody who looks", async (t) => {
    const { live, open, publish } = await stage(t);
    const publisher = publish();
    await live.until("publishing");
    // Whoever asks for a broadcast that is gone is refused, and the console tells of that.
    const page = await open({ ...STAGE, expectedErrors: /404/ });
    await page.getByRole("button", { name: "Kick the publisher" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("Not before eight o'clock");
    await dialog.getByRole("button", { name: "Kick", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    const { exitCode } = await publisher.done;
    ok(exitCode !== 0, "FFmpeg was cut off");
    await page.getByRole("link", { name: "Events" }).click();
    const event = page.getByRole("listitem").filter({ hasText: "Kicked" });
    await event.getByText("Not before eight o'clock").waitFor();
    await expectNoViolations(page);
  });

  it("says why where no browser can play", async (t) => {
    const { live, open, publish } = await stage(t);
    publish({ outputOptions: ["-c:v", "flv", "-c:a", "copy"] });
    publish({ name: "live/silent", outputOptions: ["-c:v", "flv", "-an"] });
    await live.until("publishing", 2);
    const page = await open({ expectedErrors: /415/ });
    await page.getByText("No preview").nth(1).waitFor({ state: "attached" });
    const alert = page.getByRole("alert");
    await page.getByRole("link", { name: "live/silent" }).click();
    await alert.getByText(/^This browser has no decoder for FLV1/).waitFor();
    equal(await alert.getByRole("button").count(), 0);
    await page.getByRole("button", { name: "LL-HLS" }).click();
    await alert.getByText(/^Sorenson H\.263 \(FLV1\) cannot be carried/).waitFor();
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    await page.getByRole("link", { name: "live/stage" }).click();
    await alert.getByRole("button", { name: "Play the sound" }).click();
    await until(page, `${VIDEO}.currentTime > 1`);
    equal(await alert.count(), 0);
    await expectNoViolations(page);
  });

  it("asks for the token once, and then plays", async (t) => {
    const token = "a-token-for-tests-0123456789";
    const { live, open, publish } = await stage(t, {}, { token });
    publish();
    await live.until("publishing");
    const page = await open({ expectedErrors: /401/ });
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("article").locator("canvas:visible").waitFor();
    await page.reload();
    await page.getByRole("link", { name: "live/stage" }).click();
    await untilPlayed(page, 1);
    await expectNoViolations(page);
  });

  for (const [what, accept, schemes] of [
    ["in the clear", undefined, ["rtmp", "http", "ws", "http"]],
    ["by TLS", ["rtmps", "https"], ["rtmps", "https", "wss", "https"]],
  ] as const) {
    it(`tells addresses that work as they are, ${what}`, async (t) => {
      const folder = temporaryFolder(t);
      const { owner, live, open } = await stage(t, {
        ...(accept !== undefined && {
          tls: { selfSignedFolder: folder },
          listener: { accept: accept satisfies readonly ListenerWay[] },
        }),
      });
      const browser = { permissions: ["clipboard-read", "clipboard-write"] };
      const page = await open({ browser });
      const server = await copied(page, "Server");
      equal(server, `${schemes[0]}://127.0.0.1:${live.port}/live`);
      ffmpegPublish(owner, `${server}/${await copied(page, "Stream key")}`, clip("h264-aac"), { loops: -1 });
      await page.getByRole("link", { name: "live/test" }).click();
      equal(await copied(page, "OBS: server"), server);
      equal(await copied(page, "OBS: stream key"), "test");
      const titles = ["RTMP", "HTTP-FLV", "WebSocket-FLV", "HLS"];
      const urls: string[] = [];
      for (const title of titles) urls.push(await copied(page, title));
      deepEqual(
        urls.map((url) => url.slice(0, url.indexOf(":"))),
        schemes,
      );
      const [byRtmp = "", byFlv = "", bySocket = "", byHls = ""] = urls;
      equal(await copied(page, "ffplay"), `ffplay -fflags nobuffer ${byRtmp}`);
      const played = [byRtmp, byFlv, byHls].map((url, index) => {
        const file = join(folder, `${index}.flv`);
        return { file, player: ffmpegPlay(owner, url, file, { frames: 10 }) };
      });
      const socket = new WebSocket(bySocket, { rejectUnauthorized: false });
      owner.after(async () => socket.terminate());
      const first = await new Promise<Buffer>((resolve, reject) =>
        socket.once("message", resolve).once("error", reject),
      );
      equal(first.subarray(0, 3).toString(), "FLV");
      for (const { file, player } of played) {
        assertEndedWell(player, await player.done);
        ok(flvTags(file).length >= 10);
      }
    });
  }

  it("takes names as they are, and says which of them the web has no address for", async (t) => {
    const names = ["live/a b", "live/ä#y", "live/%41&c=d", `live/${"long".repeat(250)}`, "live/.."];
    const { live, address, open, publish } = await stage(t);
    for (const name of names) {
      publish({ outputOptions: ["-c", "copy", "-rtmp_app", "live", "-rtmp_playpath", name.slice("live/".length)] });
    }
    await live.until("publishing", names.length);
    const page = await open();
    const byWeb = names.filter(hasWebAddress).map((name) => page.request.get(address + hlsPath(name)));
    deepEqual(
      (await Promise.all(byWeb)).map((response) => response.status()),
      [200, 200, 200, 200],
    );
    for (const name of names) {
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
      if (name === "live/..") {
        await page.getByRole("alert").getByText("no address of the web can hold").waitFor();
        equal(await page.getByRole("button", { name: "Copy HLS" }).count(), 0);
      } else {
        await untilPlayed(page, 0.2);
      }
      await page.getByRole("heading", { name: "Tracks" }).waitFor();
      await page.getByText("What the encoder says of it").waitFor();
      await page.getByRole("link", { name: "All broadcasts" }).click();
    }
    await expectNoViolations(page);
  });
});
