import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";
import type { HlsOptions } from "../../src/server/hls/hls-options.ts";
import type { ConnectionSnapshot } from "../../src/server/snapshots.ts";
import { FlvSource } from "../support/flv-source.ts";
import {
  configMessages,
  flv1Picture,
  mediaMessages,
  OTHER_AVC_CONFIG,
  type PublishedMedia,
} from "../support/hls-publisher.ts";
import { HlsViewer, httpGet, pathOf } from "../support/hls-viewer.ts";
import { readFragmentTimes, readTimescale } from "../support/hls-walk.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Configurations, and media from one second to another. */
function media(fromMs: number, toMs: number, more: Partial<PublishedMedia> = {}): MediaMessage[] {
  return mediaMessages({ fromMs, toMs, ...more });
}

/** Looks again until it is so: what another side does on its own has no event. */
async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`never: ${what}`);
    await delay(20);
  }
}

function startHls(t: TestContext, hls: Partial<HlsOptions> = {}, graceMs = 10_000): Promise<LiveServer> {
  return startLiveServer(t, { http: { hls }, publish: { graceMs } });
}

/** Somebody has subscribed to the broadcast: what comes now is cut. */
function untilCut(live: LiveServer, name = "live/key"): Promise<void> {
  return until(() => live.server.broadcasts.get(name)?.isWatched === true, `${name} is cut`);
}

/** A publisher, and a viewer who has been there from the first message on. */
async function playing(t: TestContext, live: LiveServer): Promise<{ source: FlvSource; viewer: HlsViewer }> {
  const source = await FlvSource.publish(t, live, configMessages());
  const opening = HlsViewer.open(live.port);
  await untilCut(live);
  source.send(media(0, 6_000));
  return { source, viewer: await opening };
}

