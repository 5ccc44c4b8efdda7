import { equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { type ClipName, clip } from "../fixtures/media.ts";
import { clientPublish } from "../support/client.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { assertPlayedWhole } from "../support/played-whole.ts";
import { PLAYER_NAMES } from "../support/players.ts";
import { type RawPublishOptions, rawPublish } from "../support/raw-publisher.ts";

// A stream of four seconds whose clock says that it has run for hours or weeks.

/** Where 24 bits end, and the extended timestamp begins: after 4 h 39 min. */
const NEAR_24_BITS_MS = 0xfffff0;
/** FLV's timestamp is signed, so some count 31 bits: after 24 days. */
const NEAR_31_BITS_MS = 2 ** 31 - 2000;
/** Where RTMP's timestamp wraps: after 49 days. */
const NEAR_32_BITS_MS = 2 ** 32 - 2000;

const STARTS: readonly (readonly [string, number])[] = [
  ["0xFFFFF0", NEAR_24_BITS_MS],
  ["2^31 - 2000", NEAR_31_BITS_MS],
  ["2^32 - 2000", NEAR_32_BITS_MS],
];

function later(tags: readonly FlvTag[], startMs: number): FlvTag[] {
  return tags.map((tag) => ({ ...tag, timestamp: tag.timestamp + startMs }));
}

/** Without metadata, which many encoders never send. */
function mediaOf(name: ClipName): FlvTag[] {
  return flvTags(clip(name)).filter(({ type }) => type !== "script");
}

describe("FFmpeg publishes with timestamps that begin late", { concurrency: 3 }, () => {
  for (const [start, startMs] of STARTS) {
    it(`at ${start} ms`, async (t) => {
      const file = clip("h264-aac");
      const live = await assertPlayedWhole(t, {
        players: PLAYER_NAMES,
        publish: async (url) => {
          const outputOptions = ["-c", "copy", "-output_ts_offset", `${startMs / 1000}`];
          const publisher = ffmpegPublish(t, url, file, { isRealtime: false, outputOptions });
          assertEndedWell(publisher, await publisher.done);
          return later(flvTags(file), startMs);
        },
      });
      equal(live.lines.filter(({ level }) => level === "warn" || level === "error").length, 0);
    });
  }
});

describe("our client publishes with timestamps that begin late", { concurrency: 3 }, () => {
  for (const [start, startMs] of STARTS) {
    it(`at ${start} ms`, async (t) => {
      const sent = later(mediaOf("h264-aac"), startMs);
      await assertPlayedWhole(t, {
        players: PLAYER_NAMES,
        publish: async (url) => {
          await clientPublish(t, url, sent);
          return sent;
        },
      });
    });
  }
});

describe("raw bytes with timestamps that begin late", { concurrency: 3 }, () => {
  const variants: readonly (readonly [string, readonly (readonly [string, number])[], RawPublishOptions])[] = [
    ["absolute timestamps, the extended field repeated", STARTS, {}],
    ["absolute timestamps, the extended field not repeated", STARTS, { repeatsExtendedTimestamp: false }],
    ["timestamp deltas", STARTS, { headers: "delta" }],
    ["24 bits only", [["0xFFFFF0", NEAR_24_BITS_MS]], { timestampBits: 24 }],
  ];
  for (const [variant, starts, options] of variants) {
    for (const [start, startMs] of starts) {
      it(`${variant}, at ${start} ms`, async (t) => {
        const sent = later(mediaOf("h264-aac"), startMs);
        await assertPlayedWhole(t, {
          players: PLAYER_NAMES,
          publish: async (url) => {
            await rawPublish(t, Number(new URL(url).port), sent, options);
            return sent;
          },
        });
      });
    }
  }
});
