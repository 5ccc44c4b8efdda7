import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { RtmpPeer, settle } from "../../../test/support/rtmp-peer.ts";
import { TestServer } from "../../../test/support/test-server.ts";
import { encodeCommandValues } from "../../formats/amf/command-values.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { memoryStreamPair } from "../../transport/memory-stream.ts";
import type { ConnectionTally } from "../connection-tally.ts";
import type { ServerConnection } from "../connections.ts";
import { createMediaServer } from "../media-server.ts";
import type { ConnectionSnapshot, MonitorEvent } from "../snapshots.ts";
import { createMonitor, type LocalMonitor } from "./monitor.ts";

const TICK_MS = 500;

/** A connection of which nothing but its figures is there. */
class FakeConnection implements ServerConnection {
  readonly id: string;
  readonly kicks: string[] = [];
  playing: readonly string[] = [];
  receivedBytes = 0;
  sentBytes = 0;

  constructor(id: string) {
    this.id = id;
  }

  tick(): void {}

  shutDown(): void {}

  destroy(): void {}

  kick(reason: string): void {
    this.kicks.push(reason);
  }

  snapshot(): ConnectionSnapshot {
    const { id, receivedBytes, sentBytes } = this;
    const standing = { lagMs: 0, lagBytes: 0, isPaused: false, sentBytes, droppedMessages: 0, skips: 0 };
    return {
      id,
      protocol: "hls",
      remoteAddress: "192.0.2.1:5",
      client: "a browser",
      app: "live",
      connectedAtMs: 0,
      publishing: [],
      playing: this.playing.map((broadcast) => ({ broadcast, ...standing })),
      receivedBytes,
      sentBytes,
      unsentBytes: 0,
    };
  }
}

/** The same, with figures that are had without a snapshot. */
class LeanConnection extends FakeConnection {
  tally(tally: ConnectionTally): void {
    tally.transferred(this.receivedBytes, this.sentBytes);
    for (const name of this.playing) tally.watches(name, "rtmp");
  }
}

function create(): { server: TestServer; monitor: LocalMonitor; tick: (times?: number) => void } {
  const server = new TestServer();
  const waysIn = (): [] => [];
  const monitor = createMonitor(server.context, { waysIn, tickMs: TICK_MS });
  const tick = (times = 1): void => {
    for (let time = 0; time < times; time++) {
      server.nowMs += TICK_MS;
      server.context.directory.tick(server.nowMs);
      monitor.tick(server.nowMs);
    }
  };
  return { server, monitor, tick };
}

type TestPublication = { writePicture(): void; end(how: "unpublished" | "lost"): void };

function publish(server: TestServer, name: string, connection?: string): TestPublication {
  const publisher = { description: "somebody", replaced() {}, ...(connection !== undefined && { connection }) };
  const result = server.context.directory.open(name, "publish")?.publish(publisher, server.nowMs);
  ok(result?.kind === "accepted");
  const { publication } = result;
  const metadata = encodeCommandValues(["onMetaData", { encoder: "a test" }]);
  publication.write(classifyMedia("data", 0, metadata), server.nowMs);
  const picture = Uint8Array.of(0x17, 1, 0, 0, 0, ...new Uint8Array(995));
  return {
    writePicture: () => publication.write(classifyMedia("video", 0, picture), server.nowMs),
    end: (how) => publication.end(how, server.nowMs),
  };
}

function texts(events: readonly MonitorEvent[]): string[] {
  return events.map(({ kind, text }) => `${kind}: ${text}`);
}

test("a server tells of itself", async () => {
  const { server, monitor, tick } = create();
  monitor.started();
  tick(3);
  const { version, startedAtMs, uptimeSeconds, cpuSeconds, residentBytes, ...others } = await monitor.server();
  match(version, /^\d+\.\d+\.\d+/);
  equal(startedAtMs, server.context.timeOfDayMs() - 1500);
  equal(uptimeSeconds, 1.5);
  ok(cpuSeconds > 0);
  ok(residentBytes > 1e6);
  deepEqual(others, {
    workers: 1,
    waysIn: [],
    connections: 0,
    publishers: 0,
    viewers: 0,
    broadcasts: 0,
    receivedBytes: 0,
    sentBytes: 0,
    eventLoopDelayMs: { p50: 0, p99: 0 },
    refusals: {},
  });
});

