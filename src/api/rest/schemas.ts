import { z } from "@hono/zod-openapi";
import { HEALTH_CODES, type HealthCode } from "../../broadcast/health/health-codes.ts";
import type { HealthFigures, HealthFinding, HealthReport } from "../../broadcast/health/health-report.ts";
import type {
  BroadcastSample,
  BroadcastSnapshot,
  ClientProtocol,
  ConnectionSnapshot,
  MonitorEvent,
  PublisherSnapshot,
  ServerSnapshot,
  TrackSnapshot,
  ViewingSnapshot,
} from "../../server/snapshots.ts";
import { RTMP_SCHEMES } from "../../transport/rtmp-url.ts";
import { LISTENER_WAYS } from "../../transport/ways-in.ts";
import type { ViewerSnapshot } from "../cached-monitor.ts";
import { PROBLEM_STATUS, type Problem, type ProblemCode } from "../problem.ts";

/* The forms of src/server/snapshots.ts for the OpenAPI document: a type that changes there does not compile here. */

export const PROTOCOLS: readonly ClientProtocol[] = [...RTMP_SCHEMES, "http-flv", "ws-flv", "hls"];

const count = z.int().min(0);
const amount = z.number().min(0);
const timeOfDay = z.number().describe("Milliseconds since 1970.");
const worker = count.optional().describe("Where the server runs in several processes.");

export const protocol: z.ZodType<ClientProtocol> = z.enum(PROTOCOLS).openapi("Protocol");

export const server: z.ZodType<ServerSnapshot> = z
  .object({
    version: z.string(),
    startedAtMs: timeOfDay,
    uptimeSeconds: amount,
    workers: count.describe("Processes; 1 unless the server runs in several."),
    waysIn: z
      .array(z.object({ scheme: z.enum(LISTENER_WAYS), port: count }))
      .optional()
      .describe("Where clients reach it."),
    connections: count,
    publishers: count,
    viewers: count,
    broadcasts: count,
    receivedBytes: amount.describe("By all connections so far, the ended ones too."),
    sentBytes: amount,
    cpuSeconds: amount,
    residentBytes: amount,
    eventLoopDelayMs: z.object({ p50: amount, p99: amount }).describe("How late timers were in the last seconds."),
    refusals: z.record(z.string(), count).describe("By the code of the error: docs/errors.md."),
  })
  .openapi("Server");

const publisher: z.ZodType<PublisherSnapshot> = z
  .object({
    connection: z.string().describe("The id of its connection."),
    protocol,
    remoteAddress: z.string(),
    client: z.string().describe("What the encoder calls itself."),
  })
  .openapi("Publisher");

const track: z.ZodType<TrackSnapshot> = z
  .object({
    kind: z.enum(["audio", "video"]),
    trackId: count.describe("0 for the default track."),
    codec: z.string(),
    description: z.string(),
    width: count.optional().describe("Pixels."),
    height: count.optional(),
    sampleRate: count.optional().describe("Hz."),
    channels: count.optional(),
  })
  .openapi("Track");

const healthFinding: z.ZodType<HealthFinding> = z
  .object({
    code: z.enum(Object.keys(HEALTH_CODES) as HealthCode[]).describe("docs/doctor.md."),
    level: z.enum(["warning", "bad"]),
    text: z.string().describe("What is wrong, with figures."),
    advice: z.string().describe("What to do."),
  })
  .openapi("HealthFinding");

const healthFigures: z.ZodType<HealthFigures> = z
  .object({
    watchedMs: amount,
    videoBitrate: amount.optional().describe("Bits in a second."),
    audioBitrate: amount.optional(),
    declaredVideoBitrate: amount.optional(),
    declaredAudioBitrate: amount.optional(),
    frameRate: amount.optional(),
    declaredFrameRate: amount.optional(),
    gopMs: z.object({ least: amount, mean: amount, most: amount }).optional(),
    timestampsBack: count,
    timestampGaps: count,
    timestampRepairs: count,
    audioAheadMs: z.number().optional(),
    audioVideoDriftMs: z.number().optional(),
    interleaveMs: amount.optional(),
    speed: amount.optional().describe("Media in a second of time: 1 is real time."),
    jitterMs: amount.optional(),
    roundTripMs: amount.optional(),
    hasAcknowledged: z.boolean().optional(),
    hasAnsweredPing: z.boolean().optional(),
  })
  .openapi("HealthFigures");

