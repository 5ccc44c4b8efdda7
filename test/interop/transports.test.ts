import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import type { ConnectionInfo } from "../../src/server/hooks.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import type { Transport } from "../../src/transport/byte-stream.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { clip } from "../fixtures/media.ts";
import { writeLocalCertificate } from "../support/certificates.ts";
import { clientPlay, clientPublish } from "../support/client.ts";
import { compareTags } from "../support/compare-tags.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { comparePlayed } from "../support/players.ts";
import { rtmpdumpPlay } from "../support/rtmpdump.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { NotOffered, type PeerPlace, TRANSPORT_PEERS, type TransportPeer } from "../support/transport-peers.ts";
import { type Cell, documentedTable, transportTable } from "./transport-table.ts";

// Every peer over every transport that it offers, in both directions, to one port that takes them all. What comes of it
// is the table in docs/interop.md: UPDATE_DOCS=1 writes it, and without that it must say what was measured.

const DOCS = new URL("../../docs/interop.md", import.meta.url);
const CLIP = clip("h264-aac");
const FRAMES = countFrames();
const ROLES = ["publish", "play"] as const;

type Role = (typeof ROLES)[number];
type Way = { readonly title: string; readonly scheme: RtmpScheme; readonly rtmpeType?: 6 | 8 | 9 };

/** What the server must have seen, so that nobody takes another way than the URL says. */
const SEEN: Readonly<Record<RtmpScheme, { readonly transport: Transport; readonly isRtmpe: boolean }>> = {
  rtmp: { transport: "tcp", isRtmpe: false },
  rtmps: { transport: "tls", isRtmpe: false },
  rtmpe: { transport: "tcp", isRtmpe: true },
  rtmpt: { transport: "http", isRtmpe: false },
  rtmpts: { transport: "https", isRtmpe: false },
  rtmpte: { transport: "http", isRtmpe: true },
  ws: { transport: "ws", isRtmpe: false },
  wss: { transport: "wss", isRtmpe: false },
};
const TLS_SCHEMES: readonly RtmpScheme[] = ["rtmps", "rtmpts", "wss"];

const RTMPE_TYPES = [6, 8, 9] as const;
const WAYS: readonly Way[] = [
  ...(Object.keys(SEEN) as RtmpScheme[]).map((scheme) => ({ title: scheme, scheme })),
  ...RTMPE_TYPES.map((rtmpeType) => ({ title: `rtmpe, type ${rtmpeType}`, scheme: "rtmpe" as const, rtmpeType })),
];

function countFrames(): number {
  const tags = flvTags(CLIP);
  const { audio, video } = compareTags(tags, tags);
  return audio.frames + video.frames;
}

/** A server that tells who published and played what, and how they came. */
type WatchedServer = { readonly live: LiveServer; readonly seen: ReadonlyMap<string, ConnectionInfo> };

const owner = { after };
const { certificateFile, caFile } = await writeLocalCertificate(owner);
const certificates = [{ certificateFile }];
const common: MediaServerOptions = {
  tls: { certificates },
  // FFmpeg ends a tunnel without a goodbye to its stream, and librtmp's goodbye is lost at times: viewers wait then.
  publish: { graceMs: 500 },
  timeouts: { publisherSilenceMs: 3000 },
};
const server = await startWatchedServer(common);
const tls12Server = await startWatchedServer({ ...common, tls: { certificates, maxVersion: "TLSv1.2" } });
const rtmpeServers = {
  6: await startWatchedServer({ ...common, rtmpe: { type: 6 } }),
  8: await startWatchedServer({ ...common, rtmpe: { type: 8 } }),
  9: await startWatchedServer({ ...common, rtmpe: { type: 9 } }),
};
const cells: Cell[] = [];

async function startWatchedServer(options: MediaServerOptions): Promise<WatchedServer> {
  const seen = new Map<string, ConnectionInfo>();
  const live = await startLiveServer(owner, {
    ...options,
    hooks: {
      onPublish({ broadcastName, connection }) {
        seen.set(`publish ${broadcastName}`, connection);
        return { allow: true };
      },
      onPlay({ broadcastName, connection }) {
        seen.set(`play ${broadcastName}`, connection);
        return { allow: true };
      },
    },
  });
  return { live, seen };
}

/** One port takes every way in, but has one type of RTMPE and one newest TLS. */
function serverFor({ scheme, rtmpeType }: Way, { maxTlsVersion }: TransportPeer): WatchedServer {
  if (rtmpeType !== undefined) return rtmpeServers[rtmpeType];
  return maxTlsVersion !== undefined && TLS_SCHEMES.includes(scheme) ? tls12Server : server;
}