test("bytes of connections that have ended count on, and viewers by protocol", async () => {
  const { server, monitor } = create();
  const { connections } = server.context;
  const [lean, other] = [new LeanConnection("1"), new FakeConnection("2")];
  for (const connection of [lean, other]) connections.add(connection);
  publish(server, "live/a", "1");
  Object.assign(lean, { playing: ["live/a", "live/a"], receivedBytes: 1, sentBytes: 10 });
  Object.assign(other, { playing: ["live/a"], receivedBytes: 100, sentBytes: 1000 });
  const before = await monitor.server();
  deepEqual([before.receivedBytes, before.sentBytes, before.viewers, before.publishers], [101, 1010, 3, 1]);
  const { viewers, publisher, metadata } = (await monitor.broadcast("live/a")) ?? {};
  deepEqual(viewers, { total: 3, byProtocol: { rtmp: 2, hls: 1 } });
  deepEqual(publisher, { connection: "1", protocol: "hls", remoteAddress: "192.0.2.1:5", client: "a browser" });
  deepEqual(metadata, { encoder: "a test" });
  connections.delete(lean);
  connections.delete(other);
  connections.delete(other);
  const after = await monitor.server();
  deepEqual([after.receivedBytes, after.sentBytes, after.viewers, after.connections], [101, 1010, 0, 0]);
  deepEqual((await monitor.broadcasts())[0]?.viewers, { total: 0, byProtocol: {} });
});

test("a broadcast has a history while it is published, and it is told when nobody came back", async () => {
  const { server, monitor, tick } = create();
  deepEqual(await monitor.history("live/a"), []);
  const publication = publish(server, "live/a");
  tick(8);
  const samples = await monitor.history("live/a");
  deepEqual(
    samples.map(({ atMs }) => atMs - server.context.timeOfDayMs()),
    [-2500, -1500, -500],
  );
  equal((await monitor.broadcast("live/a"))?.liveSinceMs, server.context.timeOfDayMs() - 4000);
  publication.end("lost");
  tick(4);
  equal((await monitor.history("live/a")).length, 5);
  tick(40);
  deepEqual(await monitor.history("live/a"), []);
  equal(await monitor.broadcast("live/a"), undefined);
  deepEqual(texts(monitor.events()), ["publish-end: live/a has ended: its publisher did not come back."]);
});

test("samples are bits and pictures a second", async () => {
  const { server, monitor, tick } = create();
  const publication = publish(server, "live/a");
  tick();
  publication.writePicture();
  tick(2);
  const { videoBitrate, audioBitrate, frameRate, viewers } = (await monitor.history("live/a"))[0] ?? {};
  deepEqual([videoBitrate, audioBitrate, frameRate, viewers], [8000, 0, 1, 0]);
});

test("to kick ends one connection, and it is told why", async () => {
  const { server, monitor } = create();
  const [first, second] = [new FakeConnection("1"), new FakeConnection("2")];
  for (const connection of [first, second]) server.context.connections.add(connection);
  publish(server, "live/a", "2");
  publish(server, "live/b");
  equal(await monitor.kick("3", "why not"), false);
  equal(await monitor.kick("1", "why not"), true);
  equal(await monitor.kickPublisher("live/a", "enough"), true);
  equal(await monitor.kickPublisher("live/b", "enough"), false);
  equal(await monitor.kickPublisher("live/c", "enough"), false);
  deepEqual([first.kicks, second.kicks], [["why not"], ["enough"]]);
  deepEqual(texts(monitor.events()), [
    "kicked: Ended by an operator: why not.",
    "kicked: Ended by an operator: enough.",
  ]);
});

test("of thousands of connections each is there once, in slices", async () => {
  const { server, monitor } = create();
  const all = Array.from({ length: 1200 }, (_, index) => new FakeConnection(`${index}`));
  for (const connection of all) server.context.connections.add(connection);
  const asked = monitor.connections();
  // It leaves before its turn.
  server.context.connections.delete(all[1199] as FakeConnection);
  const snapshots = await asked;
  equal(new Set(snapshots.map(({ id }) => id)).size, 1199);
});

test("an embedded server has a monitor", async (t) => {
  const server = createMediaServer({ listen: [{ host: "127.0.0.1", port: 0, accept: ["rtmp"] }] });
  t.after(() => server.stop());
  const { monitor } = server;
  const heard: string[] = [];
  const end = monitor.onEvent(({ kind }) => heard.push(kind));
  await server.start();
  const { port } = server.listeners[0] ?? {};
  deepEqual((await monitor.server()).waysIn, [{ scheme: "rtmp", port }]);
  const [near, far] = memoryStreamPair();
  server.accept(near);
  const peer = new RtmpPeer(far);
  peer.connect("live");
  peer.command("createStream", 2, 0);
  peer.command("publish", 3, 1, "a", "live");
  await settle();
  const [connection] = await monitor.connections();
  deepEqual([connection?.id, connection?.publishing], ["1", ["live/a"]]);
  end();
  await server.stop();
  deepEqual(heard.slice(0, 1), ["server"]);
  deepEqual(
    monitor
      .events()
      .filter(({ kind }) => kind === "server")
      .map(({ text }) => text),
    [`The server has started and listens on port ${port}.`, "The server shuts down."],
  );
});
