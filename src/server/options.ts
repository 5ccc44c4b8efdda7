import type { BusyNamePolicy } from "../broadcast/publication.ts";
import type { AmfClass } from "../formats/amf/class-alias.ts";
import type { AuthenticationMode } from "../rtmp/authentication/access-manager.ts";
import type { SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import type { CertificateFiles } from "../transport/certificate-files.ts";
import type { ListenerWay } from "../transport/ways-in.ts";
import type { AnyApplication } from "./applications/application-types.ts";
import type { FlexOptions } from "./flex/flex-options.ts";
import { DEFAULT_HLS_OPTIONS, type HlsOptions } from "./hls/hls-options.ts";
import type { ServerHooks } from "./hooks.ts";
import type { Log } from "./log.ts";
import type { PoolEntrance } from "./pool.ts";
import type { SharedObjectsOptions } from "./shared-objects/shared-objects-options.ts";

/** Where a listener opens. */
export type ListenAddress = {
  /** An address or a name; `::` is every address of the machine. */
  readonly host: string;
  /** 0 = a free one that the system chooses. */
  readonly port: number;
  /**
   * The ways in, by the schemes of their URLs: one port takes them all. `http` and `https` are FLV and HLS, WebSockets with
   * FLV included. Those with TLS need `tls`. @default all
   */
  readonly accept?: readonly ListenerWay[];
  /**
   * Load balancers, as addresses or networks (`10.0.0.0/8`), that begin each connection with a PROXY protocol header.
   * Connections from elsewhere begin without. @default none
   */
  readonly proxyProtocolFrom?: readonly string[];
  /** HTTP proxies, as addresses or networks, whose `X-Forwarded-For` names the client. @default none */
  readonly forwardedFrom?: readonly string[];
};

export type { CertificateFiles };

/** What the ways in with TLS need: at least one certificate. */
export type ServerTlsOptions = {
  /** Clients that name a host get the certificate made for it, all others the first. `reload()` reads them again. */
  readonly certificates?: readonly CertificateFiles[];
  /** A folder with a self-signed certificate: it is made there at the first start, and used if none fits better. */
  readonly selfSignedFolder?: string;
  /** @default "TLSv1.2" */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** "TLSv1.2" for clients that break at TLS 1.3, as librtmp does with GnuTLS: docs/interop.md. @default "TLSv1.3" */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
};

/** Of all that comes by HTTP. */
export type ServerHttpOptions = {
  /**
   * Web pages that may open a WebSocket, publish, and read what is served, as their `Origin`: `https://example.org`. Programs
   * name none, and may. @default all
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * This server's own name, told to clients of RTMPT that ask for it (Flash does): they send all requests of their session
   * there, where one name stands for several servers. @default nothing is told
   */
  readonly publicHost?: string;
  /** FLV by HTTP and in WebSockets: `http://host/app/key.flv`. False: not served, and not taken. */
  readonly flv?: false | Partial<HttpFlvOptions>;
  /** HLS and Low-Latency HLS: `http://host/app/key/index.m3u8`. False: not served. */
  readonly hls?: false | Partial<HlsOptions>;
};

export type { HlsOptions };
export { DEFAULT_HLS_OPTIONS };

export type HttpFlvOptions = {
  /** How long a viewer waits for a broadcast that nobody publishes yet, in milliseconds. @default 5_000 */
  readonly waitMs: number;
  /** Whether `POST` and `PUT` publish. @default true */
  readonly publish: boolean;
};

/** RTMPE: obsolete, and no protection against anybody between client and server. */
export type ServerRtmpeOptions = {
  /** What is answered: 6, 8 (XTEA) or 9 (Blowfish). @default what the client asks for */
  readonly type?: 6 | 8 | 9;
};

/**
 * Asks players, at their first play, to prove that they run a known SWF file; they need a signed handshake for it. Keys and
 * algorithm are public: it keeps nobody out.
 */
export type SwfVerificationOptions = {
  /** By `identifySwf` of `millrace/rtmp`. */
  readonly allowed: readonly SwfIdentity[];
};

/**
 * User and password inside `connect`, as encoders send them for `rtmp://user:password@host/…`. MD5 and nothing encrypted:
 * offer it by RTMPS. Each client makes three connections.
 */
export type AuthenticationOptions = {
  /** Passwords by user's name, or a function that gives one; undefined for nobody. Names of up to 100 bytes, without & ? = and spaces. */
  readonly users: ReadonlyMap<string, string> | ((user: string) => string | undefined | Promise<string | undefined>);
  /** Adobe's scheme, and Limelight's. The first is what clients are told; they may begin with the others. @default ["adobe", "llnw"] */
  readonly modes?: readonly AuthenticationMode[];
  /** `publishers`: who says in `connect` that he publishes, as encoders do, is asked, and nobody else may. @default "publishers" */
  readonly appliesTo?: "publishers" | "all";
  /** Applications, with all their instances. @default every one */
  readonly apps?: readonly string[];
};

/** What `checkBandwidth` may cost: clients call it to be told by `onBWDone` how fast they read. */
export type BandwidthOptions = {
  /** Bytes of one measurement. @default 6 MiB */
  readonly maxBytes: number;
  /** How long one may take. @default 10_000 */
  readonly maxMs: number;
  /** From one to the next of a connection. @default 5_000 */
  readonly minIntervalMs: number;
  /** Connections that are measured at a time. @default 16 */
  readonly maxAtATime: number;
  /** Bytes of all measurements together, each counted with `maxBytes`. @default 256 MiB */
  readonly maxBytesPerMinute: number;
};

/** What peers may make the server hold. */
export type ServerLimits = {
  /** @default 10_000 */
  readonly maxConnections: number;
  /** From one IPv4 address, or one IPv6 network of 64 bits; 0 = no limit. @default 0 */
  readonly maxConnectionsPerAddress: number;
  /** Longest message. @default 16 MiB */
  readonly maxMessageBytes: number;
  /** Chunk streams of one connection. @default 64 */
  readonly maxChunkStreams: number;
  /** Bytes of unfinished messages of one connection. @default 16 MiB */
  readonly maxPartialBytes: number;
  /** Message streams of one connection. @default 16 */
  readonly maxNetStreams: number;
  /** Calls of one client that have no answer yet, and as many to it. @default 100 */
  readonly maxPendingCalls: number;
  /** Commands of one connection in a second, on average; twice as many may come at once. Each 4 KiB count as one more. @default 500 */
  readonly maxCommandsPerSecond: number;
  /** Answers that a peer has not read, in bytes. @default 256 KiB */
  readonly maxUnreadReplyBytes: number;
  /** Names that are published, and as many again that are only waited for. @default 10_000 */
  readonly maxBroadcasts: number;
  /** Bytes kept for newcomers since the newest keyframe of a broadcast. @default 64 MiB */
  readonly maxGopBytes: number;
  /** Messages of a broadcast kept for newcomers, and for viewers that are behind. @default 100_000 */
  readonly maxLogMessages: number;
  /** Bytes of configurations and metadata of a broadcast kept for newcomers; each counts 512 more. @default 1 MiB */
  readonly maxConfigBytes: number;
  /** App and key together. @default 1024 */
  readonly maxNameBytes: number;
  /** What stands behind `?` in a key. @default 8 KiB */
  readonly maxQueryBytes: number;
  /** RTMPT sessions. @default 1000 */
  readonly maxTunnels: number;
  /** The body of one HTTP request of a tunnel. @default 1 MiB */
  readonly maxTunnelBodyBytes: number;
  /** Bodies of one tunnel that wait for an earlier one, or for the server. @default 2 MiB */
  readonly maxTunnelPendingBytes: number;
};

/** All in milliseconds. */
export type ServerTimeouts = {
  /** For each of: the first byte of a connection, a TLS handshake, the RTMP handshake. @default 10_000 */
  readonly handshakeMs: number;
  /** From the end of the handshake to `connect`. @default 10_000 */
  readonly connectMs: number;
  /** Without a byte of the peer, pings included. @default 60_000 */
  readonly idleMs: number;
  /** Without a byte of a publisher. @default 15_000 */
  readonly publisherSilenceMs: number;
  /** A peer silent for this long is pinged. @default 30_000 */
  readonly pingIntervalMs: number;
  /** How long a hook may take to decide. @default 30_000 */
  readonly hookMs: number;
  /** How long a drain may take. @default 5_000 */
  readonly drainMs: number;
  /** A tunnel without any request. @default 30_000 */
  readonly tunnelMs: number;
  /** One HTTP request, from its first byte to its last. @default 15_000 */
  readonly requestMs: number;
  /** From the request for an SWF verification to the proof. @default 10_000 */
  readonly swfVerificationMs: number;
};

export type ServerPublishOptions = {
  /** What a second publisher of a name gets. @default "takeover-when-stale" */
  readonly busyName: BusyNamePolicy;
  /** A publisher silent for this long may be replaced. @default 5_000 */
  readonly staleAfterMs: number;
  /** How long viewers wait for a publisher whose connection broke. @default 10_000 */
  readonly graceMs: number;
  /**
   * While nobody watches, what a publisher sends is read so often, which costs a fraction of reading each message by itself;
   * whoever comes to watch gets all of it at once. 0 reads everything as it comes. @default 100
   */
  readonly unwatchedReadMs: number;
};

export type ServerPlayOptions = {
  /** When messages go out: with each video frame, at each read, or every `mergeMs`. @default "low" */
  readonly flush: "low" | "instant" | "merge";
  /** @default 350 */
  readonly mergeMs: number;
  /** How long audio waits for a video frame when `flush` is "low". @default 50 */
  readonly audioHoldMs: number;
  /** How far a viewer may be behind before messages are left out. @default 8 MiB */
  readonly maxLagBytes: number;
  /** @default 10_000 */
  readonly maxLagMs: number;
  /** A viewer that takes nothing for this long is closed. @default 30_000 */
  readonly blockedTimeoutMs: number;
  /** Whole messages, or chunks of several messages in turn: audio then overtakes a large keyframe. @default "message" */
  readonly interleave: "message" | "chunk";
};

export type MediaServerOptions = {
  /** @default every address of the machine, port 1935, every way in */
  readonly listen?: readonly ListenAddress[];
  /** Without it there is no TLS. */
  readonly tls?: ServerTlsOptions;
  readonly http?: ServerHttpOptions;
  readonly rtmpe?: ServerRtmpeOptions;
  /** Without it nobody is asked. */
  readonly swfVerification?: SwfVerificationOptions;
  /** @default nothing is written */
  readonly log?: Log;
  readonly hooks?: ServerHooks;
  /** False: `checkBandwidth` is answered, and nothing is measured. */
  readonly bandwidth?: false | Partial<BandwidthOptions>;
  /** Without it nobody is asked who he is. */
  readonly authentication?: AuthenticationOptions;
  /** Methods that clients call, by the applications that they connect to. @default none: all else is as without */
  readonly applications?: readonly AnyApplication[];
  /** Shared objects, temporary and persistent. @default none: clients that want them are ignored */
  readonly sharedObjects?: SharedObjectsOptions;
  /** Topics and services for Flex clients, by RTMP and as AMF over HTTP. @default none */
  readonly flex?: FlexOptions;
  /** Classes that travel in calls, beside those of the applications. */
  readonly classes?: readonly AmfClass[];
  readonly limits?: Partial<ServerLimits>;
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly publish?: Partial<ServerPublishOptions>;
  readonly play?: Partial<ServerPlayOptions>;
  /** Payload bytes of an outgoing chunk, 128 to 16_777_215; FFmpeg's publisher takes it over. @default 65_536, with interleave "chunk" 4_096 */
  readonly chunkSize?: number;
  /** After how many bytes peers acknowledge. @default 2_500_000 */
  readonly windowAcknowledgementSize?: number;
  /** Makes this one of several processes of a server: by `joinWorkerPool`. @default it is alone */
  readonly pool?: PoolEntrance;
};

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly limits: ServerLimits;
  readonly timeouts: ServerTimeouts;
  readonly publish: ServerPublishOptions;
  readonly play: ServerPlayOptions;
  readonly http: Omit<ServerHttpOptions, "flv" | "hls"> & {
    readonly flv: false | HttpFlvOptions;
    readonly hls: false | HlsOptions;
  };
  readonly chunkSize: number;
  readonly windowAcknowledgementSize: number;
  readonly rtmpe: ServerRtmpeOptions;
  readonly swfVerification: SwfVerificationOptions | undefined;
};