describe("HLS of a publication", { concurrency: 2 }, () => {
  it("names parts and segments that join, each as long as it is", async (t) => {
    const live = await startHls(t);
    const { viewer } = await playing(t, live);
    for (const rendition of ["v0", "a0"]) {
      const { segments, openParts, partTarget } = await viewer.playlist(rendition, "&_HLS_msn=2&_HLS_part=0");
      const timescale = readTimescale((await viewer.fetch(segments[0]?.initUrl ?? "")).body);
      let end = 0;
      let startsAtMs: number | undefined;
      for (const { url, durationSeconds, startsAtMs: namedMs, parts } of segments) {
        const times = readFragmentTimes((await viewer.fetch(url)).body);
        equal(times[0]?.decodeTime, end);
        startsAtMs ??= namedMs - (end / timescale) * 1000;
        ok(Math.abs(namedMs - startsAtMs - (end / timescale) * 1000) <= 1, `${rendition} at ${namedMs}`);
        for (const { decodeTime, durations } of times) {
          equal(decodeTime, end);
          end += durations.reduce((sum, duration) => sum + duration, 0);
        }
        const seconds = (end - (times[0]?.decodeTime ?? 0)) / timescale;
        ok(Math.abs(seconds - durationSeconds) < 0.001, `${rendition}: ${durationSeconds} instead of ${seconds}`);
        deepEqual(
          Buffer.concat(await Promise.all(parts.map(async (part) => (await viewer.fetch(part.url)).body))),
          parts.length === 0 ? Buffer.alloc(0) : (await viewer.fetch(url)).body,
        );
      }
      for (const { url, durationSeconds } of [...segments.flatMap(({ parts }) => parts), ...openParts]) {
        const [times] = readFragmentTimes((await viewer.fetch(url)).body);
        const seconds = (times?.durations ?? []).reduce((sum, duration) => sum + duration, 0) / timescale;
        ok(Math.abs(seconds - durationSeconds) < 0.001);
        ok(durationSeconds <= partTarget + 0.00001);
      }
    }
  });

  it("has parts of nearly one length, and no short rest behind them: hls.js takes that for buffered", async (t) => {
    const live = await startHls(t);
    const { source, viewer } = await playing(t, live);
    source.send(media(6_000, 10_000));
    for (const rendition of ["v0", "a0"]) {
      const { segments, partTarget, text } = await viewer.playlist(rendition, "&_HLS_msn=3");
      const lengths = segments.map(({ parts }) => parts.map(({ durationSeconds }) => durationSeconds));
      equal(lengths.flat().length >= 10, true, text);
      for (const parts of lengths) {
        ok(
          parts.slice(0, -1).every((seconds) => seconds >= 0.85 * partTarget && seconds <= partTarget),
          text,
        );
        ok((parts.at(-1) ?? 1) >= 0.2, text);
      }
    }
  });

  it("says that it has ended, and gives the next one of that name other files", async (t) => {
    const live = await startHls(t);
    const { source, viewer } = await playing(t, live);
    const last = viewer.playlist("v0", "&_HLS_msn=4");
    await source.end();
    equal((await last).isEnded, true);
    const { segments } = await viewer.playlist();
    equal((await viewer.fetch(segments.at(-1)?.url ?? "")).status, 200);
    equal((await httpGet(live.port, "/live/key/index.m3u8")).status, 404);
    const { viewer: next } = await playing(t, live);
    notEqual(instanceOf(next), instanceOf(viewer));
    equal((await next.playlist()).isEnded, false);
    equal((await viewer.playlist()).isEnded, true);
  });

  it("goes on in the same playlist without a discontinuity when the publisher is back in time", async (t) => {
    const live = await startHls(t);
    const { source, viewer } = await playing(t, live);
    const before = await viewer.playlist();
    await source.lose();
    equal((await viewer.playlist()).isEnded, false);
    const returned = await FlvSource.publish(t, live, configMessages(), { isReturn: true });
    returned.send(media(0, 8_000));
    const newest = before.mediaSequence + before.segments.length;
    const after = await viewer.playlist("v0", `&_HLS_msn=${newest}`);
    deepEqual(
      [after.segments.some(({ isDiscontinuous }) => isDiscontinuous), after.isEnded, after.targetDuration],
      [false, false, before.targetDuration],
    );
    equal(new Set(after.segments.map(({ initUrl }) => initUrl)).size, 1);
  });

  it("begins behind a discontinuity, with another init segment, where the codec's configuration changes", async (t) => {
    const live = await startHls(t);
    const { source, viewer } = await playing(t, live);
    source.send([classifyMedia("video", 6_000, OTHER_AVC_CONFIG), ...media(6_000, 11_000)]);
    const { segments } = await viewer.playlist("v0", "&_HLS_msn=4");
    deepEqual(
      segments.map(({ isDiscontinuous }) => isDiscontinuous),
      [false, false, false, true, false],
    );
    const inits = await Promise.all(segments.map(async ({ initUrl }) => (await viewer.fetch(initUrl)).body));
    deepEqual(inits[2], inits[0]);
    notEqual(inits[3]?.toString("hex"), inits[0]?.toString("hex"));
    // All renditions have it at the same place.
    const sound = await viewer.playlist("a0", "&_HLS_msn=4");
    deepEqual(
      sound.segments.map(({ isDiscontinuous }) => isDiscontinuous),
      [false, false, false, true, false],
    );
  });

  it("is refused with a reason where no track can be carried, and goes without the one that cannot", async (t) => {
    const live = await startHls(t);
    const flv1 = Array.from({ length: 100 }, (_, index) => flv1Picture(index * 40));
    const silent = await FlvSource.publish(t, live, flv1.slice(0, 1), { name: "live/silent" });
    const refused = httpGet(live.port, "/live/silent/index.m3u8");
    await untilCut(live, "live/silent");
    silent.send(flv1.slice(1));
    deepEqual([(await refused).status, /FLV1/.test((await refused).text)], [415, true]);
    const both = await FlvSource.publish(t, live, configMessages().slice(1), { name: "live/both" });
    const opening = HlsViewer.open(live.port, "live/both");
    await untilCut(live, "live/both");
    const sound = media(0, 6_000, { frameRate: 0 });
    both.send([...flv1, ...sound].sort((one, other) => one.timestamp - other.timestamp));
    const { multivariant } = await opening;
    match(multivariant, /CODECS="mp4a\.40\.2"/);
    ok(!/RESOLUTION|v0-/.test(multivariant), multivariant);
    equal(live.lines.filter(({ message }) => message.startsWith("left out of HLS")).length, 2);
  });

  it("that is over before anybody watched it is refused, to those who wait, too", async (t) => {
    const live = await startHls(t);
    const source = await FlvSource.publish(t, live, configMessages());
    await source.end();
    await live.until("connection closed");
    equal((await httpGet(live.port, "/live/key/index.m3u8")).status, 404);
    const silent = await FlvSource.publish(t, live, configMessages(), { name: "live/silent" });
    const waiting = httpGet(live.port, "/live/silent/index.m3u8");
    await untilCut(live, "live/silent");
    await silent.end();
    deepEqual([(await waiting).status, (await waiting).text], [404, "The broadcast has ended.\n"]);
    await until(() => live.server.connectionCount === 0, "all have left");
  });

  it("is cut from its start on, where that is so for all", async (t) => {
    const live = await startHls(t, { start: "always", idleMs: 1, sessionMs: 1 });
    const source = await FlvSource.publish(t, live, configMessages());
    await untilCut(live);
    source.send(media(0, 6_000));
    const viewer = await HlsViewer.open(live.port);
    equal((await viewer.playlist()).mediaSequence, 0);
    const first = instanceOf(viewer);
    // The look at what is due that ends the viewer's session finds that nobody has asked for long.
    await live.until("connection closed");
    equal(instanceOf(await HlsViewer.open(live.port)), first);
  });

  it("is cut no more when nobody has asked for long, and again when somebody asks", async (t) => {
    const live = await startHls(t, { idleMs: 1, sessionMs: 60_000 });
    const { source, viewer } = await playing(t, live);
    await until(() => live.server.broadcasts.get("live/key")?.isWatched === false, "it is cut no more");
    equal((await httpGet(live.port, viewer.pathOf())).status, 404);
    const again = HlsViewer.open(live.port);
    await untilCut(live);
    source.send(media(6_000, 12_000));
    notEqual(instanceOf(await again), instanceOf(viewer));
  });
});

