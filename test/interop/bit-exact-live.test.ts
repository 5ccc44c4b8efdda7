import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { type ClipName, clip } from "../fixtures/media.ts";
import { tapBroadcast, videoAt } from "../support/broadcast-tap.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { ffmpeg8Publish } from "../support/ffmpeg8.ts";
import { type FlvTag, flvTags, roleOf } from "../support/flv-tags.ts";
import { type GstTracks, gstPublish, gstRemux } from "../support/gstreamer.ts";
import { startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, type PeerProcess } from "../support/peer-process.ts";
import { assertPlayedWhole } from "../support/played-whole.ts";
import { comparePlayed, PLAYER_NAMES, type PlayerName, startPlayer } from "../support/players.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** What GStreamer's muxer makes of a clip, which is what its rtmp2sink publishes. */
async function gstTags(t: TestContext, file: string, tracks: GstTracks): Promise<FlvTag[]> {
  const remuxed = join(temporaryFolder(t), "remuxed.flv");
  const muxer = gstRemux(t, file, remuxed, tracks);
  assertEndedWell(muxer, await muxer.done);
  return flvTags(remuxed);
}

describe("GStreamer publishes, and every player gets that bit by bit", { concurrency: 3 }, () => {
  const clips: readonly (readonly [ClipName, GstTracks])[] = [
    ["h264-aac", {}],
    ["h264-mp3", {}],
    ["flv1-mp3", {}],
    ["h264-only", { hasAudio: false }],
    ["aac-only", { hasVideo: false }],
    ["h264-speex", {}],
  ];
  for (const [name, tracks] of clips) {
    // GStreamer clears a bit in Speex's header, which FFmpeg sets again when it writes its file.
    const players: readonly PlayerName[] = name === "h264-speex" ? ["rtmpdump", "gstreamer", "millrace"] : PLAYER_NAMES;
    it(name, async (t) => {
      const sent = await gstTags(t, clip(name), tracks);
      const publish = async (url: string): Promise<FlvTag[]> => {
        const publisher = gstPublish(t, url, clip(name), tracks);
        assertEndedWell(publisher, await publisher.done);
        return sent;
      };
      await assertPlayedWhole(t, { players, publish });
    });
  }
});

describe("players that come in the middle get everything from the newest keyframe on", { concurrency: 3 }, () => {
  type Case = {
    readonly publisher: string;
    readonly clip: ClipName;
    readonly players: readonly PlayerName[];
    readonly publish: (t: TestContext, url: string, file: string) => PeerProcess;
  };
  const cases: readonly Case[] = [
    { publisher: "FFmpeg 5.1", clip: "h264-aac", players: PLAYER_NAMES, publish: ffmpegPublish },
    {
      publisher: "FFmpeg 8.1",
      clip: "hevc-opus",
      players: ["ffmpeg8", "rtmpdump", "gstreamer"],
      publish: ffmpeg8Publish,
    },
    { publisher: "GStreamer", clip: "h264-mp3", players: PLAYER_NAMES, publish: gstPublish },
  ];
  for (const { publisher, clip: name, players, publish } of cases) {
    it(`${publisher} publishes ${name}`, async (t) => {
      const sent = publisher === "GStreamer" ? await gstTags(t, clip(name), {}) : flvTags(clip(name));
      const live = await startLiveServer(t);
      const folder = temporaryFolder(t);
      const tap = tapBroadcast(t, live);
      const source = publish(t, live.url(), clip(name));
      await tap.until("1.4 s of video", videoAt(1400));
      const playing = players.map((player) => startPlayer(t, player, live.url(), folder));
      const starts = new Set<number | undefined>();
      for (const count of players.keys()) {
        await live.until("playing", count + 1);
        starts.add(tap.newestKeyframe()?.timestamp);
      }
      assertEndedWell(source, await source.done);
      const frames = sent.filter((tag) => tag.type === "video" && ["keyframe", "frame"].includes(roleOf(tag)));
      for (const player of playing) {
        const { video } = comparePlayed(player.name, sent, await player.allTags(), { untilEnd: true });
        const first = frames[video.firstIndex]?.timestamp;
        ok(starts.has(first), `${player.name} starts at ${first} ms instead of ${[...starts].join(" or ")} ms`);
      }
      comparePlayed("rtmpdump", sent, tap.tags, { untilEnd: true });
      equal(live.lines.filter((line) => line.level === "warn" || line.level === "error").length, 0);
    });
  }
});
