import { deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import type { ConnectOptions } from "../../src/client/index.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { tapBroadcast, videoAt } from "../support/broadcast-tap.ts";
import { clientPublish } from "../support/client.ts";
import { ffmpeg8Copy, ffmpeg8Publish } from "../support/ffmpeg8.ts";
import { type FlvTag, flvTags, roleOf } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { assertPlayedWhole } from "../support/played-whole.ts";
import { comparePlayed, PLAYER_NAMES, type PlayerName, startPlayer } from "../support/players.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Those who write down what comes without a look into it. */
const OPAQUE_PLAYERS: readonly PlayerName[] = ["rtmpdump", "gstreamer", "millrace"];
const ENHANCED_PLAYERS: readonly PlayerName[] = ["ffmpeg8", ...OPAQUE_PLAYERS];

async function assertPublished(
  t: TestContext,
  tags: readonly FlvTag[],
  players: readonly PlayerName[],
  options: ConnectOptions = {},
): Promise<void> {
  await assertPlayedWhole(t, {
    players,
    publish: async (url) => {
      await clientPublish(t, url, tags, options);
      return tags;
    },
    // Where chunks of several messages go in turn, audio overtakes video when the network is slow.
    ...(options.interleave === "chunk" && { compare: { sameOrder: false } }),
  });
}

describe("our client publishes, and every player gets that bit by bit", { concurrency: 2 }, () => {
  const clips: readonly (readonly [ClipName, readonly PlayerName[]])[] = [
    ["h264-aac", PLAYER_NAMES],
    ["flv1-mp3", PLAYER_NAMES],
    ["h264-only", PLAYER_NAMES],
    ["nellymoser", PLAYER_NAMES],
    ["hevc-aac", ENHANCED_PLAYERS],
    ["av1-opus", ENHANCED_PLAYERS],
  ];
  for (const [name, players] of clips) {
    it(name, (t) => assertPublished(t, flvTags(clip(name)), players));
  }

  const variants: Readonly<Record<string, ConnectOptions>> = {
    "with the digest handshake and AMF3": { handshake: "digest", objectEncoding: 3 },
    "with the chunks of several messages in turn": { interleave: "chunk", chunkSize: 128 },
    "in one chunk for each message": { chunkSize: 0xffffff },
  };
  for (const [name, options] of Object.entries(variants)) {
    it(`h264-aac ${name}`, (t) => assertPublished(t, flvTags(clip("h264-aac")), OPAQUE_PLAYERS, options));
  }

  it("HEVC as codec 12, as some send it to old players", (t) =>
    assertPublished(t, flvTags(clip("hevc-aac")).map(asCodec12), OPAQUE_PLAYERS));
});

/** From Enhanced RTMP's header to one like AVC's. */
function asCodec12(tag: FlvTag): FlvTag {
  if (tag.type !== "video") return tag;
  const [first = 0] = tag.payload;
  const frameAndCodec = (first & 0x70) | 12;
  const body = tag.payload.subarray(5);
  switch (first & 15) {
    case 0: // sequence start
      return { ...tag, payload: Buffer.concat([Buffer.of(frameAndCodec, 0, 0, 0, 0), body]) };
    case 1: // coded frames, with composition time
      return { ...tag, payload: Buffer.concat([Buffer.of(frameAndCodec, 1), body]) };
    case 3: // coded frames without
      return { ...tag, payload: Buffer.concat([Buffer.of(frameAndCodec, 1, 0, 0, 0), body]) };
    default:
      return { ...tag, payload: Buffer.of(frameAndCodec, 2, 0, 0, 0) };
  }
}

describe("several tracks in one broadcast", { concurrency: 2 }, () => {
  /** Two pictures and two sounds, as FFmpeg 8.1 writes them: track 0 in the plain form, others one in a message. */
  async function fourTracks(t: TestContext): Promise<readonly FlvTag[]> {
    const file = join(temporaryFolder(t), "tracks.flv");
    const copy = ffmpeg8Copy(t, [clip("h264-aac"), clip("h264-mp3")], file);
    assertEndedWell(copy, await copy.done);
    return flvTags(file);
  }

  it("published by our client", async (t) => assertPublished(t, await fourTracks(t), ENHANCED_PLAYERS));

  it("published by FFmpeg 8.1", async (t) => {
    const tags = await fourTracks(t);
    await assertPlayedWhole(t, {
      players: ENHANCED_PLAYERS,
      publish: async (url) => {
        const publisher = ffmpeg8Publish(t, url, [clip("h264-aac"), clip("h264-mp3")], { isRealtime: false });
        assertEndedWell(publisher, await publisher.done);
        return tags;
      },
    });
  });

  it("many tracks and codecs in one message, and extensions of the header", (t) =>
    assertPublished(t, manyTracks(flvTags(clip("av1-aac"))), OPAQUE_PLAYERS));

  it("who joins in the middle has the configurations of all tracks, and begins with a keyframe of the first", async (t) => {
    const tags = await fourTracks(t);
    const live = await startLiveServer(t);
    const tap = tapBroadcast(t, live);
    const published = clientPublish(t, live.url(), tags, { isRealtime: true });
    await tap.until("1.4 s of video", videoAt(1400));
    const folder = temporaryFolder(t);
    const players = OPAQUE_PLAYERS.map((name) => startPlayer(t, name, live.url(), folder));
    await published;
    for (const { name, allTags } of players) {
      const received = await allTags();
      comparePlayed(name, tags, received, { untilEnd: true });
      const begin = received.filter((tag) => roleOf(tag) !== "script");
      const configurations = tags.filter((tag) => roleOf(tag) === "configuration").map(({ payload }) => toHex(payload));
      deepEqual(
        begin.slice(0, configurations.length).map(({ payload }) => toHex(payload)),
        configurations,
      );
      const first = begin[configurations.length];
      deepEqual([first?.type, toHex(first?.payload.subarray(0, 2))], ["video", "1701"]);
    }
  });
});

function toHex(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString("hex");
}

/** Puts each AV1 picture of a clip into one message with a picture of another codec, or behind a time in nanoseconds. */
function manyTracks(tags: readonly FlvTag[]): FlvTag[] {
  let pictures = 0;
  return tags.map((tag) => {
    if (tag.type !== "video" || !["keyframe", "frame"].includes(roleOf(tag))) return tag;
    const [first = 0] = tag.payload;
    const frameType = 0x80 | (first & 0x70);
    const body = tag.payload.subarray(5);
    const payload =
      pictures++ % 2 === 0
        ? Buffer.concat([
            Buffer.of(frameType | 6, 0x21), // multitrack; many tracks and codecs, coded frames
            hex`61 76 30 31 00 ; av01, track 0`,
            sizeOf(body),
            body,
            hex`61 76 63 31 01 000005 000028 3344 ; avc1, track 1, five bytes with their composition time`,
          ])
        : Buffer.concat([
            Buffer.of(frameType | 7), // ModEx
            hex`02 07a120 ; three bytes: 500 000 ns`,
            hex`01 ; of type 0, and then coded frames`,
            hex`61 76 30 31 ; av01`,
            body,
          ]);
    return { ...tag, payload };
  });
}

function sizeOf(bytes: Uint8Array): Uint8Array {
  return Buffer.of(bytes.length >> 16, (bytes.length >> 8) & 0xff, bytes.length & 0xff);
}
