import { equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { clip } from "../fixtures/media.ts";
import { type BroadcastTap, tapBroadcast, videoAt } from "../support/broadcast-tap.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, type PeerProcess, type PeerResult } from "../support/peer-process.ts";
import { comparePlayed, type Player, startPlayer } from "../support/players.ts";
import { bytesFrom, type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { assertTwoSessions, countFrames } from "../support/two-sessions.ts";

/** The first publisher's clip, and another's with the same codecs and other configurations and pictures. */
const FIRST = clip("h264-aac");
const SECOND = clip("h264-aac-4s-gop");
/** The second publishes this much of its clip. */
const SECOND_MS = 2000;

type Scene = {
  readonly live: LiveServer;
  readonly tap: BroadcastTap;
  readonly proxy: RecordingProxy;
  /** Behind the proxy. */
  readonly viewers: readonly Player[];
  readonly publisher: PeerProcess;
};

/** Three viewers and a publisher that has sent 1.5 s. */
async function openScene(t: TestContext, publish: MediaServerOptions["publish"] = {}): Promise<Scene> {
  const live = await startLiveServer(t, { publish });
  const tap = tapBroadcast(t, live);
  const proxy = await startRecordingProxy(t, live.port);
  const folder = temporaryFolder(t);
  const viewers = (["ffmpeg", "rtmpdump", "millrace"] as const).map((name) =>
    startPlayer(t, name, proxy.url(), folder),
  );
  await live.until("playing", viewers.length);
  const publisher = ffmpegPublish(t, live.url(), FIRST);
  await tap.until("1.5 s of video", videoAt(1500));
  return { live, tap, proxy, viewers, publisher };
}

function publishSecond(t: TestContext, url: string, isRealtime = true): PeerProcess {
  return ffmpegPublish(t, url, SECOND, { isRealtime, outputOptions: ["-c", "copy", "-t", `${SECOND_MS / 1000}`] });
}

/** What the second publisher sends: FFmpeg writes it into a file in the same way. */
async function secondTags(t: TestContext): Promise<FlvTag[]> {
  const file = join(temporaryFolder(t), "second.flv");
  const writer = publishSecond(t, file, false);
  assertEndedWell(writer, await writer.done);
  return flvTags(file);
}

/** Waits for the end, and asserts that every viewer got both sessions, and was told of one end only. */
async function assertWentOn(t: TestContext, scene: Scene, arrived: { audio: number; video: number }): Promise<void> {
  const sessions = { first: flvTags(FIRST), arrived, second: await secondTags(t) };
  for (const viewer of scene.viewers) assertTwoSessions(viewer.name, await viewer.allTags(), sessions);
  for (const connection of scene.proxy.connections) {
    await connection.closed;
    const told = bytesFrom(connection, "server").toString("latin1");
    equal(told.split("NetStream.Play.UnpublishNotify").length - 1, 1);
    equal(told.split("NetStream.Play.PublishNotify").length - 1, 1);
  }
}

async function failed(publisher: PeerProcess): Promise<PeerResult> {
  const result = await publisher.done;
  ok(result.exitCode !== 0 && !result.isTimedOut, result.stderrTail);
  return result;
}

describe("a publisher that is lost", { concurrency: 3 }, () => {
  it("and comes back within the grace time finds its viewers, who see one timeline", async (t) => {
    const scene = await openScene(t);
    await scene.publisher.kill();
    await scene.live.until("connection closed");
    const arrived = countFrames(scene.tap.tags);
    const second = publishSecond(t, scene.live.url());
    await scene.live.until("the publisher is back");
    assertEndedWell(second, await second.done);
    await assertWentOn(t, scene, arrived);
  });

  it("and does not come back is told to viewers after the grace time, and FFmpeg ends by itself", async (t) => {
    const scene = await openScene(t, { graceMs: 1000 });
    const killedMs = performance.now();
    await scene.publisher.kill();
    for (const viewer of scene.viewers) await viewer.allTags();
    ok(performance.now() - killedMs >= 1000);
    for (const connection of scene.proxy.connections) {
      ok(bytesFrom(connection, "server").includes("NetStream.Play.UnpublishNotify"));
    }
  });

  it("is not waited for when it has said goodbye", async (t) => {
    const scene = await openScene(t, { graceMs: 600_000 });
    await scene.publisher.stop();
    for (const viewer of scene.viewers) await viewer.allTags();
  });
});

describe("a second publisher of a busy name", { concurrency: 3 }, () => {
  it("is refused with words and BadName, while the first goes on", async (t) => {
    const scene = await openScene(t, { busyName: "refuse" });
    const refused = await failed(publishSecond(t, scene.proxy.url()));
    match(refused.stderrTail, /Server error: live\/key is already being published/);
    ok(scene.proxy.connections.some((one) => bytesFrom(one, "server").includes("NetStream.Publish.BadName")));
    assertEndedWell(scene.publisher, await scene.publisher.done);
    for (const viewer of scene.viewers) {
      comparePlayed(viewer.name, flvTags(FIRST), await viewer.allTags(), { untilEnd: true });
    }
  });

  it("takes over where that is allowed, and the first is told so", async (t) => {
    const scene = await openScene(t, { busyName: "takeover" });
    const second = publishSecond(t, scene.live.url());
    await scene.live.until("the publisher is back");
    const arrived = countFrames(scene.tap.tags);
    const first = await failed(scene.publisher);
    match(first.stderrTail, /took over live\/key/);
    assertEndedWell(second, await second.done);
    await assertWentOn(t, scene, arrived);
  });

  it("is refused by default while the first one sends", async (t) => {
    const scene = await openScene(t, { busyName: "takeover-when-stale", staleAfterMs: 1000 });
    const second = await failed(publishSecond(t, scene.live.url()));
    match(second.stderrTail, /live\/key is already being published/);
  });

  it("waits for one that is stopped to be given up, and takes over without being refused once", async (t) => {
    const scene = await openScene(t, { busyName: "takeover-when-stale", staleAfterMs: 1000 });
    process.kill(scene.publisher.pid, "SIGSTOP");
    const second = publishSecond(t, scene.live.url());
    await scene.live.until("the publisher is back");
    const arrived = countFrames(scene.tap.tags);
    // It wakes and finds its connection closed: nothing of it may arrive any more.
    process.kill(scene.publisher.pid, "SIGCONT");
    await failed(scene.publisher);
    assertEndedWell(second, await second.done);
    await assertWentOn(t, scene, arrived);
  });
});
