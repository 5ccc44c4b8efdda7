import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import HLS from "hls-parser";
import type { Page } from "playwright-core";
import { type ClipName, clip } from "../fixtures/media.ts";
import { openPage } from "../support/browser.ts";
import { clientPublish } from "../support/client.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { ffmpeg8Publish } from "../support/ffmpeg8.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { requirePeer } from "../support/require-peer.ts";
import { startPool } from "../support/worker-pool.ts";

const run = promisify(execFile);
/** Apart from H.264, which every test has: what each clip becomes. */
const CODECS: readonly (readonly [ClipName, codecs: readonly string[]])[] = [
  ["h264-aac", ["aac", "h264"]],
  ["hevc-aac", ["aac", "hevc"]],
  ["av1-opus", ["av1", "opus"]],
  ["h264-mp3", ["h264", "mp3"]],
  ["hevc-ac3", ["ac3", "hevc"]],
  ["h264-only", ["h264"]],
  ["aac-only", ["aac"]],
  ["flac-only", ["flac"]],
];
const ENHANCED = new Set<ClipName>(["hevc-aac", "av1-opus", "hevc-ac3"]);
/** How much FFmpeg reads of HLS; the whole minute where it is asked for. */
const READ_SECONDS = process.env["MILLRACE_HLS_SECONDS"] ?? "20";

function playlistUrl(live: LiveServer, name = "live/key"): string {
  return `http://127.0.0.1:${live.port}/${name}/index.m3u8`;
}

/** What ffprobe says of a URL or file, without the figures that the clip's end decides. */
async function probe(url: string, ...options: readonly string[]): Promise<string> {
  const parameters = ["-v", "error", ...options, "-of", "csv=p=0", url];
  const { stdout } = await run(requirePeer("ffprobe"), parameters, {
    timeout: 60_000 + 1_000 * Number(READ_SECONDS),
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

type Answer = { readonly status: number; readonly text: string; readonly headers: Readonly<Record<string, unknown>> };

/** As it is written: `fetch` would tidy up a path. */
function request(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    }).once("error", reject);
  });
}

