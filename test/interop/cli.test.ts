import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { decodeAudioHeader } from "../../src/formats/flv/audio-header.ts";
import { decodeVideoHeader } from "../../src/formats/flv/video-header.ts";
import { application, CallError, method } from "../../src/index.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { clientPublish } from "../support/client.ts";
import { compareTags } from "../support/compare-tags.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags, roleOf } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, type PeerProcess, startPeer } from "../support/peer-process.ts";
import { assertPlayedWhole } from "../support/played-whole.ts";
import { requirePeer } from "../support/require-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/millrace.js", import.meta.url));

function millrace(t: TestContext, ...args: readonly string[]): PeerProcess {
  return startPeer(t, process.execPath, [PROGRAM, ...args]);
}

async function endedWell(peer: PeerProcess): Promise<string> {
  const result = await peer.done;
  assertEndedWell(peer, result);
  return result.stdout;
}

/** What FFmpeg says against a file when it decodes all of it: nothing, for a clean one. */
function complaintsOf(file: string): string {
  const parameters = ["-v", "warning", "-i", file, "-f", "null", "-"];
  return execFileSync(requirePeer("ffmpeg"), parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

type Probed = { readonly format: Record<string, string>; readonly streams: Record<string, string | number>[] };

function ffprobe(file: string): Probed {
  const parameters = ["-v", "error", "-show_format", "-show_streams", "-of", "json", file];
  return JSON.parse(execFileSync(requirePeer("ffprobe"), parameters, { encoding: "utf8" }));
}

function durationOf(file: string): number {
  return Number(ffprobe(file).format["duration"]);
}

describe("millrace publish", { concurrency: 2 }, () => {
  it("sends an FLV file that every player gets bit by bit", (t) =>
    assertPlayedWhole(t, {
      players: ["ffmpeg", "rtmpdump", "millrace"],
      publish: async (url) => {
        const file = clip("h264-aac");
        await endedWell(millrace(t, "publish", file, url, "--json"));
        return flvTags(file);
      },
    }).then(() => {}));

  it("sends what comes through a pipe from FFmpeg", async (t) => {
    const live = await startLiveServer(t);
    const file = clip("h264-aac");
    const seen = join(temporaryFolder(t), "seen.flv");
    const player = millrace(t, "play", live.url(), "-o", seen, "--wait");
    await live.until("playing");
    const ffmpeg = `${requirePeer("ffmpeg")} -nostdin -v error -re -i ${file} -c copy -f flv -`;
    const line = `${ffmpeg} | ${process.execPath} ${PROGRAM} publish - ${live.url()}`;
    await endedWell(startPeer(t, "sh", ["-c", line]));
    await endedWell(player);
    compareTags(flvTags(file), flvTags(seen), { untilEnd: true });
  });

  it("goes round and round on one timeline, from a start on, for a time", async (t) => {
    const live = await startLiveServer(t);
    const seen = join(temporaryFolder(t), "seen.flv");
    const player = millrace(t, "play", live.url(), "-o", seen, "--wait");
    await live.until("playing");
    const options = ["--loop", "--start", "2", "--duration", "5", "--speed", "4"];
    await endedWell(millrace(t, "publish", clip("h264-aac"), live.url(), ...options));
    await endedWell(player);
    const frames = flvTags(seen).filter((tag) => tag.type === "video" && roleOf(tag) !== "configuration");
    const steps = frames.slice(1).map(({ timestamp }, index) => timestamp - (frames[index]?.timestamp ?? 0));
    // Two rounds of 50 pictures and one of 25; where a round ends, its sound is a little longer than its picture.
    const seams = steps.flatMap((step, index) => (step === 40 ? [] : [index]));
    deepEqual([frames[0]?.timestamp, seams], [0, [49, 99]]);
    for (const seam of seams) ok((steps[seam] ?? 0) > 40 && (steps[seam] ?? 0) < 120, `a step of ${steps[seam]} ms`);
    equal(complaintsOf(seen), "");
  });

  it("connects again to a server that was lost, and goes on at a keyframe", async (t) => {
    const first = await startLiveServer(t);
    const publisher = millrace(t, "publish", clip("h264-aac"), first.url(), "--loop", "--reconnect");
    await publisher.untilStderr(/^publishing /m);
    const { port } = first;
    await first.server.stop();
    await publisher.untilStderr(/Connecting again/i);
    const { createMediaServer } = await import("../../src/server/media-server.ts");
    const second = createMediaServer({ listen: [{ host: "127.0.0.1", port }] });
    await second.start();
    t.after(() => second.stop());
    const seen = join(temporaryFolder(t), "seen.flv");
    await endedWell(millrace(t, "play", first.url(), "-o", seen, "--duration", "2", "--wait"));
    equal(complaintsOf(seen), "");
    const { exitCode } = await publisher.stop();
    equal(exitCode, 0);
  });

  it("tells where a file is damaged, once all before it was sent", async (t) => {
    const live = await startLiveServer(t);
    const folder = temporaryFolder(t);
    const bytes = readFileSync(clip("h264-aac"));
    const file = join(folder, "cut.flv");
    writeFileSync(file, bytes.subarray(0, bytes.length - 100));
    const result = await millrace(t, "publish", file, live.url(), "--no-pace").done;
    equal(result.exitCode, 1);
    match(result.stderrTail, /cut\.flv is cut: its last tag, at byte \d+, is not whole/);
  });
});

type Packet = { readonly kind: string; readonly ptsMs: number; readonly isKeyframe: boolean; readonly hash: string };

/** The packets of a file as FFmpeg's reader sees them, in its order for each kind. */
function packetsOf(file: string): Packet[] {
  const entries = "packet=codec_type,pts_time,flags,data_hash";
  const parameters = ["-v", "error", "-show_entries", entries, "-show_data_hash", "MD5", "-of", "json", file];
  const output = execFileSync(requirePeer("ffprobe"), parameters, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const { packets } = JSON.parse(output) as { readonly packets: readonly Record<string, string>[] };
  return packets.map(({ codec_type: kind = "", pts_time: seconds, flags = "", data_hash: hash = "" }) => ({
    kind,
    ptsMs: Number(seconds) * 1000,
    isKeyframe: flags.startsWith("K"),
    hash: hash.replace(/^MD5:/, ""),
  }));
}

/** The same of an FLV file, whatever its codecs. */
function flvPackets(tags: readonly FlvTag[]): Packet[] {
  return tags.flatMap((tag) => {
    if (tag.type === "script" || !["keyframe", "frame"].includes(roleOf(tag))) return [];
    const header = tag.type === "audio" ? decodeAudioHeader(tag.payload) : decodeVideoHeader(tag.payload);
    if (header.kind !== "packet") return [];
    return header.tracks.map((track) => ({
      kind: tag.type,
      ptsMs: tag.timestamp + ("compositionTimeMs" in track ? Number(track.compositionTimeMs) : 0),
      isKeyframe: tag.type === "audio" || roleOf(tag) === "keyframe",
      hash: createHash("md5").update(track.body).digest("hex"),
    }));
  });
}

const VIDEO_SOURCE = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"];
const AUDIO_SOURCE = ["-f", "lavfi", "-i", "aevalsrc=0.3*sin(2*PI*(220+50*t)*t):s=48000:d=2"];

describe("millrace publish reads MP4", { concurrency: 2 }, () => {
  const recipes: Readonly<Record<string, readonly string[]>> = {
    "H.264 with B-frames and AAC": ["-c:v", "libx264", "-bf", "3", "-g", "25", "-c:a", "aac"],
    "HEVC and AC-3": [
      "-c:v",
      "libx265",
      "-preset",
      "ultrafast",
      "-tag:v",
      "hvc1",
      "-x265-params",
      "log-level=error:pools=none:keyint=25",
      "-c:a",
      "ac3",
    ],
    "AV1 and Opus": ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "25", "-c:a", "libopus"],
    "VP9 and FLAC": [
      "-c:v",
      "libvpx-vp9",
      "-deadline",
      "realtime",
      "-cpu-used",
      "8",
      "-g",
      "25",
      "-c:a",
      "flac",
      "-strict",
      "-2",
    ],
    "H.264 and MP3, in fragments": [
      "-c:v",
      "libx264",
      "-g",
      "25",
      "-c:a",
      "libmp3lame",
      "-ar",
      "44100",
      "-movflags",
      "frag_keyframe+empty_moov",
    ],
  };
  for (const [name, codecs] of Object.entries(recipes)) {
    it(name, async (t) => {
      const folder = temporaryFolder(t);
      const [file, seen] = [join(folder, "clip.mp4"), join(folder, "seen.flv")];
      const parameters = ["-nostdin", "-v", "error", ...VIDEO_SOURCE, ...AUDIO_SOURCE, "-pix_fmt", "yuv420p"];
      execFileSync(requirePeer("ffmpeg"), [...parameters, ...codecs, "-threads", "1", file], { stdio: "pipe" });
      const live = await startLiveServer(t);
      const player = millrace(t, "play", live.url(), "-o", seen, "--wait");
      await live.until("playing");
      await endedWell(millrace(t, "publish", file, live.url(), "--no-pace"));
      await endedWell(player);
      comparePackets(packetsOf(file), flvPackets(flvTags(seen)));
      // FFmpeg 5 reads no Enhanced RTMP.
      if (name.startsWith("H.264")) equal(complaintsOf(seen), "");
    });
  }

  it("says what RTMP cannot carry", async (t) => {
    const file = join(temporaryFolder(t), "clip.mp4");
    const parameters = ["-nostdin", "-v", "error", ...VIDEO_SOURCE, "-c:v", "mpeg4", file];
    execFileSync(requirePeer("ffmpeg"), parameters, { stdio: "pipe" });
    const live = await startLiveServer(t);
    const result = await millrace(t, "publish", file, live.url()).done;
    equal(result.exitCode, 1);
    match(result.stderrTail, /error: the video of .*clip\.mp4 is .*, which RTMP cannot carry\. Convert it: ffmpeg/);
  });
});

/** Every packet in its order; times may be shifted, all by the same, and are rounded to milliseconds. */
function comparePackets(expected: readonly Packet[], actual: readonly Packet[]): void {
  const shiftMs = (actual.find(isVideo)?.ptsMs ?? 0) - (expected.find(isVideo)?.ptsMs ?? 0);
  for (const kind of ["video", "audio"]) {
    const [want, have] = [expected, actual].map((packets) => packets.filter((packet) => packet.kind === kind));
    deepEqual(
      have?.map(({ hash, isKeyframe }) => [hash, isKeyframe]),
      want?.map(({ hash, isKeyframe }) => [hash, isKeyframe]),
    );
    for (const [index, { ptsMs }] of (want ?? []).entries()) {
      const difference = (have?.[index]?.ptsMs ?? 0) - ptsMs - shiftMs;
      ok(Math.abs(difference) < 1.6, `${kind} ${index} is ${difference} ms off`);
    }
  }
}

function isVideo({ kind }: Packet): boolean {
  return kind === "video";
}

describe("millrace play", { concurrency: 2 }, () => {
  async function publishing(t: TestContext, name: ClipName = "h264-aac") {
    const live = await startLiveServer(t);
    ffmpegPublish(t, live.url(), clip(name), { loops: -1 });
    await live.until("publishing");
    return live;
  }

  it("writes through a pipe what ffprobe reads", async (t) => {
    const live = await publishing(t);
    const line = `${process.execPath} ${PROGRAM} play ${live.url()} --duration 3 | ${requirePeer("ffprobe")} -v error -show_streams -of json -`;
    const { streams } = JSON.parse(await endedWell(startPeer(t, "sh", ["-c", line]))) as Probed;
    deepEqual(streams.map(({ codec_name: codec }) => codec).sort(), ["aac", "h264"]);
  });

  it("ends in order when its reader goes away", async (t) => {
    const live = await publishing(t);
    const player = spawn(process.execPath, [PROGRAM, "play", live.url(), "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => player.kill("SIGKILL"));
    player.stderr.resume();
    const exited = new Promise((resolve) => player.once("exit", resolve));
    player.stdout.once("data", () => player.stdout.destroy());
    equal(await exited, 0);
  });

  it("leaves a clean file behind at INT, with its duration and size in it", async (t) => {
    const live = await publishing(t);
    const file = join(temporaryFolder(t), "seen.flv");
    const player = millrace(t, "play", live.url(), "-o", file, "--json");
    await player.untilStderr(/"event":"progress","timeMs":[1-9]\d{3}/);
    process.kill(player.pid, "SIGINT");
    const { timeMs, bytes } = JSON.parse(await endedWell(player)) as Record<string, number>;
    equal(statSync(file).size, bytes);
    equal(complaintsOf(file), "");
    const duration = durationOf(file);
    ok(Math.abs(duration - (timeMs ?? 0) / 1000) < 0.2, `${duration} s for ${timeMs} ms`);
    const [metadata] = flvTags(file);
    equal(metadata?.type, "script");
    deepEqual([...readFileSync(file).subarray(4, 5)], [5], "sound and picture are there");
  });

  it("goes on with a file after kill -9, without a step in time", async (t) => {
    const live = await publishing(t);
    const file = join(temporaryFolder(t), "seen.flv");
    const player = millrace(t, "play", live.url(), "-o", file, "--json");
    await player.untilStderr(/"event":"progress","timeMs":[1-9]\d{3}/);
    await player.kill();
    // A cut tag, as a kill in the middle of a write leaves it.
    const before = readFileSync(file);
    writeFileSync(file, before.subarray(0, before.length - 9));
    const firstPart = flvTags(file);
    await endedWell(millrace(t, "play", live.url(), "-o", file, "--resume", "--duration", "2"));
    const tags = flvTags(file);
    const payloads = (list: readonly FlvTag[]) => list.slice(1, firstPart.length).map(({ payload }) => payload);
    deepEqual(payloads(tags), payloads(firstPart), "what there was is kept, but for the duration in the metadata");
    const video = tags.filter((tag) => tag.type === "video" && roleOf(tag) !== "configuration");
    const steps = video.slice(1).map(({ timestamp }, index) => timestamp - (video[index]?.timestamp ?? 0));
    ok(
      Math.min(...steps) >= 0 && Math.max(...steps) <= 120,
      `steps of ${Math.min(...steps)} to ${Math.max(...steps)} ms`,
    );
    equal(complaintsOf(file), "");
    ok(durationOf(file) > 3, `${durationOf(file)} s`);
  });

  it("says in time that nobody publishes", async (t) => {
    const live = await startLiveServer(t);
    const file = join(temporaryFolder(t), "seen.flv");
    const result = await millrace(t, "play", live.url("live/none"), "-o", file, "--wait", "0.5").done;
    equal(result.exitCode, 1);
    match(result.stderrTail, /error: nothing came in 0\.5 s: nobody publishes this/);
  });

  it("shows no key, whatever the server says", async (t) => {
    const hooks = { onPlay: () => ({ allow: false as const, reason: "live/s3cret is not for you." }) };
    const live = await startLiveServer(t, { hooks });
    const result = await millrace(t, "play", live.url("live/s3cret"), "-o", "-", "--verbose").done;
    equal(result.exitCode, 1);
    match(result.stderrTail, /live\/… is not for you\./);
    ok(!result.stderrTail.includes("s3cret"), result.stderrTail);
  });
});

describe("millrace call", () => {
  const calculator = application("calculator", {
    methods: {
      add: method([z.number(), z.number()], (_client, a, b) => a + b),
      echo: method([z.any()], (_client, value) => value),
      divide: method([z.number(), z.number()], (_client, a, b) => {
        if (b === 0) throw new CallError({ code: "Calculator.Zero", description: "Nothing can be divided by zero." });
        return a / b;
      }),
    },
  });

  for (const encoding of [[], ["--amf3"]]) {
    it(`gets results and refusals of an application ${encoding.join("")}`.trim(), async (t) => {
      const live = await startLiveServer(t, { applications: [calculator] });
      const url = live.url("calculator");
      equal(await endedWell(millrace(t, "call", url, "add", "1", "2", ...encoding)), "3\n");
      const value = '{"a":[1,"two",null,true],"b":{}}';
      equal(await endedWell(millrace(t, "call", url, "echo", value, ...encoding)), `${value}\n`);
      const refused = await millrace(t, "call", url, "divide", "1", "0", ...encoding).done;
      equal(refused.exitCode, 1);
      const { code, description } = JSON.parse(refused.stderrTail) as Record<string, string>;
      deepEqual([code, description], ["Calculator.Zero", "Nothing can be divided by zero."]);
      equal(refused.stdout, "");
    });
  }
});

describe("millrace probe sees what ffprobe sees", { concurrency: 2 }, () => {
  const legacy: readonly ClipName[] = ["h264-aac", "flv1-mp3", "aac-only", "h264-speex", "nellymoser", "adpcm"];
  for (const name of legacy) {
    it(name, async (t) => {
      const { tracks, metadata } = await probed(t, name);
      const { streams } = ffprobe(clip(name));
      equal(tracks.length, streams.length);
      for (const stream of streams) {
        const track = tracks.find(({ kind }) => kind === stream["codec_type"]);
        ok(track !== undefined, `no ${stream["codec_type"]} track`);
        if (track.kind === "video") {
          deepEqual([track.codec.width, track.codec.height], [stream["width"], stream["height"]]);
          ok(Math.abs(track.frameRate - 25) < 0.1, `${track.frameRate}`);
        } else {
          deepEqual(
            [track.codec.sampleRate, track.codec.channels],
            [Number(stream["sample_rate"]), stream["channels"]],
          );
        }
        assertBitrate(track, name);
      }
      ok(metadata !== null);
    });
  }

  const enhanced: Readonly<Partial<Record<ClipName, readonly string[]>>> = {
    "hevc-ac3": ["H.265 Main 2.0 320×180", "AC-3 48 kHz stereo"],
    "av1-opus": ["AV1 Main 2.0 320×180", "Opus 48 kHz stereo"],
    "vp9-opus": ["VP9 profile 0 320×180", "Opus 48 kHz stereo"],
    "flac-only": ["FLAC 24-bit 48 kHz stereo"],
  };
  for (const [name, codecs] of Object.entries(enhanced) as [ClipName, readonly string[]][]) {
    it(name, async (t) => {
      const { tracks } = await probed(t, name);
      deepEqual(
        tracks.map(({ codec }) => codec.text),
        codecs,
      );
      for (const track of tracks) {
        if (track.kind === "video") ok(Math.abs(track.frameRate - 25) < 0.1, `${track.frameRate}`);
        assertBitrate(track, name);
      }
    });
  }

  it("and the order and length of GOPs", async (t) => {
    const { tracks, interleave } = await probed(t, "h264-aac");
    const [video] = tracks;
    deepEqual([video?.pictures?.gopFrames.least, video?.pictures?.gopFrames.greatest], [25, 25]);
    deepEqual([video?.pictures?.gopMs.least, video?.pictures?.gopMs.greatest], [1000, 1000]);
    ok((video?.pictures?.compositionMs.greatest ?? 0) > 40, "B-frames");
    ok(interleave !== null && interleave.greatestMs < 250);
  });
});

type ProbedTrack = {
  readonly kind: string;
  readonly codec: { readonly text: string; readonly [name: string]: unknown };
  readonly frameRate: number;
  readonly bitrate: number;
  readonly durationMs: number;
  readonly pictures?: Readonly<Record<"gopMs" | "gopFrames" | "compositionMs", Readonly<Record<string, number>>>>;
};

type ProbedBroadcast = {
  readonly tracks: readonly ProbedTrack[];
  readonly metadata: unknown;
  readonly interleave: { readonly greatestMs: number } | null;
};

/** What `millrace probe` tells of a clip that is published at its pace. */
async function probed(t: TestContext, name: ClipName): Promise<ProbedBroadcast> {
  const live = await startLiveServer(t);
  const probe = millrace(t, "probe", live.url(), "--json", "--duration", "3.5");
  await live.until("playing");
  const published = clientPublish(t, live.url(), flvTags(clip(name)), { isRealtime: true });
  const { server, broadcast } = JSON.parse(await endedWell(probe)) as {
    readonly server: Record<string, unknown>;
    readonly broadcast: ProbedBroadcast;
  };
  equal(server["handshake"], "plain");
  match(String(server["remoteAddress"]), new RegExp(`:${live.port}$`));
  await published;
  return broadcast;
}

/** Of the frames that came in the time that was watched, within a tenth: a clip is a little longer. */
function assertBitrate(track: ProbedTrack, name: ClipName): void {
  const frames = flvPackets(flvTags(clip(name))).filter(({ kind }) => kind === track.kind);
  const bytes = flvTags(clip(name))
    .filter((tag) => tag.type === track.kind && ["keyframe", "frame"].includes(roleOf(tag)))
    .reduce((sum, { payload }) => sum + payload.length, 0);
  const seconds = ((frames.at(-1)?.ptsMs ?? 0) - (frames[0]?.ptsMs ?? 0)) / 1000;
  const expected = (8 * bytes) / seconds;
  ok(Math.abs(track.bitrate / expected - 1) < 0.2, `${track.kind}: ${track.bitrate} bit/s, not ${expected}`);
}
