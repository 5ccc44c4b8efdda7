import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { connect, playFrom } from "../../src/client/index.ts";
import type { BroadcastSnapshot, MonitorEvent, ServerMonitor } from "../../src/server/index.ts";
import { createWorkerPool } from "../../src/workers/index.ts";
import { clip } from "../fixtures/media.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { startLiveServer } from "../support/live-server.ts";

/** The first event that is meant, also one that was told before. */
function told(monitor: ServerMonitor, isMeant: (event: MonitorEvent) => boolean): Promise<MonitorEvent> {
  const before = monitor.events().find(isMeant);
  if (before !== undefined) return Promise.resolve(before);
  const { promise, resolve } = Promise.withResolvers<MonitorEvent>();
  const end = monitor.onEvent((event) => {
    if (!isMeant(event)) return;
    end();
    resolve(event);
  });
  return promise;
}

function isOf(kind: MonitorEvent["kind"]): (event: MonitorEvent) => boolean {
  return (event) => event.kind === kind;
}

/** Resolves when a viewer was told that nobody publishes any more. */
function untilUnpublished(): { readonly done: Promise<void>; onStatus(status: { readonly code: string }): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onStatus = ({ code }: { readonly code: string }): void => {
    if (code === "NetStream.Play.UnpublishNotify") resolve();
  };
  return { done: promise, onStatus };
}

/** What FFmpeg publishes, once both its tracks are known. */
async function described(monitor: ServerMonitor, isThere: (broadcast: BroadcastSnapshot) => boolean) {
  for (;;) {
    const broadcast = await monitor.broadcast("live/key");
    if (broadcast !== undefined && isThere(broadcast)) return broadcast;
    await setTimeout(20);
  }
}

test("what FFmpeg publishes is shown; a kick ends it for good, FFmpeg shows why, and viewers are told", async (t) => {
  const live = await startLiveServer(t);
  const { monitor } = live.server;
  const unpublished = untilUnpublished();
  const viewer = await playFrom(live.url(), { play: unpublished });
  t.after(() => viewer.close());
  const publisher = ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
  const broadcast = await described(monitor, ({ tracks, sentBytes }) => tracks.length === 2 && sentBytes > 10_000);
  equal(broadcast.state, "live");
  deepEqual(
    broadcast.tracks.map(({ kind, codec }) => [kind, codec]),
    [
      ["video", "avc"],
      ["audio", "aac"],
    ],
  );
  match(String(broadcast.metadata?.["encoder"]), /^Lavf/);
  deepEqual(broadcast.viewers, { total: 1, byProtocol: { rtmp: 1 } });
  ok(broadcast.health !== undefined);
  const { connection = "", client = "" } = broadcast.publisher ?? {};
  match(client, /^FMLE\/3\.0/);
  const { publishers, viewers, receivedBytes, sentBytes } = await monitor.server();
  deepEqual([publishers, viewers], [1, 1]);
  ok(receivedBytes > 10_000 && sentBytes > 10_000);
  const snapshot = (await monitor.connections()).find(({ id }) => id === connection);
  deepEqual(snapshot?.publishing, ["live/key"]);

  equal(await monitor.kickPublisher("live/key", "that is enough"), true);
  await unpublished.done;
  const { stderrTail } = await publisher.done;
  match(stderrTail, /that is enough/);
  const ended = await told(monitor, isOf("publish-end"));
  match(ended.text, /^live\/key has ended: Ended by an operator: that is enough/);
  const kicked = await told(monitor, isOf("kicked"));
  deepEqual([kicked.connection, kicked.broadcast], [connection, "live/key"]);
  equal(await monitor.kickPublisher("live/key", "again"), false);
});

/** The server's processes take connections by turns as the system likes: so many viewers that both have some. */
const VIEWERS = 16;

async function startWorkers(t: TestContext): Promise<{ monitor: ServerMonitor; url: string }> {
  const program = new URL("../support/pool-worker-program.ts", import.meta.url);
  const pool = createWorkerPool({ program, workers: 2 });
  t.after(() => pool.kill());
  await pool.start();
  return { monitor: pool.monitor, url: `rtmp://127.0.0.1:${pool.listeners[0]?.port}/live` };
}

test("two processes are shown as one server, and a kick finds its way", async (t) => {
  const { monitor, url } = await startWorkers(t);
  const publisher = ffmpegPublish(t, `${url}/key`, clip("h264-aac"), { loops: -1 });
  const { worker = 0 } = await told(monitor, isOf("publish"));
  ok(worker === 1 || worker === 2);
  const connections = await Promise.all(Array.from({ length: VIEWERS }, () => connect(url)));
  t.after(() => Promise.all(connections.map((connection) => connection.close())));
  const ends = connections.map(untilUnpublished);
  await Promise.all(connections.map((connection, index) => connection.play("key", ends[index])));
  const broadcast = await described(monitor, ({ viewers, tracks }) => viewers.total === VIEWERS && tracks.length === 2);
  equal(broadcast.worker, worker);
  equal(broadcast.state, "live");
  match(broadcast.publisher?.connection ?? "", new RegExp(`^${worker}-\\d+$`));
  const { workers, publishers, viewers, connections: count } = await monitor.server();
  deepEqual([workers, publishers, viewers, count], [2, 1, VIEWERS, VIEWERS + 1]);
  const all = await monitor.connections();
  equal(new Set(all.map(({ id }) => id)).size, VIEWERS + 1);
  ok(all.every(({ id, worker: of }) => id.startsWith(`${of}-`)));

  equal(await monitor.kickPublisher("live/key", "that is enough"), true);
  await Promise.all(ends.map(({ done }) => done));
  match((await publisher.done).stderrTail, /that is enough/);
  const kicked = await told(monitor, isOf("kicked"));
  deepEqual([kicked.worker, kicked.connection], [worker, broadcast.publisher?.connection]);
});