export const DEFAULT_LIMITS: ServerLimits = {
  maxConnections: 10_000,
  maxConnectionsPerAddress: 0,
  maxMessageBytes: 16 * 1024 * 1024,
  maxChunkStreams: 64,
  maxPartialBytes: 16 * 1024 * 1024,
  maxNetStreams: 16,
  maxPendingCalls: 100,
  maxCommandsPerSecond: 500,
  maxUnreadReplyBytes: 256 * 1024,
  maxBroadcasts: 10_000,
  maxGopBytes: 64 * 1024 * 1024,
  maxLogMessages: 100_000,
  maxConfigBytes: 1024 * 1024,
  maxNameBytes: 1024,
  maxQueryBytes: 8 * 1024,
  maxTunnels: 1000,
  maxTunnelBodyBytes: 1024 * 1024,
  maxTunnelPendingBytes: 2 * 1024 * 1024,
};

export const DEFAULT_TIMEOUTS: ServerTimeouts = {
  handshakeMs: 10_000,
  connectMs: 10_000,
  idleMs: 60_000,
  publisherSilenceMs: 15_000,
  pingIntervalMs: 30_000,
  hookMs: 30_000,
  drainMs: 5_000,
  tunnelMs: 30_000,
  requestMs: 15_000,
  swfVerificationMs: 10_000,
};

