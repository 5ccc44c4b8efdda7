import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { formatHex } from "../../src/bytes/hex.ts";
import { identifySwf } from "../../src/rtmp/index.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";
import { clip } from "../fixtures/media.ts";
import { clientPublish } from "../support/client.ts";
import { ffmpegPlay } from "../support/ffmpeg.ts";
import { ffmpeg8Play, ffmpeg8Publish } from "../support/ffmpeg8.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, type CleanUp, type PeerProcess } from "../support/peer-process.ts";
import { comparePlayed, type PlayerName, startPlayer } from "../support/players.ts";
import { rtmpdumpPlay } from "../support/rtmpdump.ts";
import { hasOwnNetworks, playFromRtmpsrv } from "../support/rtmpsrv.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CLIP = clip("h264-aac");
const LIMIT = { timeoutMs: 30_000 };

/** rtmpe:// players, and one of rtmp:// beside them, get all that is published by the way that the scheme says. */
async function assertPlayedWhole(
  owner: CleanUp,
  options: MediaServerOptions,
  players: readonly PlayerName[],
  publish: (live: LiveServer) => Promise<readonly FlvTag[]>,
): Promise<LiveServer> {
  const live = await startLiveServer(owner, options);
  const folder = temporaryFolder(owner);
  const encrypted = players.map((name) => startPlayer(owner, name, live.url("live/key", "rtmpe"), folder));
  const plain = startPlayer(owner, "rtmpdump", live.url("live/key"), folder);
  const all = [...encrypted, plain];
  await live.until("playing", all.length);
  const published = await publish(live);
  for (const player of all) {
    const { audio, video } = comparePlayed(player.name, published, await player.allTags(), { untilEnd: true });
    deepEqual([audio.firstIndex, video.firstIndex], [0, 0], `${player.name} got all from the first on`);
  }
  return live;
}

async function publishByFfmpeg8(owner: CleanUp, live: LiveServer): Promise<readonly FlvTag[]> {
  const peer = ffmpeg8Publish(owner, live.url("live/key", "rtmpe"), CLIP, { ...LIMIT, isRealtime: false });
  assertEndedWell(peer, await peer.done);
  return flvTags(CLIP);
}

/** How many connections the log calls encrypted. */
function encryptedConnections({ lines }: LiveServer): number {
  return lines.filter(({ message, details }) => message === "connection closed" && details["isRtmpe"] === true).length;
}

describe("RTMPE, bit by bit, with a plain player beside", () => {
  for (const type of [6, 8, 9] as const) {
    it(`version ${type}: FFmpeg 8.1 publishes; rtmpdump, FFmpeg 8.1 and our client play`, async (t) => {
      const players = ["rtmpdump", "ffmpeg8", "millrace"] as const;
      const live = await assertPlayedWhole(t, { rtmpe: { type } }, players, (to) => publishByFfmpeg8(t, to));
      await live.until("connection closed", players.length + 2);
      equal(encryptedConnections(live), players.length + 1);
      ok(!live.lines.some(({ details }) => "handshake" in details), "no handshake was unusual");
    });
  }

  it("our client publishes, with what each asks for and chunks that interleave", async (t) => {
    const options = { play: { interleave: "chunk" } } as const;
    await assertPlayedWhole(t, options, ["rtmpdump", "ffmpeg8", "millrace"], async (live) => {
      const tags = flvTags(CLIP);
      await clientPublish(t, live.url("live/key", "rtmpe"), tags);
      return tags;
    });
  });
});

const FILE = new Uint8Array(5000).fill(7);
FILE.set([0x46, 0x57, 0x53, 10]);
const SWF = identifySwf(FILE, { crypto: nodeCrypto, inflate: (bytes) => bytes });
const WRONG_HASH = "00".repeat(32);

type SwfPlayer = (owner: CleanUp, url: string, file: string, hash: string) => PeerProcess;

