import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import HLS from "hls-parser";
import { encodeMultivariantPlaylist, type VariantSource } from "./multivariant-playlist.ts";

function source(name: string, codec: string, codecString: string, more: Partial<VariantSource> = {}): VariantSource {
  const isVideo = name.startsWith("v");
  const config = {
    kind: isVideo ? ("video" as const) : ("audio" as const),
    trackId: Number(name.slice(1)),
    codec,
    codecString,
    timescale: 90_000,
    width: isVideo ? 1280 : 0,
    height: isVideo ? 720 : 0,
    sampleRate: isVideo ? 0 : 48_000,
    channels: isVideo ? 0 : 2,
    sampleEntry: new Uint8Array(),
  };
  const rates = { peakBitrate: 1000, averageBitrate: 900, samplesPerSecond: 30 };
  return { name, config, ...rates, title: undefined, language: undefined, ...more };
}

function parse(sources: readonly VariantSource[]): HLS.types.MasterPlaylist {
  HLS.setOptions({ strictMode: true });
  const playlist = HLS.parse(encodeMultivariantPlaylist("0123456789abcdef", sources).join("?session=1&t=%22"));
  ok(playlist.isMasterPlaylist);
  return playlist as HLS.types.MasterPlaylist;
}

test("video tracks become variants with the sound of each codec, and the sound is a variant, too", () => {
  const english = { title: 'Say "hi"', language: "en" };
  const { variants } = parse([
    source("v0", "avc", "avc1.64001f"),
    source("v1", "avc", "avc1.64000c", { peakBitrate: 500 }),
    source("a0", "aac", "mp4a.40.2", english),
    source("a1", "aac", "mp4a.40.2"),
    source("a2", "opus", "Opus"),
  ]);
  deepEqual(
    variants.map(({ uri, codecs, bandwidth, audio }) => [uri.slice(0, 2), codecs, bandwidth, audio.length]),
    [
      ["v0", "avc1.64001f,mp4a.40.2", 2000, 2],
      ["v0", "avc1.64001f,Opus", 2000, 1],
      ["v1", "avc1.64000c,mp4a.40.2", 1500, 2],
      ["v1", "avc1.64000c,Opus", 1500, 1],
      ["a0", "mp4a.40.2", 1000, 2],
      ["a2", "Opus", 1000, 1],
    ],
  );
  const [first] = variants;
  deepEqual([first?.resolution, first?.frameRate, first?.averageBandwidth], [{ width: 1280, height: 720 }, 30, 1800]);
  deepEqual(
    first?.audio.map(({ name, language, isDefault }) => [name, language, isDefault]),
    [
      ["Say hi (0)", "en", true],
      ["Audio 1", undefined, false],
    ],
  );
});

test("pictures without sound, and sound without pictures", () => {
  equal(parse([source("v0", "avc", "avc1.64001f")]).variants[0]?.audio.length, 0);
  const { variants } = parse([source("a0", "flac", "fLaC")]);
  deepEqual(
    variants.map(({ uri, resolution }) => [uri.slice(0, 2), resolution]),
    [["a0", undefined]],
  );
});
