import { describe, it } from "node:test";
import { type ClipName, clip } from "../fixtures/media.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { ffmpeg8Publish } from "../support/ffmpeg8.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { assertEndedWell, type PeerProcess } from "../support/peer-process.ts";
import { assertPlayedWhole } from "../support/played-whole.ts";
import { PLAYER_NAMES } from "../support/players.ts";

// FFmpeg copies the packets of a known file, so the file says what every player must get.

/** As fast as it goes: how much time a message took does not matter here. */
const AT_ONCE = { isRealtime: false };

async function tagsOf(file: string, publisher: PeerProcess): Promise<FlvTag[]> {
  assertEndedWell(publisher, await publisher.done);
  return flvTags(file);
}

describe("FFmpeg 5.1 publishes the codecs of FLV, and every player gets them bit by bit", { concurrency: 2 }, () => {
  const clips: readonly ClipName[] = [
    "h264-aac",
    "h264-mp3",
    "flv1-mp3",
    "aac-only",
    "mp3-only",
    "h264-only",
    "nellymoser",
    "h264-nellymoser-16k",
    "h264-speex",
    "pcm",
    "adpcm",
    "alaw",
    "mulaw",
  ];
  for (const name of clips) {
    // FFmpeg 8.1 aborts on an assertion of its own when it copies Speex into FLV.
    const players = PLAYER_NAMES.filter((player) => name !== "h264-speex" || player !== "ffmpeg8");
    it(name, async (t) => {
      const file = clip(name);
      await assertPlayedWhole(t, { players, publish: (url) => tagsOf(file, ffmpegPublish(t, url, file, AT_ONCE)) });
    });
  }
});

describe("FFmpeg 8.1 publishes Enhanced RTMP, and every player that knows it gets it bit by bit", {
  concurrency: 2,
}, () => {
  const clips: readonly ClipName[] = [
    "hevc-aac",
    "hevc-opus",
    "hevc-ac3",
    "av1-aac",
    "av1-opus",
    "vp9-opus",
    "h264-opus",
    "flac-only",
  ];
  const players = PLAYER_NAMES.filter((player) => player !== "ffmpeg");
  for (const name of clips) {
    // FFmpeg 8.1 begins FLAC with a frame of no bytes, and leaves that out when it reads it.
    const framesLeftOut = name === "flac-only" ? { ffmpeg8: 1 } : {};
    it(name, async (t) => {
      const file = clip(name);
      const publish = (url: string): Promise<FlvTag[]> => tagsOf(file, ffmpeg8Publish(t, url, file, AT_ONCE));
      await assertPlayedWhole(t, { players, publish, framesLeftOut });
    });
  }
});
