import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeKeyframePicture } from "../../src/mp4/keyframe-picture.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { openPage } from "../support/browser.ts";
import { flvToMp4 } from "../support/flv-to-mp4.ts";
import { requireFfmpeg8, requirePeer } from "../support/require-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type Expected = {
  /** FFmpeg's options that make the tracks; none: the clip of this name. */
  readonly encode?: readonly string[];
  /** What ffprobe must say of each track: codec, tag of the sample entry, size, or rate and channels. */
  readonly streams: readonly string[];
  readonly codecStrings: readonly string[];
};

const PICTURES = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"];
const SOUND = ["-f", "lavfi", "-i", "aevalsrc=0.3*sin(2*PI*(220+50*t)*t):s=48000:d=2"];
const H264_LINE = "h264 avc1 320x180";
const HDR = ["-pix_fmt", "yuv420p10", "-color_primaries", "bt2020", "-color_trc", "smpte2084"].concat(
  ["-colorspace", "bt2020nc", "-tag:v", "hvc1", "-x265-params"],
  "log-level=error:pools=none:keyint=25:max-cll=1000,400:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
);

const CASES: Readonly<Record<string, Expected>> = {
  "h264-aac": { streams: [H264_LINE, "aac mp4a 44100 2"], codecStrings: ["avc1.64000c", "mp4a.40.2"] },
  "h264-mp3": { streams: [H264_LINE, "mp3 mp4a 44100 2"], codecStrings: ["avc1.64000c", "mp4a.40.34"] },
  "hevc-opus": { streams: ["hevc hvc1 320x180", "opus Opus 48000 2"], codecStrings: ["hvc1.1.6.L60.90", "Opus"] },
  "hevc-ac3": { streams: ["hevc hvc1 320x180", "ac3 ac-3 48000 2"], codecStrings: ["hvc1.1.6.L60.90", "ac-3"] },
  "av1-aac": { streams: ["aac mp4a 44100 2", "av1 av01 320x180"], codecStrings: ["mp4a.40.2", "av01.0.00M.08"] },
  "vp9-opus": { streams: ["opus Opus 48000 2", "vp9 vp09 320x180"], codecStrings: ["Opus", "vp09.00.11.08"] },
  "flac-only": { streams: ["flac fLaC 48000 2"], codecStrings: ["fLaC"] },
  "E-AC-3 5.1": {
    encode: [...SOUND, "-c:a", "eac3", "-ac", "6", "-ar", "48000"],
    streams: ["eac3 ec-3 48000 6"],
    codecStrings: ["ec-3"],
  },
  "AC-3 5.1 at 44.1 kHz": {
    encode: [...SOUND, "-c:a", "ac3", "-ac", "6", "-ar", "44100"],
    streams: ["ac3 ac-3 44100 6"],
    codecStrings: ["ac-3"],
  },
  "AAC 5.1": {
    encode: [...SOUND, "-c:a", "aac", "-ac", "6", "-ar", "48000"],
    streams: ["aac mp4a 48000 6"],
    codecStrings: ["mp4a.40.2"],
  },
  "Opus 5.1": {
    encode: [...SOUND, "-c:a", "libopus", "-ac", "6", "-frame_duration", "60"],
    streams: ["opus Opus 48000 6"],
    codecStrings: ["Opus"],
  },
  "MP3 of MPEG-2": {
    encode: [...SOUND, "-c:a", "libmp3lame", "-ar", "22050", "-ac", "1"],
    streams: ["mp3 mp4a 22050 1"],
    codecStrings: ["mp4a.40.34"],
  },
  "FLAC of 96 kHz": {
    encode: [...SOUND, "-c:a", "flac", "-ar", "96000", "-strict", "-2"],
    streams: ["flac fLaC 96000 1"],
    codecStrings: ["fLaC"],
  },
  "HEVC with HDR": {
    encode: [...PICTURES, "-c:v", "libx265", "-preset", "ultrafast", ...HDR],
    streams: ["hevc hvc1 320x180"],
    codecStrings: ["hvc1.2.4.L60.90"],
  },
};