export const DEFAULT_PUBLISH_OPTIONS: ServerPublishOptions = {
  busyName: "takeover-when-stale",
  staleAfterMs: 5_000,
  graceMs: 10_000,
  unwatchedReadMs: 100,
};

export const DEFAULT_PLAY_OPTIONS: ServerPlayOptions = {
  flush: "low",
  mergeMs: 350,
  audioHoldMs: 50,
  maxLagBytes: 8 * 1024 * 1024,
  maxLagMs: 10_000,
  blockedTimeoutMs: 30_000,
  interleave: "message",
};

export const DEFAULT_HTTP_FLV_OPTIONS: HttpFlvOptions = { waitMs: 5_000, publish: true };

export function resolveOptions(options: MediaServerOptions): ResolvedOptions {
  const play = { ...DEFAULT_PLAY_OPTIONS, ...options.play };
  return {
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    publish: { ...DEFAULT_PUBLISH_OPTIONS, ...options.publish },
    play,
    http: {
      ...options.http,
      flv: options.http?.flv !== false && { ...DEFAULT_HTTP_FLV_OPTIONS, ...options.http?.flv },
      hls: options.http?.hls !== false && { ...DEFAULT_HLS_OPTIONS, ...options.http?.hls },
    },
    chunkSize: options.chunkSize ?? (play.interleave === "chunk" ? 4_096 : 65_536),
    windowAcknowledgementSize: options.windowAcknowledgementSize ?? 2_500_000,
    rtmpe: options.rtmpe ?? {},
    swfVerification: options.swfVerification,
  };
}
