import { AssertionError } from "node:assert";
import { join } from "node:path";
import { clientPlay } from "./client.ts";
import { type CompareOptions, type Comparison, compareTags } from "./compare-tags.ts";
import { ffmpegPlay } from "./ffmpeg.ts";
import { ffmpeg8Play } from "./ffmpeg8.ts";
import { type FlvTag, flvTags } from "./flv-tags.ts";
import { gstPlay } from "./gstreamer.ts";
import { assertEndedWell, type CleanUp, type PeerProcess } from "./peer-process.ts";
import { rtmpdumpPlay } from "./rtmpdump.ts";

/** FFmpeg 5.1, FFmpeg 8.1, librtmp, GStreamer's rtmp2src, and our own client. */
export type PlayerName = "ffmpeg" | "ffmpeg8" | "rtmpdump" | "gstreamer" | "millrace";

export const PLAYER_NAMES: readonly PlayerName[] = ["ffmpeg", "ffmpeg8", "rtmpdump", "gstreamer", "millrace"];

/** Somebody who plays a broadcast and writes down what comes. */
export type Player = {
  readonly name: PlayerName;
  /** Waits until the player has ended by itself, as it does when the broadcast is unpublished. */
  allTags(): Promise<FlvTag[]>;
};

type StartPeer = (owner: CleanUp, url: string, file: string) => PeerProcess;

const PEERS: Readonly<Record<Exclude<PlayerName, "millrace">, StartPeer>> = {
  ffmpeg: ffmpegPlay,
  ffmpeg8: ffmpeg8Play,
  rtmpdump: rtmpdumpPlay,
  gstreamer: gstPlay,
};

let played = 0;

export function startPlayer(owner: CleanUp, name: PlayerName, url: string, folder: string): Player {
  if (name === "millrace") {
    const tags = clientPlay(owner, url);
    tags.catch(() => {}); // told to whoever waits for it
    return { name, allTags: () => tags };
  }
  const file = join(folder, `${name}-${++played}.flv`);
  const peer = PEERS[name](owner, url, file);
  return {
    name,
    async allTags(): Promise<FlvTag[]> {
      const result = await peer.done;
      // Where metadata tells a duration, rtmpdump ends with 2 unless the last timestamp comes close enough to it.
      const isShort = name === "rtmpdump" && result.exitCode === 2 && /INFO: +duration/.test(result.stderrTail);
      if (!isShort) assertEndedWell(peer, result);
      return flvTags(file);
    },
  };
}

/** As `compareTags`, with the player's name in the error and what is known of the player taken into account. */
export function comparePlayed(
  player: PlayerName,
  published: readonly FlvTag[],
  received: readonly FlvTag[],
  options: CompareOptions = {},
): Comparison {
  // rtmp2src throws away what it has not yet handed on when it is told of the end: at most one message.
  const losesLast = player === "gstreamer" && options.untilEnd === true;
  // A muxer stands behind FFmpeg's reader and orders audio and video by itself; the others write as they read.
  const sameOrder = player !== "ffmpeg" && player !== "ffmpeg8";
  try {
    const { untilEnd = false } = options;
    const found = compareTags(published, unwrapped(received), {
      sameOrder,
      ...options,
      untilEnd: untilEnd && !losesLast,
    });
    if (losesLast) assertAtMostOneMissing(published, found);
    return found;
  } catch (error) {
    throw new AssertionError({ message: `${player}: ${error instanceof Error ? error.message : error}` });
  }
}

function assertAtMostOneMissing(published: readonly FlvTag[], { audio, video }: Comparison): void {
  const whole = compareTags(published, published);
  const expected =
    whole.audio.frames + whole.video.frames - Math.max(audio.firstIndex, 0) - Math.max(video.firstIndex, 0);
  const missing = expected - audio.frames - video.frames;
  if (missing > 1) throw new Error(`the last ${missing} frames never arrived`);
}

/** FLV's time has 32 bits with a sign, and FFmpeg's writer keeps 31 of them: what follows 2^31 - 1 counts on here. */
function unwrapped(tags: readonly FlvTag[]): FlvTag[] {
  let base = 0;
  let last = tags[0]?.timestamp ?? 0;
  return tags.map((tag) => {
    if (last - tag.timestamp > 2 ** 30) base += tag.timestamp < 0 ? 2 ** 32 : 2 ** 31;
    last = tag.timestamp;
    return { ...tag, timestamp: tag.timestamp + base };
  });
}
