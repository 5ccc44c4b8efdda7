import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connect, type NetConnection } from "../../src/client/index.ts";
import type { PortSharing } from "../../src/workers/messages.ts";
import { createWorkerPool, type WorkerPool } from "../../src/workers/worker-pool.ts";
import { clip } from "../fixtures/media.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { startPeer } from "../support/peer-process.ts";
import { requirePeer } from "../support/require-peer.ts";
import { mediaEvent } from "../support/worker-pool.ts";

const WORKERS = 3;

type Running = {
  readonly pool: WorkerPool;
  readonly url: string;
  /** Resolves when the log of the supervisor has a line of that message. */
  until(message: RegExp): Promise<void>;
};

async function start(t: TestContext, sharing?: PortSharing): Promise<Running> {
  const lines: string[] = [];
  const looks = new Set<() => void>();
  const write = (_: object, message: string): void => {
    lines.push(message);
    for (const look of looks) look();
  };
  const pool = createWorkerPool({
    program: new URL("../support/pool-worker-program.ts", import.meta.url),
    workers: WORKERS,
    publish: { staleAfterMs: 500 },
    ...(sharing && { sharing }),
    log: { debug: write, info: write, warn: write, error: write },
  });
  t.after(() => pool.kill());
  await pool.start();
  return {
    pool,
    url: `rtmp://127.0.0.1:${pool.listeners[0]?.port}/live`,
    until: (message) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!lines.some((line) => message.test(line))) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
  };
}

type Viewer = {
  readonly worker: number;
  readonly connection: NetConnection;
  readonly pictures: readonly string[];
  readonly codes: readonly string[];
  until(isThere: () => boolean): Promise<void>;
};

async function watch(t: TestContext, worker: number, connection: NetConnection): Promise<Viewer> {
  const pictures: string[] = [];
  const codes: string[] = [];
  const looks = new Set<() => void>();
  const note = (list: string[], event: string): void => {
    list.push(event);
    for (const look of looks) look();
  };
  t.after(() => connection.close());
  const stream = await connection.play("key", { onStatus: ({ code }) => note(codes, code) });
  stream.onMessage(({ kind, timestamp, payload }) => {
    if (kind === "video") note(pictures, mediaEvent(kind, timestamp, payload));
  });
  return {
    worker,
    connection,
    pictures,
    codes,
    until: (isThere) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isThere()) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
  };
}

/** One on each worker: connections come to whichever the system chooses, so some are closed again. */
async function watchEverywhere(t: TestContext, url: string): Promise<Viewer[]> {
  const viewers = new Map<number, Viewer>();
  while (viewers.size < WORKERS) {
    const connection = await connect(url);
    const worker = Number(await connection.call("worker"));
    if (viewers.has(worker)) await connection.close();
    else viewers.set(worker, await watch(t, worker, connection));
  }
  return [...viewers.values()];
}

for (const sharing of ["reuse-port", "cluster"] as const) {
  test(`${sharing}: viewers on all workers see what FFmpeg publishes to one; kill -9 of that takes down no other`, async (t) => {
    const { pool, url, until } = await start(t, sharing);
    const viewers = await watchEverywhere(t, url);
    const first = ffmpegPublish(t, `${url}/key`, clip("h264-aac"), { loops: -1 });
    for (const viewer of viewers) await viewer.until(() => viewer.pictures.length >= 20);
    const [expected = []] = viewers.map(({ pictures }) => pictures.slice(0, 20));
    for (const { pictures } of viewers) deepEqual(pictures.slice(0, 20), expected);

    const home = await homeOf(pool);
    const { processId } = pool.statistics().workers[home - 1] ?? {};
    ok(processId !== undefined);
    process.kill(processId, "SIGKILL");
    const lost = viewers.find(({ worker }) => worker === home);
    ok(lost !== undefined);
    await lost.connection.closed;
    await first.done;
    await until(/has taken the place/);
    equal(pool.statistics().workers[home - 1]?.restarts, 1);

    const left = viewers.filter((viewer) => viewer !== lost);
    const before = left.map(({ pictures }) => pictures.length);
    ffmpegPublish(t, `${url}/key`, clip("h264-aac"), { loops: -1 });
    for (const [index, viewer] of left.entries()) {
      await viewer.until(() => viewer.pictures.length >= (before[index] ?? 0) + 20);
      deepEqual(
        viewer.codes.filter((code) => code.endsWith("Notify")),
        ["NetStream.Play.PublishNotify"],
      );
    }
    // Whichever worker it comes to.
    for (let time = 0; time < 3; time++) match(await probe(t, `${url}/key`), /h264/);
    await pool.drain();
    await Promise.all(left.map(({ connection }) => connection.closed));
  });
}

/** As the workers report it, once a second. */
async function homeOf(pool: WorkerPool): Promise<number> {
  for (;;) {
    const home = pool.statistics().broadcasts.find(({ name }) => name === "live/key")?.home;
    if (home !== undefined) return home;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function probe(t: TestContext, url: string): Promise<string> {
  const show = ["-v", "error", "-analyzeduration", "1000000", "-show_entries", "stream=codec_name", "-of", "csv", url];
  return (await startPeer(t, requirePeer("ffprobe"), show).done).stdout;
}