describe("Viewers of HLS", { concurrency: 2 }, () => {
  it("are put out for good by a kick", async (t) => {
    const live = await startHls(t);
    const { viewer } = await playing(t, live);
    const session = await sessionOf(live);
    const waiting = rejects(viewer.playlist("v0", "&_HLS_msn=3"), /ECONNRESET|socket hang up|aborted/);
    // Asked on another connection, and answered after it.
    await viewer.playlist();
    equal(await live.server.monitor.kick(session?.id ?? "", "enough"), true);
    await waiting;
    equal((await httpGet(live.port, viewer.pathOf())).status, 403);
    equal(live.lines.find(({ details }) => details["connection"] === session?.id)?.details["protocol"], "hls");
    deepEqual(live.lines.filter(({ details }) => details["reason"] === "kicked: enough").length, 1);
  });

  it("count with what they were sent, in the broadcast and as connections", async (t) => {
    const live = await startHls(t);
    const { viewer } = await playing(t, live);
    const { text, segments } = await viewer.playlist();
    const { body } = await viewer.fetch(segments[0]?.url ?? "");
    const sentBytes = viewer.multivariant.length + text.length + body.length;
    const found = await live.server.monitor.broadcast("live/key");
    deepEqual([found?.sentBytes, found?.viewers.byProtocol.hls], [sentBytes, 1]);
    const session = await sessionOf(live);
    equal(session?.sentBytes, sentBytes);
    deepEqual(
      session?.playing.map(({ broadcast, sentBytes: bytes }) => [broadcast, bytes]),
      [["live/key", sentBytes]],
    );
  });

  it("are cut off when they do not read what they asked for", async (t) => {
    const live = await startHls(t, { takeMs: 600 });
    const source = await FlvSource.publish(t, live, configMessages());
    const opening = HlsViewer.open(live.port);
    await untilCut(live);
    // More than the kernel takes for a reader who does not read.
    source.send(media(0, 4_500, { pictureBytes: 400_000 }));
    const viewer = await opening;
    const { segments } = await viewer.playlist();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const path = pathOf(segments[0]?.url ?? "");
      get({ host: "127.0.0.1", port: live.port, path, agent: false }, resolve).once("error", reject);
    });
    t.after(() => answer.destroy());
    const hasUnread = async (): Promise<boolean> => ((await sessionOf(live))?.unsentBytes ?? 0) > 0;
    await until(hasUnread, "bytes wait");
    await until(async () => !(await hasUnread()), "it is cut off");
    await rejects(async () => {
      for await (const _ of answer);
    }, /aborted|ECONNRESET/);
    equal((await viewer.playlist()).text.startsWith("#EXTM3U"), true);
  });

  it("may have so many requests wait, and not one more, however many they send", async (t) => {
    const live = await startHls(t);
    const { source, viewer } = await playing(t, live);
    let refused = 0;
    const asked = Array.from({ length: 1_000 }, async () => {
      const { status } = await httpGet(live.port, `${viewer.pathOf()}&_HLS_msn=3`);
      if (status === 429) refused++;
      return status;
    });
    await until(() => refused === 1_000 - 32, "the others are refused");
    source.send(media(6_000, 9_000));
    deepEqual(Map.groupBy(await Promise.all(asked), (status) => status).get(200)?.length, 32);
  });

  it("are left by nothing that waits when the server stops", async (t) => {
    const live = await startHls(t);
    const { viewer } = await playing(t, live);
    const answer = httpGet(live.port, `${viewer.pathOf()}&_HLS_msn=3`).then(
      ({ status }) => status,
      () => "cut off",
    );
    await viewer.playlist();
    await live.server.stop();
    equal(await answer, "cut off");
  });
});

