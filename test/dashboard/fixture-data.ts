import { createFinding } from "../../src/broadcast/health/finding.ts";
import type { HealthFinding, HealthReport } from "../../src/broadcast/health/health-report.ts";
import type {
  BroadcastSample,
  BroadcastSnapshot,
  ClientProtocol,
  ConnectionSnapshot,
  MonitorEvent,
  ServerSnapshot,
  TrackSnapshot,
  ViewingSnapshot,
} from "../../src/server/snapshots.ts";

/* A server as the dashboard may meet it, made of nothing: figures follow from the number of a broadcast and the time. */

export const STARTED_AT_MS: number = Date.UTC(2026, 10, 20, 9, 0, 0);

const H264: TrackSnapshot = {
  kind: "video",
  trackId: 0,
  codec: "avc",
  description: "H.264 High 4.0 1920×1080",
  width: 1920,
  height: 1080,
};
const AAC: TrackSnapshot = {
  kind: "audio",
  trackId: 0,
  codec: "aac",
  description: "AAC-LC 48 kHz stereo",
  sampleRate: 48_000,
  channels: 2,
};
const AV1: TrackSnapshot = {
  ...H264,
  codec: "av1",
  description: "AV1 Main 5.0 2560×1440",
  width: 2560,
  height: 1440,
};
const OPUS: TrackSnapshot = { ...AAC, codec: "opus", description: "Opus 48 kHz stereo" };

const PROTOCOLS: readonly ClientProtocol[] = ["http-flv", "hls", "rtmp", "ws-flv", "http-flv"];
const CLIENTS = [
  "OBS Studio 32.0.1 (obs-output)",
  "FMLE/3.0 (compatible; Lavf62.3)",
  "Larix/1.3",
  "vMix 29",
  "GStreamer FLVMUX",
];

const FIGURES: HealthReport["figures"] = {
  watchedMs: 300_000,
  videoBitrate: 4_480_000,
  audioBitrate: 160_000,
  declaredVideoBitrate: 4_500_000,
  declaredAudioBitrate: 160_000,
  frameRate: 30,
  declaredFrameRate: 30,
  gopMs: { least: 2000, mean: 2000, most: 2000 },
  timestampsBack: 0,
  timestampGaps: 0,
  timestampRepairs: 0,
  audioAheadMs: 12,
  audioVideoDriftMs: 1,
  interleaveMs: 64,
  speed: 1,
  jitterMs: 38,
  roundTripMs: 21,
  hasAcknowledged: true,
  hasAnsweredPing: true,
};

export const GOOD_HEALTH: HealthReport = {
  level: "good",
  verdict:
    "All is well: H.264 High 4.0 1920×1080 at 30 frames/s, 4.5 Mbit/s, keyframe every 2.0 s, AAC-LC 48 kHz stereo at 160 kbit/s.",
  findings: [],
  figures: FIGURES,
};

const SOUND_HEALTH: HealthReport = {
  level: "good",
  verdict: "All is well: Opus 48 kHz stereo at 160 kbit/s.",
  findings: [],
  figures: { watchedMs: 300_000, audioBitrate: 160_000, timestampsBack: 0, timestampGaps: 0, timestampRepairs: 0 },
};

export const WARNING_HEALTH: HealthReport = reportOf(
  [
    createFinding("long-gop", "warning", "keyframe every 10.0 s"),
    createFinding("audio-video-drift", "warning", "audio drifts from video by 48 ms in 5 min"),
  ],
  { ...FIGURES, gopMs: { least: 8400, mean: 10_000, most: 10_400 }, audioVideoDriftMs: 48 },
);

export const BAD_HEALTH: HealthReport = reportOf(
  [createFinding("falls-behind", "bad", "media comes at 0.71 times real time, and is 6.2 s late by now")],
  { ...FIGURES, speed: 0.71, videoBitrate: 3_100_000, frameRate: 21.3, timestampGaps: 4, jitterMs: 1450 },
);

/** In the doctor's own words; the gravest finding comes first. */
function reportOf(findings: readonly HealthFinding[], figures: HealthReport["figures"]): HealthReport {
  const [{ level, text, advice } = createFinding("late-media", "bad", "")] = findings;
  return { level, verdict: `${text.slice(0, 1).toUpperCase()}${text.slice(1)}: ${advice}.`, findings, figures };
}

const HEALTH = [GOOD_HEALTH, WARNING_HEALTH, GOOD_HEALTH, BAD_HEALTH, SOUND_HEALTH, GOOD_HEALTH];