for (const [name, { encode, streams, codecStrings }] of Object.entries(CASES)) {
  test(`${name}: ffprobe takes the fragments, and their packets are those of the FLV file`, (t) => {
    const folder = temporaryFolder(t);
    const flv = encode === undefined ? clip(name as ClipName) : encodeFlv(folder, encode);
    const { configs, init, fragments, reasons } = flvToMp4(flv);
    deepEqual(reasons, []);
    deepEqual(
      configs.map(({ codecString }) => codecString),
      codecStrings,
    );
    const ours = join(folder, "ours.mp4");
    writeFileSync(ours, Buffer.concat([init, ...fragments]));
    deepEqual(describeStreams(ours), streams);
    const theirs = join(folder, "theirs.mp4");
    copyByFfmpeg8(flv, theirs, "mp4");
    const found = packetsOf(ours);
    const expected = packetsOf(theirs);
    for (const { kind } of configs) comparePackets(kind, found, expected);
  });
}

/** The page: a player that is told what to play. */
const PLAYER_PAGE = `<video muted></video><script>
  const video = document.querySelector("video");
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

  /** Resolves with an event of the target; rejects when there is an error. */
  function happens(target, name) {
    return new Promise((resolve, reject) => {
      target.addEventListener(name, resolve, { once: true });
      for (const failing of [target, video])
        failing.addEventListener("error", () => reject(new Error(video.error?.message)), { once: true });
    });
  }

  /** Appends the pieces one after the other, and plays four times as fast to the end. */
  async function play({ type, pieces }) {
    const source = new MediaSource();
    const opened = happens(source, "sourceopen");
    video.src = URL.createObjectURL(source);
    await opened;
    const buffer = source.addSourceBuffer(type);
    for (const piece of pieces) {
      const appended = happens(buffer, "updateend");
      buffer.appendBuffer(bytesOf(piece));
      await appended;
    }
    const { buffered } = buffer;
    const ranges = { ranges: buffered.length, start: buffered.start(0), end: buffered.end(buffered.length - 1) };
    source.endOfStream();
    video.playbackRate = 4;
    const ended = happens(video, "ended");
    await video.play();
    await ended;
    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    return { ...ranges, currentTime: video.currentTime, width: video.videoWidth, frames };
  }

  /** Shows the file, and counts the colours that are seen. */
  async function show(picture) {
    const failed = happens(video, "an event that never comes");
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    video.src = URL.createObjectURL(new Blob([bytesOf(picture)], { type: "video/mp4" }));
    await Promise.race([shown, failed]);
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.drawImage(video, 0, 0, 300, 150);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, 300, 150).data.buffer);
    return { size: video.videoWidth + "x" + video.videoHeight, colours: new Set(pixels).size };
  }
</script>`;

type Played = {
  readonly ranges: number;
  readonly start: number;
  readonly end: number;
  readonly currentTime: number;
  readonly width: number;
  readonly frames: number;
};

/** What Debian's Chromium decodes, without HEVC, AC-3 and MP3 in MP4. */
const PLAYED: readonly ClipName[] = ["h264-aac", "h264-opus", "av1-aac", "av1-opus", "vp9-opus", "flac-only"];

test("chromium plays them by MediaSource, to the end, without a gap", async (t) => {
  const page = await openPage(t, { "/": { type: "text/html", body: PLAYER_PAGE } });
  for (const name of PLAYED) {
    const { configs, init, fragments } = flvToMp4(clip(name));
    const codecs = configs.map(({ codecString }) => codecString).join(",");
    const kind = configs.some((config) => config.kind === "video") ? "video" : "audio";
    const pieces = [init, ...fragments].map((piece) => Buffer.from(piece).toString("base64"));
    const what = JSON.stringify({ type: `${kind}/mp4; codecs="${codecs}"`, pieces });
    const played = await page.evaluate<Played>(`play(${what})`);
    equal(played.ranges, 1, `${name}: ${played.ranges} ranges`);
    ok(played.start < 0.1 && played.end > 3.9, `${name}: from ${played.start} to ${played.end}`);
    ok(played.currentTime > 3.8, `${name}: played to ${played.currentTime}`);
    equal(played.width, kind === "video" ? 320 : 0);
    if (kind === "video") ok(played.frames > 80, `${name}: ${played.frames} frames`);
  }
});

test("chromium shows a keyframe as a still", async (t) => {
  const page = await openPage(t, { "/": { type: "text/html", body: PLAYER_PAGE } });
  for (const name of ["h264-only", "av1-aac", "vp9-opus"] as const) {
    const { configs, firstKeyframe } = flvToMp4(clip(name), ({ kind }) => kind === "video");
    const [config] = configs;
    ok(config !== undefined && firstKeyframe !== undefined);
    const picture = Buffer.from(encodeKeyframePicture(config, firstKeyframe)).toString("base64");
    const { size, colours } = await page.evaluate<{ size: string; colours: number }>(`show("${picture}")`);
    equal(size, "320x180");
    ok(colours > 100, `${name}: ${colours} colours`);
  }
});