describe("HLS in a folder", { concurrency: 2 }, () => {
  it("keeps whole segments as files while they can be fetched, and serves them from there", async (t) => {
    const folder = join(temporaryFolder(t), "not", "there");
    const live = await startHls(t, { folder, segments: 3 });
    const { source, viewer } = await playing(t, live);
    const [first] = (await viewer.playlist()).segments;
    const { body } = await viewer.fetch(first?.url ?? "");
    source.send(media(6_000, 13_000));
    const file = join(folder, nameOf(first?.url ?? ""));
    await until(() => existsSync(file) && readFileSync(file).length === body.length, "the segment is stored");
    ok(
      namesIn(folder).every((name) => /^[av]0-[0-9a-f]{16}-s\d+\.m4s$/.test(name)),
      namesIn(folder).join(),
    );
    // What stands in the file is what is sent: the bytes are not kept in memory beside it.
    writeFileSync(file, Buffer.alloc(body.length, "x"));
    const stored = await viewer.fetch(first?.url ?? "");
    deepEqual([stored.status, stored.text], [200, "x".repeat(body.length)]);
    source.send(media(13_000, 40_000));
    await until(async () => (await viewer.playlist()).mediaSequence > 12, "the window goes on");
    await until(() => !existsSync(file), "it is removed");
    equal((await viewer.fetch(first?.url ?? "")).status, 404);
    ok(namesIn(folder).length <= 2 * 6, namesIn(folder).join());
    await live.server.stop();
    deepEqual(namesIn(folder), []);
  });

  it("goes on in memory when the disk fails, and says so once", async (t) => {
    const folder = join(temporaryFolder(t), "a-file");
    writeFileSync(folder, "");
    const live = await startHls(t, { folder, segments: 3 });
    const { source, viewer } = await playing(t, live);
    source.send(media(6_000, 21_000));
    const { segments } = await viewer.playlist("v0", "&_HLS_msn=9");
    for (const { url } of segments) equal((await viewer.fetch(url)).status, 200);
    const errors = live.lines.filter(({ message }) => message === "segments cannot be stored: they stay in memory");
    equal(errors.length, 1);
    match(String(errors[0]?.details["remedy"]), /http\.hls\.folder/);
  });

  it("refuses a segment whose file is gone, and goes on", async (t) => {
    const folder = temporaryFolder(t);
    const live = await startHls(t, { folder });
    const { source, viewer } = await playing(t, live);
    source.send(media(6_000, 15_000));
    const { segments } = await viewer.playlist("v0", "&_HLS_msn=6");
    const url = segments[0]?.url ?? "";
    const file = join(folder, nameOf(url));
    const isRead = async (): Promise<boolean> => {
      rmSync(file, { force: true });
      return (await viewer.fetch(url)).status === 404;
    };
    await until(isRead, "it is asked of the folder");
    equal((await viewer.fetch(segments.at(-1)?.url ?? "")).status, 200);
    ok(live.lines.some(({ level, message }) => level === "warn" && message === "a stored segment cannot be read"));
  });

  it("removes at the start what a process left, and nothing else", async (t) => {
    const folder = temporaryFolder(t);
    const others = ["notes.txt", "v0-00112233445566.m4s", "v0-0011223344556677.m3u8", "v0-0011223344556677-s1.m4s.old"];
    for (const name of [...others, "v0-0011223344556677-s1.m4s", "a12-ff11223344556677-s0.m4s"]) {
      writeFileSync(join(folder, name), "x");
    }
    mkdirSync(join(folder, "v0-0011223344556677-s2"));
    const live = await startHls(t, { folder });
    await until(() => namesIn(folder).length === others.length + 1, "they are removed");
    deepEqual(namesIn(folder), [...others, "v0-0011223344556677-s2"].sort());
    equal(live.lines.filter(({ level }) => level === "error").length, 0);
  });

  it("holds nothing but its own names, whatever a broadcast is called and whatever is asked for", async (t) => {
    const outer = temporaryFolder(t);
    const folder = join(outer, "segments");
    writeFileSync(join(outer, "secret.m4s"), "secret");
    const live = await startHls(t, { folder });
    const name = "live/%2e%2e%2f%2e%2e%2fsecret";
    const source = await FlvSource.publish(t, live, configMessages());
    const opening = HlsViewer.open(live.port);
    await untilCut(live);
    source.send(media(0, 15_000));
    const viewer = await opening;
    await until(() => existsSync(folder) && namesIn(folder).length > 0, "it is stored");
    const base = viewer.pathOf().replace(/\?.*/, "");
    for (const path of [
      `/${name}/index.m3u8`,
      "/live/key/../secret.m4s",
      "/live/key/%2e%2e%2fsecret.m4s",
      "/live/key/..%2fsecret.m4s",
      `${base.replace(".m3u8", "-s0.m4s")}/../../secret.m4s`,
      base.replace(".m3u8", "-s0%2f..%2f..%2fsecret.m4s"),
      base.replace(".m3u8", "-s00.m4s"),
      base.replace(".m3u8", "-s-1.m4s"),
    ]) {
      const { status, text } = await httpGet(live.port, path);
      ok(status >= 400 && status < 500 && !text.includes("secret\n"), `${path}: ${status} ${text}`);
    }
    deepEqual(readdirSync(outer).sort(), ["secret.m4s", "segments"]);
  });
});

async function sessionOf(live: LiveServer): Promise<ConnectionSnapshot | undefined> {
  return (await live.server.monitor.connections()).find(({ protocol }) => protocol === "hls");
}

function namesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}

function nameOf(url: string): string {
  return new URL(url).pathname.split("/").at(-1) ?? "";
}

function instanceOf(viewer: HlsViewer): string {
  return /-([0-9a-f]{16})\.m3u8/.exec(viewer.multivariant)?.[1] ?? "";
}