/** The names of the first ones; further ones are numbered. */
const NAMES = [
  "live/demo",
  "live/main-stage",
  "sports/match-42",
  "live/roof-camera",
  "radio/night-shift",
  "studio/talk",
];

export function makeBroadcast(index: number, seconds: number): BroadcastSnapshot {
  const isIdle = index % 7 === 6;
  const report = HEALTH[index % HEALTH.length] ?? GOOD_HEALTH;
  const viewers = isIdle ? 0 : ([42, 1284, 318, 7, 96, 3][index % 6] ?? 0);
  const tracks = index % 6 === 2 ? [AV1, AAC] : index % 6 === 4 ? [OPUS] : [H264, AAC];
  const health = { ...report, verdict: report.verdict.replace(H264.description, tracks[0]?.description ?? "") };
  const bytesPerSecond = ((health.figures.videoBitrate ?? 0) + (health.figures.audioBitrate ?? 0)) / 8;
  return {
    name: NAMES[index] ?? `live/camera-${index.toString().padStart(4, "0")}`,
    state: isIdle ? "waiting" : "live",
    ...(!isIdle && {
      liveSinceMs: STARTED_AT_MS + index * 417_000,
      publisher: {
        connection: `${index + 1}`,
        protocol: index % 4 === 1 ? "rtmps" : "rtmp",
        remoteAddress: `192.0.2.${(index % 200) + 10}:5${(index % 9000) + 1000}`,
        client: CLIENTS[index % CLIENTS.length] ?? "",
      },
    }),
    tracks,
    metadata: {
      encoder: CLIENTS[index % CLIENTS.length] ?? "",
      width: 1920,
      height: 1080,
      framerate: 30,
      videodatarate: 4500,
    },
    health,
    viewers: {
      total: viewers,
      byProtocol: { "http-flv": Math.ceil(viewers / 2), hls: Math.floor(viewers / 4), rtmp: Math.floor(viewers / 8) },
    },
    receivedBytes: isIdle ? 88_000_000 : Math.round(bytesPerSecond * (seconds + wave(seconds, index) * 0.12)),
    receivedMessages: seconds * 77,
    sentBytes: Math.round(bytesPerSecond * viewers * seconds * 0.4),
    heldBytes: 9_400_000,
    publications: 1 + (index % 3),
    returns: index % 3,
  };
}

export function makeServer(broadcasts: readonly BroadcastSnapshot[], seconds: number): ServerSnapshot {
  const viewers = broadcasts.reduce((sum, broadcast) => sum + broadcast.viewers.total, 0);
  const live = broadcasts.filter(({ state }) => state === "live").length;
  return {
    version: "0.1.0",
    startedAtMs: STARTED_AT_MS,
    uptimeSeconds: seconds,
    workers: 1,
    waysIn: [
      { scheme: "rtmp", port: 1935 },
      { scheme: "rtmpt", port: 1935 },
      { scheme: "ws", port: 1935 },
      { scheme: "http", port: 1935 },
    ],
    connections: viewers + live,
    publishers: live,
    viewers,
    broadcasts: broadcasts.length,
    receivedBytes: Math.round((2_900_000 * live + 1) * (seconds + wave(seconds, 3) * 0.05)),
    sentBytes: Math.round(410_000 * viewers * (seconds + wave(seconds, 5) * 0.07)),
    cpuSeconds: seconds * 0.23 + wave(seconds, 1) * 0.03,
    residentBytes: 187_000_000,
    eventLoopDelayMs: { p50: 1.2, p99: 6.8 },
    refusals: { "limit.connections-per-address": 12, "publish.name-taken": 3, "session.ping-timeout": 2 },
  };
}

export function makeHistory(index: number, untilMs: number, count: number): BroadcastSample[] {
  const { figures } = HEALTH[index % HEALTH.length] ?? GOOD_HEALTH;
  return Array.from({ length: count }, (_, position) => {
    const second = Math.floor(untilMs / 1000) - count + position;
    return {
      atMs: second * 1000,
      videoBitrate: Math.round((figures.videoBitrate ?? 0) * (1 + 0.1 * wave(second, index))),
      audioBitrate: Math.round((figures.audioBitrate ?? 0) * (1 + 0.02 * wave(second, index + 1))),
      frameRate: Math.round(((figures.frameRate ?? 30) + (wave(second, 2) > 1.6 ? -1 : 0)) * 10) / 10,
      viewers: Math.max(0, Math.round(42 + 6 * wave(second / 12, index))),
    };
  });
}