test("the colours and lights of HDR arrive", (t) => {
  const folder = temporaryFolder(t);
  const { init, fragments } = flvToMp4(encodeFlv(folder, CASES["HEVC with HDR"]?.encode ?? []));
  const file = join(folder, "hdr.mp4");
  writeFileSync(file, Buffer.concat([init, ...fragments]));
  const [stream] = probe(file, "-show_streams").streams ?? [];
  deepEqual(
    [stream?.color_primaries, stream?.color_transfer, stream?.color_space],
    ["bt2020", "smpte2084", "bt2020nc"],
  );
});

type Probed = {
  readonly streams?: readonly {
    readonly codec_name: string;
    readonly codec_tag_string: string;
    readonly width?: number;
    readonly height?: number;
    readonly sample_rate?: string;
    readonly channels?: number;
    readonly color_primaries?: string;
    readonly color_transfer?: string;
    readonly color_space?: string;
  }[];
  readonly packets?: readonly Packet[];
};

type Packet = {
  readonly codec_type: "audio" | "video";
  readonly pts_time: string;
  readonly dts_time: string;
  readonly duration_time?: string;
  readonly flags: string;
  readonly data_hash: string;
};

function probe(file: string, ...what: readonly string[]): Probed {
  const parameters = ["-v", "error", "-of", "json", ...what, file];
  // What FFmpeg finds wrong in a file it says there: it must find nothing.
  const text = execFileSync(requirePeer("ffprobe"), parameters, { stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(text.toString());
}

function describeStreams(file: string): string[] {
  const { streams = [] } = probe(file, "-show_streams");
  return streams.map(({ codec_name, codec_tag_string, width, height, sample_rate, channels }) => {
    const size = width === undefined ? `${sample_rate} ${channels}` : `${width}x${height}`;
    return `${codec_name} ${codec_tag_string} ${size}`;
  });
}

function packetsOf(file: string): readonly Packet[] {
  return probe(file, "-ignore_editlist", "1", "-show_packets", "-show_data_hash", "md5").packets ?? [];
}

/** Payloads and keyframes are the same, and no time is further away than FLV's milliseconds are coarse. */
function comparePackets(kind: string, allFound: readonly Packet[], allExpected: readonly Packet[]): void {
  const found = allFound.filter(({ codec_type }) => codec_type === kind);
  const expected = allExpected.filter(({ codec_type }) => codec_type === kind);
  ok(expected.length > 20, `${expected.length} ${kind} packets`);
  deepEqual(
    found.map(({ data_hash, flags }) => [data_hash, flags.slice(0, 1)]),
    expected.map(({ data_hash, flags }) => [data_hash, flags.slice(0, 1)]),
  );
  const startOf = (packets: readonly Packet[]): number => Number(packets[0]?.dts_time);
  // FFmpeg's file begins at its first presentation time.
  const shift = startOf(found) - startOf(expected);
  for (const [index, packet] of found.entries()) {
    const other = expected[index];
    const isClose = (a: string | undefined, b: string): boolean => Math.abs(Number(a) + shift - Number(b)) < 0.0021;
    ok(isClose(other?.dts_time, packet.dts_time), `dts ${packet.dts_time} of packet ${index}, ${other?.dts_time}`);
    ok(isClose(other?.pts_time, packet.pts_time), `pts ${packet.pts_time} of packet ${index}, ${other?.pts_time}`);
    const next = found[index + 1];
    // FFmpeg tells no length of the first frames of some codecs.
    if (next === undefined || packet.duration_time === undefined) continue;
    const end = Number(packet.dts_time) + Number(packet.duration_time);
    ok(Math.abs(end - Number(next.dts_time)) < 1e-5, `a gap behind packet ${index}`);
  }
}

function encodeFlv(folder: string, encode: readonly string[]): string {
  const mp4 = join(folder, "encoded.mp4");
  const flv = join(folder, "encoded.flv");
  execFileSync(requirePeer("ffmpeg"), ["-nostdin", "-v", "error", ...encode, "-y", mp4], { stdio: "pipe" });
  copyByFfmpeg8(mp4, flv, "flv");
  return flv;
}

function copyByFfmpeg8(input: string, output: string, format: string): void {
  const parameters = [requireFfmpeg8(), "--input", input, "--output", output, "--format", format];
  execFileSync(process.execPath, parameters, { stdio: "pipe" });
}
