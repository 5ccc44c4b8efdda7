import { deepEqual, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionInfo, Decision } from "../../src/server/hooks.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { compareTags } from "../support/compare-tags.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { ffmpeg8Publish } from "../support/ffmpeg8.ts";
import { flvTags } from "../support/flv-tags.ts";
import { assertEndedWell, type CleanUp, type PeerProcess } from "../support/peer-process.ts";
import { comparePlayed, type PlayerName, startPlayer } from "../support/players.ts";
import { startRtmptLiveServer } from "../support/rtmpt-live-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The peers that speak RTMPT by themselves. */
const PLAYERS: readonly PlayerName[] = ["ffmpeg", "ffmpeg8", "rtmpdump"];

/** Every packet gets a request, and none is lost at the end. */
const EACH_PACKET = ["-c", "copy", "-rtmp_flush_interval", "1"];
/** FFmpeg sends packets in tens, and when it closes a tunnel it drops those that are left. */
const MOST_DROPPED = 9;

type Publish = (url: string) => PeerProcess;

/**
 * All play by RTMPT, and one by plain RTMP, and get every payload of the publisher, but for `mostDropped` at the end. Then
 * they are told at once: nobody waits whether a publisher that closes its tunnel comes back.
 */
async function assertTunnelled(owner: CleanUp, file: string, publish: Publish, mostDropped: number): Promise<void> {
  const transports: string[] = [];
  const onConnect = ({ transport }: ConnectionInfo): Decision => {
    transports.push(transport);
    return { allow: true };
  };
  const live = await startRtmptLiveServer(owner, { publish: { graceMs: 600_000 }, hooks: { onConnect } });
  const folder = temporaryFolder(owner);
  const players = [
    ...PLAYERS.map((name) => startPlayer(owner, name, live.rtmptUrl(), folder)),
    startPlayer(owner, "millrace", live.url(), folder),
  ];
  await live.until("playing", players.length);
  const publisher = publish(live.rtmptUrl());
  assertEndedWell(publisher, await publisher.done);
  const published = flvTags(file);
  const whole = compareTags(published, published);
  for (const player of players) {
    const found = comparePlayed(player.name, published, await player.allTags(), { untilEnd: mostDropped === 0 });
    const missing = whole.audio.frames + whole.video.frames - found.audio.frames - found.video.frames;
    ok(missing <= mostDropped, `${player.name}: ${missing} frames are missing`);
  }
  deepEqual(transports.sort(), ["http", "http", "http", "http", "tcp"]);
}

describe("real peers publish and play by RTMPT, bit by bit", { concurrency: 2 }, () => {
  const clips: readonly ClipName[] = ["h264-aac", "h264-mp3", "flv1-mp3"];
  for (const name of clips) {
    it(`${name}: FFmpeg 5.1 publishes as fast as it can`, (t) => {
      const file = clip(name);
      return assertTunnelled(t, file, (url) => ffmpegPublish(t, url, file, { isRealtime: false }), MOST_DROPPED);
    });
  }

  it("FFmpeg 5.1 publishes at the pace of the media", (t) => {
    const file = clip("h264-aac");
    return assertTunnelled(t, file, (url) => ffmpegPublish(t, url, file), MOST_DROPPED);
  });

  it("FFmpeg 5.1 publishes each packet by itself, to the last", (t) => {
    const file = clip("h264-aac");
    return assertTunnelled(t, file, (url) => ffmpegPublish(t, url, file, { outputOptions: EACH_PACKET }), 0);
  });

  it("FFmpeg 8.1 publishes", (t) => {
    const file = clip("h264-aac");
    return assertTunnelled(t, file, (url) => ffmpeg8Publish(t, url, file, { isRealtime: false }), MOST_DROPPED);
  });
});