export function makeConnections(
  broadcasts: readonly BroadcastSnapshot[],
  count: number,
  nowMs: number,
): ConnectionSnapshot[] {
  const publishers = broadcasts.flatMap(({ name, publisher }, index) =>
    publisher === undefined
      ? []
      : [{ ...makeConnection(index + 1, nowMs), ...publisher, id: publisher.connection, publishing: [name] }],
  );
  const viewers = Array.from({ length: count }, (_, index) => {
    const broadcast = broadcasts[index % Math.max(1, broadcasts.length)]?.name ?? "live/gone";
    const connection = makeConnection(1000 + index, nowMs);
    return { ...connection, playing: [makeViewing(broadcast, index)] };
  });
  return [...publishers, ...viewers];
}

function makeConnection(number: number, nowMs: number): ConnectionSnapshot {
  return {
    id: `${number}`,
    protocol: PROTOCOLS[number % PROTOCOLS.length] ?? "rtmp",
    remoteAddress: `198.51.100.${number % 250}:${40_000 + (number % 20_000)}`,
    client: number % 3 === 0 ? "VLC/3.0.21 LibVLC/3.0.21" : "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0",
    app: "live",
    connectedAtMs: nowMs - 1000 * ((number * 733) % 8000),
    publishing: [],
    playing: [],
    receivedBytes: 4000 + number * 71,
    sentBytes: 1_000_000 * ((number * 37) % 900),
    unsentBytes: number % 9 === 0 ? 410_000 : 0,
    roundTripMs: 8 + ((number * 13) % 90),
  };
}

function makeViewing(broadcast: string, index: number): ViewingSnapshot {
  return {
    broadcast,
    lagMs: (index * 97) % 900,
    lagBytes: 40_000,
    isPaused: index % 17 === 16,
    sentBytes: 12_000_000 + index * 1_300_000,
    droppedMessages: index % 5 === 4 ? 36 : 0,
    skips: index % 5 === 4 ? 2 : 0,
  };
}

export function makeEvents(nowMs: number): MonitorEvent[] {
  const rows: readonly Omit<MonitorEvent, "id" | "atMs">[] = [
    { kind: "server", level: "info", text: "The server listens on port 1935." },
    {
      kind: "publish",
      level: "info",
      text: "OBS Studio 32.0.1 publishes.",
      broadcast: "live/demo",
      remoteAddress: "192.0.2.10:51000",
    },
    {
      kind: "play",
      level: "info",
      text: "A viewer came by HTTP-FLV.",
      broadcast: "live/demo",
      remoteAddress: "198.51.100.4:40211",
    },
    {
      kind: "publish-refused",
      level: "warning",
      text: "The name live/demo is published already, by 192.0.2.10.",
      broadcast: "live/demo",
      remoteAddress: "203.0.113.8:50444",
      code: "publish.name-taken",
    },
    { kind: "health", level: "warning", text: WARNING_HEALTH.verdict, broadcast: "live/main-stage" },
    {
      kind: "connection-failed",
      level: "error",
      text: "It sent a chunk of a message that was never begun.",
      remoteAddress: "203.0.113.99:61002",
      code: "chunk.no-message",
    },
    {
      kind: "publisher-lost",
      level: "warning",
      text: "The connection broke; its place is kept for 10 s.",
      broadcast: "live/roof-camera",
    },
    {
      kind: "publisher-returned",
      level: "info",
      text: "The publisher came back after 1.8 s; 7 viewers went on.",
      broadcast: "live/roof-camera",
    },
    { kind: "health", level: "error", text: BAD_HEALTH.verdict, broadcast: "live/roof-camera" },
    {
      kind: "play-end",
      level: "info",
      text: "The viewer left after 12 min 4 s.",
      broadcast: "live/demo",
      remoteAddress: "198.51.100.4:40211",
    },
  ];
  return rows.map((row, index) => ({ id: index + 1, atMs: nowMs - (rows.length - index) * 47_000, ...row }));
}

/** Smooth, between −2 and 2, and the same at each run. */
function wave(second: number, phase: number): number {
  return (
    Math.sin(second / 3.1 + phase) * 0.8 +
    Math.sin(second / 1.3 + phase * 2) * 0.5 +
    Math.sin(second / 11 + phase * 5) * 0.7
  );
}
