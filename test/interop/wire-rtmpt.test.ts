import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { clip } from "../fixtures/media.ts";
import { clientPublish } from "../support/client.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { httpSegments, withShortSessionIds } from "../support/http-segments.ts";
import { startLiveServer } from "../support/live-server.ts";
import { writePcap } from "../support/pcap-file.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { comparePlayed, type PlayerName, startPlayer } from "../support/players.ts";
import { type RecordedConnection, startRecordingProxy } from "../support/recording-proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tsharkMalformed, tsharkRead } from "../support/tshark.ts";

// Tunnels as tshark sees them. Its dissector knows no sessions: it takes all that goes between two addresses for one, the
// answer to /open for a session id only if that has 16 characters, and one HTTP message in each packet. So each tunnel is
// written into a capture of its own, cut at those borders and with shorter ids, and nothing else is changed.

const CLIP = clip("h264-aac");
const TAGS = flvTags(CLIP);

type Tunnel = { readonly connection: RecordedConnection; readonly port: number; readonly pcap: string };

/** A publisher, then players, all by RTMPT; each made sure of to get everything. */
async function recordTunnels(
  t: TestContext,
  players: readonly PlayerName[],
  publish: (url: string) => Promise<readonly FlvTag[]>,
): Promise<{ readonly publisher: Tunnel; readonly players: readonly Tunnel[] }> {
  // FFmpeg ends a tunnel without a goodbye to its stream.
  const live = await startLiveServer(t, { publish: { graceMs: 500 } });
  const proxy = await startRecordingProxy(t, live.port);
  const url = `rtmpt://127.0.0.1:${proxy.port}/live/key`;
  const folder = temporaryFolder(t);
  const playing = players.map((name) => startPlayer(t, name, url, folder));
  await live.until("playing", players.length);
  const published = await publish(url);
  for (const player of playing) comparePlayed(player.name, published, await player.allTags());
  for (const connection of proxy.connections) await connection.closed;
  const tunnels = proxy.connections.map((recorded, index): Tunnel => {
    const connection = withShortSessionIds(httpSegments(recorded));
    const pcap = join(folder, `tunnel-${index}.pcap`);
    writePcap(pcap, [connection], proxy.port);
    return { connection, port: proxy.port, pcap };
  });
  equal(tunnels.length, players.length + 1, "each tunnel keeps one connection");
  const publisher = tunnels.at(-1);
  ok(publisher !== undefined);
  return { publisher, players: tunnels.slice(0, -1) };
}

type Seen = { requests: number; answers: number; audio: number; video: number; commands: number };

/** What tshark finds in one direction of a tunnel. */
function seenFrom(from: "client" | "server", { port, pcap }: Tunnel): Seen {
  const seen: Seen = { requests: 0, answers: 0, audio: 0, video: 0, commands: 0 };
  const filter = `tcp.${from === "client" ? "dstport" : "srcport"} == ${port} && (http || rtmpt)`;
  const fields = ["http.request.method", "http.response.code", "rtmpt.audio.control", "rtmpt.video.control"];
  const rows = tsharkRead(pcap, { port, protocol: "http", filter, fields: [...fields, "rtmpt.header.typeid"] });
  for (const [methods = [], codes = [], audio = [], video = [], types = []] of rows) {
    seen.requests += methods.filter((method) => method === "POST").length;
    seen.answers += codes.filter((code) => code === "200").length;
    seen.audio += audio.length;
    seen.video += video.length;
    seen.commands += types.filter((type) => Number(type) === 20).length;
  }
  return seen;
}

function countOf(type: FlvTag["type"], tags = TAGS): number {
  return tags.filter((tag) => tag.type === type).length;
}

describe("tshark finds nothing malformed in RTMPT", { concurrency: 2 }, () => {
  it("FFmpeg publishes, rtmpdump and FFmpeg play", async (t) => {
    const { publisher, players } = await recordTunnels(t, ["rtmpdump", "ffmpeg"], async (url) => {
      const peer = ffmpegPublish(t, url, CLIP, { isRealtime: false });
      assertEndedWell(peer, await peer.done);
      return TAGS;
    });
    for (const tunnel of [publisher, ...players]) {
      deepEqual(tsharkMalformed(tunnel.pcap, tunnel.port, "http"), []);
      const asked = seenFrom("client", tunnel);
      const answered = seenFrom("server", tunnel);
      ok(asked.requests >= 10 && answered.answers === asked.requests);
      ok(asked.commands >= 3 && answered.commands >= 3, "connect, createStream, publish or play, and answers");
    }
    const sent = seenFrom("client", publisher);
    // FFmpeg drops what it has not sent when it closes the tunnel.
    const dropped = countOf("audio") + countOf("video") - sent.audio - sent.video;
    ok(dropped >= 0 && dropped <= 9, `${dropped} messages are missing`);
    for (const player of players) {
      const { audio, video } = seenFrom("server", player);
      deepEqual({ audio, video }, { audio: sent.audio, video: sent.video });
    }
  });

  it("our client publishes and plays", async (t) => {
    const { publisher, players } = await recordTunnels(t, ["millrace"], async (url) => {
      await clientPublish(t, url, TAGS);
      return TAGS;
    });
    const [player] = players;
    ok(player !== undefined);
    for (const tunnel of [publisher, player]) deepEqual(tsharkMalformed(tunnel.pcap, tunnel.port, "http"), []);
    for (const seen of [seenFrom("client", publisher), seenFrom("server", player)]) {
      deepEqual([seen.audio, seen.video], [countOf("audio"), countOf("video")]);
      ok(seen.commands >= 3);
    }
  });

  it("and would find it: one wrong byte in the first answer", async (t) => {
    const { publisher } = await recordTunnels(t, ["millrace"], async (url) => {
      await clientPublish(t, url, TAGS);
      return TAGS;
    });
    const answer = publisher.connection.pieces.find(
      ({ from, bytes }) => from === "server" && bytes.includes("_result"),
    );
    ok(answer !== undefined);
    answer.bytes[answer.bytes.indexOf("fmsVer") - 1] = 0xff; // the length of a name in an object
    writePcap(publisher.pcap, [publisher.connection], publisher.port);
    notDeepEqual(tsharkMalformed(publisher.pcap, publisher.port, "http"), []);
  });
});