const SWF_PLAYERS: Readonly<Record<string, SwfPlayer>> = {
  "rtmpdump by rtmp://": (owner, url, file, hash) => rtmpdumpPlay(owner, url, file, { ...LIMIT, flags: proof(hash) }),
  "rtmpdump by rtmpe://": (owner, url, file, hash) =>
    rtmpdumpPlay(owner, url.replace("rtmp:", "rtmpe:"), file, { ...LIMIT, flags: proof(hash) }),
  "FFmpeg 5.1": (owner, url, file, hash) => ffmpegPlay(owner, url, file, { ...LIMIT, inputOptions: ffmpegProof(hash) }),
  "FFmpeg 8.1 by rtmpe://": (owner, url, file, hash) => {
    const inputOptions = [`rtmp_swfhash=${hash}`, `rtmp_swfsize=${SWF.byteLength}`];
    return ffmpeg8Play(owner, url.replace("rtmp:", "rtmpe:"), file, { ...LIMIT, inputOptions });
  },
};

function proof(hash: string): string[] {
  return ["--swfhash", hash, "--swfsize", `${SWF.byteLength}`];
}

function ffmpegProof(hash: string): string[] {
  return ["-rtmp_swfhash", hash, "-rtmp_swfsize", `${SWF.byteLength}`];
}

describe("SWF verification", () => {
  for (const [name, play] of Object.entries(SWF_PLAYERS)) {
    it(`${name}: the right file plays to the end, a wrong one is cut off with the reason`, async (t) => {
      const live = await startLiveServer(t, { swfVerification: { allowed: [SWF] } });
      const folder = temporaryFolder(t);
      const wrong = play(t, live.url(), join(folder, "wrong.flv"), WRONG_HASH);
      await live.until("connection closed");
      await wrong.done;
      const reasonOf = (index: number): unknown =>
        live.lines.filter(({ message }) => message === "connection closed")[index]?.details["reason"];
      equal(
        reasonOf(0),
        "swf.unknown: the player runs an SWF file that is not allowed. Add its hash and length to those allowed, or update the player.",
      );

      const file = join(folder, "right.flv");
      const right = play(t, live.url(), file, formatHex(SWF.hash));
      await live.until("playing", 2);
      const tags = flvTags(CLIP);
      await clientPublish(t, live.url(), tags);
      await right.done;
      const player = name.startsWith("rtmpdump") ? "rtmpdump" : "ffmpeg";
      comparePlayed(player, tags, flvTags(file), { untilEnd: true });
    });
  }

  it("a player that proves nothing is cut off when its time is over, or at once without a signed handshake", async (t) => {
    const live = await startLiveServer(t, {
      swfVerification: { allowed: [SWF] },
      timeouts: { swfVerificationMs: 200 },
    });
    const folder = temporaryFolder(t);
    rtmpdumpPlay(t, live.url(), join(folder, "plain.flv"), LIMIT);
    await live.until("connection closed");
    rtmpdumpPlay(t, live.url("live/key", "rtmpe"), join(folder, "silent.flv"), LIMIT);
    await live.until("connection closed", 2);
    const reasons = live.lines.filter(({ message }) => message === "connection closed").map(({ details }) => details);
    deepEqual(
      reasons.map(({ reason }) => reason),
      [
        "swf.unverified: the player's handshake is not signed, so it cannot prove its SWF file. Check the player's options, or turn SWF verification off for such players.",
        "swf.unverified: the player did not prove its SWF file within 200 ms. Check the player's options, or turn SWF verification off for such players.",
      ],
    );
  });
});

test("our client plays from rtmpsrv, which answers 8: connect, createStream and play come through", async (t) => {
  ok(
    await hasOwnNetworks(t),
    "programs get no network of their own here: run the tests as root, or allow user namespaces",
  );
  const { serverVersion, codes, heard } = await playFromRtmpsrv(t);
  equal(serverVersion, "FMS/3,5,1,525");
  deepEqual(codes, ["NetStream.Play.Start", "NetStream.Play.Stop"]);
  ok(
    heard.some((line) => line.includes("Genuine Adobe Flash Player")),
    heard.join("\n"),
  );
});