describe("HLS", { concurrency: 1 }, () => {
  for (const [name, codecs] of CODECS) {
    it(`carries what ffprobe takes for ${codecs.join(" and ")}`, async (t) => {
      const live = await startLiveServer(t);
      const file = clip(name);
      // FFmpeg 8.1 loses the times of FLAC where it copies it: docs/interop.md.
      if (name === "flac-only") publishUnwatched(t, live, flvTags(file));
      else if (ENHANCED.has(name)) ffmpeg8Publish(t, live.url(), file);
      else ffmpegPublish(t, live.url(), file, { loops: -1 });
      await live.until("publishing");
      const found = await probe(playlistUrl(live), "-show_entries", "stream=codec_name");
      deepEqual(
        [
          ...new Set(
            found
              .trim()
              .split(/[\n,]+/)
              .filter((codec) => codec !== ""),
          ),
        ].sort(),
        codecs,
      );
    });
  }

  it(`gives FFmpeg packets that are those of the publisher, without a gap, for ${READ_SECONDS} s`, async (t) => {
    const live = await startLiveServer(t);
    const file = clip("h264-aac-4s-gop");
    ffmpegPublish(t, live.url(), file, { loops: -1 });
    await live.until("publishing");
    const read = ["-show_entries", "packet=stream_index,dts_time,data_hash", "-show_data_hash", "md5"];
    const played = parsePackets(await probe(playlistUrl(live), "-read_intervals", `%+${READ_SECONDS}`, ...read));
    // The same in the form of MP4: FLV's own differ by nothing but the start.
    const published = parsePackets(await probe(file, ...read));
    const sounds = await soundStream(file);
    for (const [kind, stream, usualMs] of [
      ["picture", 1 - sounds, 40],
      ["sound", sounds, 24],
    ] as const) {
      const clipPackets = published.filter((packet) => packet.stream === stream).map(({ hash }) => hash);
      // The multivariant playlist names the sound once more, by itself: FFmpeg takes it once.
      const found = playedAs(played, clipPackets);
      ok(found.length > (0.95 * Number(READ_SECONDS) * 1000) / usualMs, `${found.length} packets of ${kind}`);
      for (const [index, { dts, hash }] of found.entries()) {
        const before = found[index - 1];
        if (before === undefined) continue;
        ok(follows(clipPackets, before.hash, hash), `${kind} ${index} is not what came next`);
        const stepMs = Math.round((dts - before.dts) * 1000);
        ok(stepMs > 0 && stepMs < 100, `a step of ${stepMs} ms before ${kind} ${index}`);
      }
    }
  });

  it("redirects to the folder, keeps the query, and carries tokens and the session on", async (t) => {
    const asked: string[] = [];
    const live = await startLiveServer(t, {
      hooks: {
        onPlay: ({ query }) => {
          asked.push(query);
          return new URLSearchParams(query).get("token") === "good" ? { allow: true } : { allow: false, reason: "No." };
        },
      },
    });
    ffmpegPublish(t, live.url("live/deep/a-b"), clip("h264-aac"), { loops: -1 });
    await live.until("publishing");
    const { status, headers } = await request(live.port, "/live/deep/a%2Db.m3u8?token=good");
    deepEqual([status, headers["location"]], [302, "./a%2Db/index.m3u8?token=good"]);
    equal((await request(live.port, "/live/deep/a%2Db/index.m3u8?token=bad")).status, 403);
    const { text } = await request(live.port, "/live/deep/a%2Db/index.m3u8?token=good");
    match(text, /^#EXTM3U/);
    const media = text.split("\n").filter((line) => /^v0-.*m3u8\?/.test(line))[0] ?? "";
    match(media, /\?session=[0-9a-f]{32}&token=good$/);
    const playlist = await request(live.port, `/live/deep/a%2Db/${media}`);
    equal(playlist.headers["cache-control"], "no-cache, no-store");
    const segment = playlist.text.split("\n").find((line) => /^v0-.*m4s\?/.test(line)) ?? "";
    const answer = await request(live.port, `/live/deep/a%2Db/${segment}`);
    deepEqual([answer.status, answer.headers["access-control-allow-origin"]], [200, "*"]);
    // Asked once for the session; without one, segments need their own permission.
    deepEqual(asked, ["token=bad", "token=good"]);
    equal((await request(live.port, `/live/deep/a%2Db/${segment.replace(/\?.*/, "")}`)).status, 403);
  });

  it("tells whoever wants FLV1 why there is none", async (t) => {
    const live = await startLiveServer(t);
    ffmpegPublish(t, live.url("live/silent"), clip("flv1-mp3"), { loops: -1, outputOptions: ["-c", "copy", "-an"] });
    await live.until("publishing");
    const { status, text } = await request(live.port, "/live/silent/index.m3u8");
    deepEqual([status, /FLV1/.test(text)], [415, true], text);
  });

  it("answers odd names and directives with a refusal", async (t) => {
    const live = await startLiveServer(t);
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.until("publishing");
    const { text } = await request(live.port, "/live/key/index.m3u8");
    const media = text.split("\n").find((line) => line.startsWith("v0-")) ?? "";
    const statuses = new Map<string, number>([
      ["/live/none/index.m3u8", 404],
      ["/live/%2e%2e/%2e%2e/etc/passwd/index.m3u8", 400],
      ["/live/%zz/index.m3u8", 400],
      ["/index.m3u8", 400],
      [`/live/key/${media}&_HLS_msn=99999`, 400],
      [`/live/key/${media}&_HLS_part=1`, 400],
      [`/live/key/${media}&_HLS_msn=x`, 400],
      [`/live/key/${media.replace(".m3u8", "-s99999.m4s")}`, 404],
      [`/live/key/${media.replace(/-[0-9a-f]{16}/, "-0000000000000000")}`, 404],
    ]);
    const found = await Promise.all(
      Array.from(statuses.keys(), async (path) => [path, (await request(live.port, path)).status] as const),
    );
    deepEqual(new Map(found), statuses);
  });

  it("answers a thousand waiting reloads in one go, and bounds those of one session", async (t) => {
    const live = await startLiveServer(t, { http: { hls: { maxSessionRequests: 40 } } });
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.until("publishing");
    const sessions = await Promise.all(Array.from({ length: 25 }, () => request(live.port, "/live/key/index.m3u8")));
    const waits = sessions.flatMap(({ text }) => {
      const media = text.split("\n").find((line) => line.startsWith("v0-")) ?? "";
      return Array.from({ length: 40 }, async () => {
        const { text: now } = await request(live.port, `/live/key/${media}`);
        return now.startsWith("#EXTM3U") || now.startsWith("Too many");
      });
    });
    ok((await Promise.all(waits)).every((isGood) => isGood));
    const media = sessions[0]?.text.split("\n").find((line) => line.startsWith("v0-")) ?? "";
    const newest = parseNewest((await request(live.port, `/live/key/${media}`)).text);
    const blocked = Array.from({ length: 60 }, () => request(live.port, `/live/key/${media}&_HLS_msn=${newest + 1}`));
    const statuses = (await Promise.all(blocked)).map(({ status }) => status);
    deepEqual(
      [statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length],
      [40, 20],
    );
  });

  it("plays with low latency in Chromium by hls.js, and goes on after the publisher was killed", async (t) => {
    const live = await startLiveServer(t);
    const first = ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.until("publishing");
    const page = await openHlsPage(t, playlistUrl(live));
    await advance(page, 3);
    ok((await page.evaluate(() => hls.latency)) < 6);
    await first.kill();
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.until("the publisher is back");
    await advance(page, 6);
    deepEqual(await page.evaluate(() => fatal), []);
  });
});

/** The server may stop before the publisher has sent all. */
function publishUnwatched(t: TestContext, live: LiveServer, tags: readonly FlvTag[]): void {
  clientPublish(t, live.url(), tags, { isRealtime: true }).catch(() => {});
}

type Packet = { readonly stream: number; readonly dts: number; readonly hash: string };

function parsePackets(csv: string): Packet[] {
  const lines = csv.split("\n").filter((line) => line.includes("MD5:"));
  return lines.map((line) => {
    const [stream = "0", dts = "0"] = line.split(",");
    return { stream: Number(stream), dts: Number(dts), hash: /MD5:(\w+)/.exec(line)?.[1] ?? "" };
  });
}

/** Index of the stream of sound in a clip that has a picture, too. */
async function soundStream(file: string): Promise<number> {
  return Number(await probe(file, "-select_streams", "a:0", "-show_entries", "stream=index"));
}

/** The packets of the stream that plays these, all of which must be of them. */
function playedAs(played: readonly Packet[], clipPackets: readonly string[]): Packet[] {
  const known = new Set(clipPackets);
  const stream = played.find(({ hash }) => known.has(hash))?.stream;
  const found = played.filter((packet) => packet.stream === stream);
  ok(
    found.every(({ hash }) => known.has(hash)),
    "a packet was never published",
  );
  return found;
}

/** In a clip that goes round; the same packet may stand in it more than once. */
function follows(clipPackets: readonly string[], before: string, hash: string): boolean {
  return clipPackets.some((one, index) => one === before && clipPackets[(index + 1) % clipPackets.length] === hash);
}

/** The number of the newest whole segment. */
function parseNewest(text: string): number {
  HLS.setOptions({ strictMode: false, silent: true });
  const playlist = HLS.parse(text) as HLS.types.MediaPlaylist;
  return playlist.segments.filter(({ uri }) => uri !== "").at(-1)?.mediaSequenceNumber ?? 0;
}

declare global {
  var hls: { readonly latency: number };
  var fatal: string[];
  /** Where the picture is, and how many were drawn. */
  var standing: () => [seconds: number, frames: number];
}

async function openHlsPage(t: Parameters<typeof openPage>[0], url: string): Promise<Page> {
  const script = readFileSync(createRequire(import.meta.url).resolve("hls.js/dist/hls.min.js"));
  const page = await openPage(t, {
    "/": {
      type: "text/html",
      body: `<!doctype html><title>test</title><video id="video" muted></video><script src="/hls.js"></script><script>
        const video = document.getElementById("video");
        globalThis.fatal = [];
        globalThis.standing = () => [video.currentTime, video.getVideoPlaybackQuality().totalVideoFrames];
        globalThis.hls = new Hls({ lowLatencyMode: true });
        hls.on(Hls.Events.ERROR, (_, { fatal: isFatal, details }) => isFatal && fatal.push(details));
        hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
        hls.loadSource(${JSON.stringify(url)});
        hls.attachMedia(video);
      </script>`,
    },
    "/hls.js": { type: "text/javascript", body: script },
  });
  return page;
}

/** Waits until the picture has gone on by so many seconds, with frames that were drawn. */
async function advance(page: Page, seconds: number): Promise<void> {
  const [time, frames] = await page.evaluate(() => standing());
  await page.waitForFunction(
    ([timeThen, framesThen]) => {
      const [timeNow, framesNow] = standing();
      return timeNow > timeThen && framesNow > framesThen;
    },
    [time + seconds, frames + 10 * seconds] as const,
    { timeout: 45_000 },
  );
}

describe("HLS of a server in three processes", { concurrency: 1 }, () => {
  it("answers a session the same, whichever process is asked", async (t) => {
    const pool = await startPool(t, 3);
    const ports = [1, 2, 3].map((number) => pool.worker(number).port);
    const [first = 0, second = 0, third = 0] = ports;
    ffmpegPublish(t, pool.worker(1).url(), clip("h264-aac"), { loops: -1 });
    await pool.worker(1).until("publishing");
    // The session is of the process that let it in, wherever the publisher is.
    const { text } = await request(second, "/live/key/index.m3u8");
    const media = text.split("\n").find((line) => line.startsWith("v0-")) ?? "";
    match(media, /session=02/);
    const answers = await Promise.all(ports.map((port) => request(port, `/live/key/${media}`)));
    deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    const inits = answers.map((answer) => /MAP:URI="([^"]+)"/.exec(answer.text)?.[1]);
    equal(new Set(inits).size, 1);
    equal((await request(third, `/live/key/${inits[0]}`)).status, 200);
    // Of a process that is not there.
    equal((await request(first, `/live/key/${media.replace(/session=../, "session=fe")}`)).status, 404);
  });
});
