import { deepEqual, equal, notDeepEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { connect } from "../../src/client/index.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { clip } from "../fixtures/media.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { writePcap } from "../support/pcap-file.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { comparePlayed, PLAYER_NAMES, startPlayer } from "../support/players.ts";
import { rawPublish } from "../support/raw-publisher.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tsharkMalformed, tsharkRead } from "../support/tshark.ts";

// What the server writes, read by tshark's dissector. A proxy records it, so that no right to capture is needed.

type Recording = { readonly live: LiveServer; readonly proxy: RecordingProxy; readonly pcap: string };

type Publish = (t: TestContext, proxy: RecordingProxy) => Promise<readonly FlvTag[]>;

/** Publishes and plays by way of a proxy, compares what arrived, and writes down the bytes of all connections. */
async function recordSession(t: TestContext, options: MediaServerOptions, publish: Publish): Promise<Recording> {
  const live = await startLiveServer(t, options);
  const proxy = await startRecordingProxy(t, live.port);
  const folder = temporaryFolder(t);
  const players = PLAYER_NAMES.map((name) => startPlayer(t, name, proxy.url(), folder));
  await live.until("playing", players.length);
  const published = await publish(t, proxy);
  for (const player of players) {
    // Where chunks of several messages go in turn, audio overtakes video: that is what it is for.
    const order = options.play?.interleave === "chunk" ? { sameOrder: false } : {};
    comparePlayed(player.name, published, await player.allTags(), { untilEnd: true, ...order });
  }
  for (const connection of proxy.connections) await connection.closed;
  const pcap = join(folder, "session.pcap");
  writePcap(pcap, proxy.connections, proxy.port);
  return { live, proxy, pcap };
}

/** What the server sent on each connection, counted by tshark. */
type Counts = { audio: number; video: number; commands: number };

function messagesFromServer({ proxy, pcap }: Recording): Counts[] {
  const connections = proxy.connections.map((): Counts => ({ audio: 0, video: 0, commands: 0 }));
  const filter = `rtmpt && tcp.srcport == ${proxy.port}`;
  // A header that takes its type over from the one before has none for tshark, but every body that it reads has this.
  const fields = ["tcp.stream", "rtmpt.audio.control", "rtmpt.video.control", "rtmpt.header.typeid"];
  for (const [stream, audio, video, types] of tsharkRead(pcap, { port: proxy.port, filter, fields })) {
    const counts = connections[Number(stream?.[0])];
    if (counts === undefined) throw new Error(`more connections than the proxy saw: ${stream}`);
    counts.audio += audio?.length ?? 0;
    counts.video += video?.length ?? 0;
    counts.commands += types?.filter((type) => Number(type) === 20).length ?? 0;
  }
  return connections;
}

function countOf(tags: readonly FlvTag[], type: FlvTag["type"]): number {
  return tags.filter((tag) => tag.type === type).length;
}

const publishFile: Publish = async (t, proxy) => {
  const file = clip("h264-aac");
  const publisher = ffmpegPublish(t, proxy.url(), file, { isRealtime: false });
  assertEndedWell(publisher, await publisher.done);
  return flvTags(file);
};

const publishLate: Publish = async (t, proxy) => {
  const tags = flvTags(clip("h264-aac")).filter(({ type }) => type !== "script");
  const late = tags.map((tag) => ({ ...tag, timestamp: tag.timestamp + 0xfffff0 }));
  await rawPublish(t, proxy.port, late);
  return late;
};

describe("tshark finds nothing malformed in what the server sends", { concurrency: 2 }, () => {
  const cases: readonly (readonly [string, MediaServerOptions, Publish])[] = [
    ["by default", {}, publishFile],
    ["with small chunks and extended timestamps", { chunkSize: 1000 }, publishLate],
    ["with the chunks of several messages in turn", { play: { interleave: "chunk" } }, publishFile],
  ];
  for (const [name, options, publish] of cases) {
    it(name, async (t) => {
      const recording = await recordSession(t, options, publish);
      const { proxy, pcap } = recording;
      deepEqual(tsharkMalformed(pcap, proxy.port), []);
      const sent = flvTags(clip("h264-aac"));
      const [publisher, ...players] = messagesFromServer(recording).reverse();
      equal(players.length, PLAYER_NAMES.length);
      for (const counts of players) {
        equal(counts.audio, countOf(sent, "audio"));
        equal(counts.video, countOf(sent, "video"));
        ok(counts.commands >= 4, "results of connect and createStream, two statuses");
      }
      ok(publisher !== undefined && publisher.commands >= 3, "results of connect and createStream, a status");
    });
  }

  it("in calls, refusals and answers, in AMF0 and AMF3", async (t) => {
    const live = await startLiveServer(t, { publish: { busyName: "refuse" } });
    const proxy = await startRecordingProxy(t, live.port);
    for (const objectEncoding of [0, 3] as const) {
      const connection = await connect(proxy.url("live"), { objectEncoding });
      t.after(() => connection.close());
      equal(await connection.call("getStreamLength", "key"), 0);
      await connection.call("_checkbw");
      await rejects(connection.call("noSuchMethod", 1, "two", new Date(0)), /NetConnection.Call.Failed/);
      ok((await connection.ping()) >= 0);
      const stream = await connection.publish("key");
      stream.setMetadata({ width: 320, title: "test" });
      const player = await connection.play("key");
      player.pause(true);
      player.pause(false);
      player.receiveVideo(false);
      await rejects(connection.publish("key", { type: "record" }), /NetStream.Publish/);
      await connection.close();
    }
    for (const connection of proxy.connections) await connection.closed;
    const pcap = join(temporaryFolder(t), "calls.pcap");
    writePcap(pcap, proxy.connections, proxy.port);
    deepEqual(tsharkMalformed(pcap, proxy.port), []);
  });

  it("and would find it: one wrong byte in the first answer", async (t) => {
    const { proxy, pcap } = await recordSession(t, {}, publishFile);
    const [connection] = proxy.connections;
    const answer = connection?.pieces.find(({ from, bytes }) => from === "server" && bytes.includes("_result"));
    ok(connection !== undefined && answer !== undefined);
    answer.bytes[answer.bytes.indexOf("fmsVer") - 1] = 0xff; // the length of a name in an object
    writePcap(pcap, [connection], proxy.port);
    notDeepEqual(tsharkMalformed(pcap, proxy.port), []);
  });
});
