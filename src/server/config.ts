import * as z from "zod";
import { type ApiConfig, api } from "./config-api.ts";
import { type AuthenticationConfig, authentication } from "./config-authentication.ts";
import { type SharedObjectsConfig, sharedObjects } from "./config-shared-objects.ts";
import {
  type HttpConfig,
  http,
  type IssueParameters,
  listen,
  type RtmpeConfig,
  rtmpe,
  type SwfVerificationConfig,
  swfVerification,
  type TlsConfig,
  tls,
} from "./config-transports.ts";
import { type WorkersConfig, workers } from "./config-workers.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PLAY_OPTIONS,
  DEFAULT_PUBLISH_OPTIONS,
  DEFAULT_TIMEOUTS,
  type ListenAddress,
  type ServerLimits,
  type ServerPlayOptions,
  type ServerPublishOptions,
  type ServerTimeouts,
} from "./options.ts";

/**
 * All that an operator can set. The schema below is the one place with the ranges and what each key does: docs/config.md,
 * the environment names and the checks follow from it. An option of the server becomes a key by a line there.
 */
export type Config = {
  readonly listen: readonly ListenAddress[];
  /** Processes; 1: this one alone. */
  readonly workers: WorkersConfig;
  /** Undefined: the server chooses. */
  readonly chunkSize?: number | undefined;
  readonly windowAcknowledgementSize: number;
  readonly tls: TlsConfig;
  readonly http: HttpConfig;
  readonly rtmpe: RtmpeConfig;
  readonly swfVerification: SwfVerificationConfig;
  readonly sharedObjects: SharedObjectsConfig;
  readonly authentication: AuthenticationConfig;
  readonly api: ApiConfig;
  readonly publish: ServerPublishOptions;
  readonly play: ServerPlayOptions;
  readonly timeouts: ServerTimeouts;
  readonly limits: ServerLimits;
  readonly log: LogConfig;
};

export type LogConfig = {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "auto" | "pretty" | "json";
};

const MIB = 2 ** 20;