const health: z.ZodType<HealthReport> = z
  .object({
    level: z.enum(["good", "warning", "bad", "unknown"]),
    verdict: z.string().describe("One sentence: the gravest finding with its advice, or that all is well."),
    findings: z.array(healthFinding).describe("The gravest first."),
    figures: healthFigures,
  })
  .openapi("Health");

export const broadcast: z.ZodType<BroadcastSnapshot> = z
  .object({
    name: z.string().describe("app/key"),
    state: z.enum(["live", "waiting", "idle"]),
    liveSinceMs: timeOfDay.optional(),
    publisher: publisher.optional(),
    tracks: z.array(track),
    metadata: z.record(z.string(), z.unknown()).optional().describe("What onMetaData says."),
    health: health.optional(),
    viewers: z.object({ total: count, byProtocol: z.partialRecord(z.enum(PROTOCOLS), count) }),
    receivedBytes: amount,
    receivedMessages: count,
    sentBytes: amount,
    heldBytes: amount.describe("Memory that is kept for newcomers and viewers that are behind."),
    publications: count,
    returns: count.describe("Publishers that came back within the grace time."),
    worker,
  })
  .openapi("Broadcast");

export const sample: z.ZodType<BroadcastSample> = z
  .object({
    atMs: timeOfDay,
    videoBitrate: amount.describe("Bits in a second."),
    audioBitrate: amount,
    frameRate: amount,
    viewers: count,
  })
  .openapi("Sample");

const viewingMembers = {
  broadcast: z.string(),
  lagMs: amount.describe("How far it is behind the newest message."),
  lagBytes: amount,
  isPaused: z.boolean(),
  sentBytes: amount,
  droppedMessages: count,
  skips: count.describe("How often it fell behind by more than its limit."),
};

const viewing: z.ZodType<ViewingSnapshot> = z.object(viewingMembers).openapi("Viewing");

export const connection: z.ZodType<ConnectionSnapshot> = z
  .object({
    id: z.string(),
    protocol,
    remoteAddress: z.string(),
    client: z.string().describe("flashVer of an RTMP client, User-Agent of one by HTTP."),
    app: z.string(),
    user: z.string().optional(),
    connectedAtMs: timeOfDay,
    publishing: z.array(z.string()).describe("Names of broadcasts."),
    playing: z.array(viewing),
    receivedBytes: amount,
    sentBytes: amount,
    unsentBytes: amount.describe("What the peer has not taken yet."),
    roundTripMs: amount.optional(),
    worker,
  })
  .openapi("Connection");

export const viewer: z.ZodType<ViewerSnapshot> = z
  .object({
    ...viewingMembers,
    connection: z.string().describe("The id of its connection."),
    protocol,
    remoteAddress: z.string(),
    client: z.string(),
    user: z.string().optional(),
    connectedAtMs: timeOfDay,
    worker,
  })
  .openapi("Viewer");

export const event: z.ZodType<MonitorEvent> = z
  .object({
    id: count.describe("Counts on by one."),
    atMs: timeOfDay,
    kind: z.enum([
      "publish",
      "publisher-returned",
      "publisher-lost",
      "publish-end",
      "publish-refused",
      "play",
      "play-end",
      "play-refused",
      "connection-failed",
      "connection-refused",
      "kicked",
      "health",
      "server",
    ]),
    level: z.enum(["info", "warning", "error"]),
    text: z.string().describe("A sentence, with the reason."),
    broadcast: z.string().optional(),
    connection: z.string().optional(),
    remoteAddress: z.string().optional(),
    protocol: protocol.optional(),
    code: z.string().optional().describe("The code of an error: docs/errors.md."),
    worker,
  })
  .openapi("Event");

/** One line of the event stream, `event: snapshot`. */
export type StreamSnapshot = {
  readonly server: ServerSnapshot;
  /** Without their metadata. */
  readonly broadcasts: readonly BroadcastSnapshot[];
  /** Of all broadcasts, where there are more than are sent. */
  readonly total: number;
};

export const streamSnapshot: z.ZodType<StreamSnapshot> = z
  .object({ server, broadcasts: z.array(broadcast), total: count })
  .openapi("StreamSnapshot");

const PROBLEM_CODES = Object.keys(PROBLEM_STATUS) as readonly ProblemCode[];

export const problem: z.ZodType<Problem> = z
  .object({
    type: z.string().describe("urn:millrace:problem: and the code."),
    title: z.string(),
    status: count,
    detail: z.string(),
    code: z.enum(PROBLEM_CODES),
  })
  .openapi("Problem");