/** Resolves with what the peer did; rejects when it offers the transport and does not get through bit by bit. */
async function measure(t: TestContext, way: Way, peer: TransportPeer, role: Role): Promise<Omit<Cell, "way">> {
  const { live, seen } = serverFor(way, peer);
  const name = `live/${[way.title, peer.player, role].join("-").replaceAll(/[^a-z0-9]+/g, "-")}`;
  const url = live.url(name, way.scheme);
  const place: PeerPlace = { clip: CLIP, output: join(temporaryFolder(t), "output.flv"), caFile };
  const column = { peer: peer.title, role };
  try {
    const run = role === "publish" ? published : played;
    const { sent, received } = await run(t, live, name, (owner) => peer[role](owner, url, place));
    const info = seen.get(`${role} ${name}`);
    ok(info !== undefined);
    const { transport, isRtmpe } = info;
    // librtmp takes a scheme that it does not know for rtmp.
    if (way.scheme !== "rtmp" && transport === "tcp" && !isRtmpe) {
      return { ...column, evidence: "comes by rtmp instead" };
    }
    deepEqual({ transport, isRtmpe }, SEEN[way.scheme]);
    const mostDropped = role === "publish" ? (peer.mostDropped?.(way.scheme) ?? 0) : 0;
    const player = role === "play" ? peer.player : "millrace";
    const { audio, video } = comparePlayed(player, sent, received, { untilEnd: mostDropped === 0 });
    deepEqual([audio.firstIndex, video.firstIndex], [0, 0]);
    const lost = FRAMES - audio.frames - video.frames;
    const mostLost = player === "gstreamer" ? 1 : mostDropped;
    ok(lost <= mostLost, `${lost} frames were lost`);
    return { ...column, frames: FRAMES - mostLost };
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    ok(!seen.has(`${role} ${name}`), "a peer that says that it cannot do this came nevertheless");
    return { ...column, evidence: `\`${error.message}\`` };
  }
}

type Passed = { readonly sent: readonly FlvTag[]; readonly received: readonly FlvTag[] };
type Run = (owner: TestContext) => Promise<readonly FlvTag[]>;

/** The peer publishes, and our client plays by plain RTMP. */
async function published(t: TestContext, live: LiveServer, name: string, publish: Run): Promise<Passed> {
  const received = clientPlay(t, live.url(name));
  await untilPlaying(live, name, received);
  const sent = await publish(t);
  return { sent, received: await received };
}

/** Our client publishes by plain RTMP, and the peer plays. */
async function played(t: TestContext, live: LiveServer, name: string, play: Run): Promise<Passed> {
  const received = play(t);
  await untilPlaying(live, name, received);
  const sent = flvTags(CLIP);
  await clientPublish(t, live.url(name), sent);
  return { sent, received: await received };
}

/** Rejects as the player does, if it does not come. */
async function untilPlaying(live: LiveServer, name: string, received: Promise<readonly FlvTag[]>): Promise<void> {
  const playing = live.untilOf(name, "playing");
  playing.catch(() => {});
  await Promise.race([playing, received.then(() => playing)]);
}

describe("every peer over every transport", { concurrency: 2 }, () => {
  for (const way of WAYS) {
    for (const peer of TRANSPORT_PEERS) {
      it(`${way.title}: ${peer.title}`, async (t) => {
        for (const role of ROLES) cells.push({ way: way.title, ...(await measure(t, way, peer, role)) });
      });
    }
  }
});

it("librtmp with GnuTLS breaks at TLS 1.3, and tls.maxVersion is for that", async (t) => {
  const name = "live/librtmp-tls13";
  const player = rtmpdumpPlay(t, server.live.url(name, "rtmps"), join(temporaryFolder(t), "output.flv"));
  const { exitCode } = await player.done;
  notEqual(exitCode, 0);
  equal(server.seen.has(`play ${name}`), false);
});

describe("docs/interop.md", () => {
  it("has the table of what was measured; UPDATE_DOCS=1 writes it anew", () => {
    equal(cells.length, WAYS.length * TRANSPORT_PEERS.length * ROLES.length, "some cells were not measured");
    const table = transportTable(
      WAYS.map(({ title }) => title),
      TRANSPORT_PEERS.map(({ title }) => title),
      cells,
      FRAMES,
    );
    const docs = readFileSync(DOCS, "utf8");
    const documented = documentedTable(docs);
    if (process.env["UPDATE_DOCS"] === "1")
      writeFileSync(
        DOCS,
        docs.replace(documented, () => table),
      );
    else equal(documented, table);
  });
});