/** The longest time that a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const milliseconds = (standard: number, doc: string, minimum = 1) =>
  z.int().min(minimum).max(MAX_TIMER_MS).default(standard).describe(doc);

const count = (standard: number, doc: string, minimum = 1, maximum = 1_000_000_000) =>
  z.int().min(minimum).max(maximum).default(standard).describe(doc);

const publish = z
  .strictObject({
    busyName: z
      .enum(["refuse", "takeover", "takeover-when-stale"])
      .default(DEFAULT_PUBLISH_OPTIONS.busyName)
      .describe(
        "What happens when somebody publishes under a name that is in use: the newcomer is refused, takes over, or (takeover-when-stale) waits until the present publisher sends something, and is refused, or has sent nothing for publish.staleAfterMs, and takes over.",
      ),
    staleAfterMs: milliseconds(
      DEFAULT_PUBLISH_OPTIONS.staleAfterMs,
      "How long a publisher may be silent before takeover-when-stale lets another in.",
    ),
    graceMs: milliseconds(
      DEFAULT_PUBLISH_OPTIONS.graceMs,
      "How long viewers are kept when the connection of their publisher is lost, so that it can come back. 0: not at all.",
      0,
    ),
    unwatchedReadMs: milliseconds(
      DEFAULT_PUBLISH_OPTIONS.unwatchedReadMs,
      "How often a publisher is read that nobody watches, which costs a fraction of reading each message as it comes; whoever comes to watch gets all of it at once. 0: as it comes.",
      0,
    ),
  })
  .prefault({})
  .describe("Who may publish under which name, and what happens when a publisher is lost.");

const play = z
  .strictObject({
    flush: z
      .enum(["low", "instant", "merge"])
      .default(DEFAULT_PLAY_OPTIONS.flush)
      .describe(
        "When viewers are written to: at each video frame, with audio held for it (low); at once (instant); every play.mergeMs, in larger writes that cost less CPU (merge).",
      ),
    mergeMs: milliseconds(
      DEFAULT_PLAY_OPTIONS.mergeMs,
      "The time between two writes to a viewer when play.flush is merge.",
    ),
    audioHoldMs: milliseconds(
      DEFAULT_PLAY_OPTIONS.audioHoldMs,
      "How long audio waits for the next video frame when play.flush is low. 0: not at all.",
      0,
    ),
    interleave: z
      .enum(["message", "chunk"])
      .default(DEFAULT_PLAY_OPTIONS.interleave)
      .describe("Whether messages are sent whole, or large ones leave room for urgent ones at each chunk."),
    maxLagBytes: count(
      DEFAULT_PLAY_OPTIONS.maxLagBytes,
      "How far behind a viewer may be before frames are left out for it.",
      65_536,
      1024 * MIB,
    ),
    maxLagMs: milliseconds(DEFAULT_PLAY_OPTIONS.maxLagMs, "The same in media time."),
    blockedTimeoutMs: milliseconds(
      DEFAULT_PLAY_OPTIONS.blockedTimeoutMs,
      "How long a viewer may take nothing at all before it is closed.",
    ),
  })
  .prefault({})
  .describe("How viewers are served.");

const timeouts = z
  .strictObject({
    handshakeMs: milliseconds(
      DEFAULT_TIMEOUTS.handshakeMs,
      "For each of: the first byte of a connection, a TLS handshake, the RTMP handshake.",
    ),
    connectMs: milliseconds(DEFAULT_TIMEOUTS.connectMs, "From the handshake to the connect command."),
    idleMs: milliseconds(
      DEFAULT_TIMEOUTS.idleMs,
      "How long nothing at all may come from a peer, answers to pings included, before it is closed.",
    ),
    publisherSilenceMs: milliseconds(
      DEFAULT_TIMEOUTS.publisherSilenceMs,
      "How long nothing may come from a publisher before it is taken for dead and closed.",
    ),
    pingIntervalMs: milliseconds(DEFAULT_TIMEOUTS.pingIntervalMs, "How long a peer is silent before it is pinged."),
    hookMs: milliseconds(DEFAULT_TIMEOUTS.hookMs, "How long a hook of the application may take to decide."),
    drainMs: milliseconds(DEFAULT_TIMEOUTS.drainMs, "How long a stop waits for connections to end by themselves.", 0),
    tunnelMs: milliseconds(
      DEFAULT_TIMEOUTS.tunnelMs,
      "How long no request may come for an RTMPT session before it is taken for dead.",
    ),
    requestMs: milliseconds(DEFAULT_TIMEOUTS.requestMs, "How long one HTTP request may take to arrive."),
    swfVerificationMs: milliseconds(
      DEFAULT_TIMEOUTS.swfVerificationMs,
      "How long a player may take to prove which SWF file it runs, where that is asked for.",
    ),
  })
  .prefault({})
  .describe("How long the server waits.");

const limits = z
  .strictObject({
    maxConnections: count(DEFAULT_LIMITS.maxConnections, "Connections at a time. A further one is closed at once."),
    maxConnectionsPerAddress: count(
      DEFAULT_LIMITS.maxConnectionsPerAddress,
      "The same for one IPv4 address, or one IPv6 network of 64 bits. 0: no limit.",
      0,
    ),
    maxMessageBytes: count(DEFAULT_LIMITS.maxMessageBytes, "The longest message that a peer may send.", 4096, 16 * MIB),
    maxChunkStreams: count(DEFAULT_LIMITS.maxChunkStreams, "Chunk streams that one peer may use.", 4, 65_598),
    maxPartialBytes: count(
      DEFAULT_LIMITS.maxPartialBytes,
      "What one peer may have sent of messages that are not complete.",
      4096,
      1024 * MIB,
    ),
    maxNetStreams: count(DEFAULT_LIMITS.maxNetStreams, "Streams that one connection may have open.", 1, 65_535),
    maxPendingCalls: count(DEFAULT_LIMITS.maxPendingCalls, "Calls of one connection that may wait for an answer."),
    maxCommandsPerSecond: count(
      DEFAULT_LIMITS.maxCommandsPerSecond,
      "Commands that one peer may send in a second. Each 4 KiB of a long one count as one more.",
    ),
    maxUnreadReplyBytes: count(
      DEFAULT_LIMITS.maxUnreadReplyBytes,
      "Answers that may wait for a peer that does not read them.",
      4096,
      1024 * MIB,
    ),
    maxBroadcasts: count(
      DEFAULT_LIMITS.maxBroadcasts,
      "Broadcasts that are published at a time, and as many again that are only waited for.",
    ),
    maxGopBytes: count(
      DEFAULT_LIMITS.maxGopBytes,
      "What is kept of one broadcast, from the newest keyframe on, for whoever joins.",
      65_536,
      1024 * MIB,
    ),
    maxLogMessages: count(
      DEFAULT_LIMITS.maxLogMessages,
      "The same in messages. It bounds what is kept for viewers that are behind, too.",
      100,
    ),
    maxConfigBytes: count(
      DEFAULT_LIMITS.maxConfigBytes,
      "Codec configurations and metadata that are kept of one broadcast; each counts 512 bytes more.",
      4096,
      1024 * MIB,
    ),
    maxNameBytes: count(
      DEFAULT_LIMITS.maxNameBytes,
      "The longest name of a broadcast: application and stream key together.",
      16,
      65_535,
    ),
    maxQueryBytes: count(DEFAULT_LIMITS.maxQueryBytes, "What may stand behind ? in a stream key.", 16, 1024 * 1024),
    maxTunnels: count(DEFAULT_LIMITS.maxTunnels, "RTMPT sessions at a time. A further one is refused."),
    maxTunnelBodyBytes: count(
      DEFAULT_LIMITS.maxTunnelBodyBytes,
      "The longest body of one request of an RTMPT session.",
      4096,
      64 * MIB,
    ),
    maxTunnelPendingBytes: count(
      DEFAULT_LIMITS.maxTunnelPendingBytes,
      "What one RTMPT session may have sent that waits for an earlier request, or for the server.",
      4096,
      1024 * MIB,
    ),
  })
  .prefault({})
  .describe("What peers can make the server hold or do.");

const log = z
  .strictObject({
    level: z
      .enum(["debug", "info", "warn", "error"])
      .default("info")
      .describe("The least important lines that are written."),
    format: z
      .enum(["auto", "pretty", "json"])
      .default("auto")
      .describe(
        "Lines for people (pretty), one JSON object a line (json), or pretty on a terminal and JSON elsewhere (auto).",
      ),
  })
  .prefault({})
  .describe("What is written to standard error.");

const schema = z.strictObject({
  listen,
  workers,
  chunkSize: z
    .int()
    .min(128)
    .max(0xff_ff_ff)
    .optional()
    .describe(
      "The bytes of a message that one outgoing chunk carries. Unless it is set: 65536, and 4096 when play.interleave is chunk.",
    ),
  windowAcknowledgementSize: count(
    2_500_000,
    "The bytes after which a peer shall report that they have arrived.",
    1024,
    2 ** 31 - 1,
  ),
  tls,
  http,
  publish,
  play,
  rtmpe,
  swfVerification,
  sharedObjects,
  authentication,
  api,
  timeouts,
  limits,
  log,
}) satisfies z.ZodType<Config>;

/** What is wrong with one value. */
export type ConfigIssue = IssueParameters & {
  /** Where it stands in the configuration. */
  readonly path: readonly PropertyKey[];
};

export type ConfigParseResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/** Checks values that are nested like `Config`; what is absent gets its default. */
export function parseConfig(values: object): ConfigParseResult {
  const result = schema.safeParse(values);
  if (result.success) return { ok: true, config: result.data };
  return { ok: false, issues: result.error.issues.map(issueOf) };
}

function issueOf(issue: z.core.$ZodIssue): ConfigIssue {
  return { path: issue.path, ...(issue.code === "custom" && issue.params) };
}

/** The part of JSON Schema (2020-12) that describes a configuration file. */
export type ConfigJsonSchema = {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  /** Of text and of the items of a list: how they are written. */
  readonly form?: string;
  readonly exampleTexts?: readonly string[];
  readonly enum?: readonly string[];
  /** Of what may be a number or one word. */
  readonly anyOf?: readonly ConfigJsonSchema[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, ConfigJsonSchema>>;
};

/** The schema of a configuration file, for editors and for everything here that lists keys. */
export function configJsonSchema(): ConfigJsonSchema {
  return z.toJSONSchema(schema, { io: "input" }) as ConfigJsonSchema;
}
