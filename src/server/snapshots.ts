import type { HealthReport } from "../broadcast/health/health-report.ts";
import type { RtmpScheme } from "../transport/rtmp-url.ts";
import type { ListenerWay } from "../transport/ways-in.ts";

/*
 * What a server tells of itself: plain values, as JSON has them, so that processes can tell each other and the API can
 * hand them on as they are. Times of day are milliseconds since 1970; what is not known is left out.
 */

/** How a client came: by the scheme of its URL, or what it was served with by HTTP. */
export type ClientProtocol = RtmpScheme | "http-flv" | "ws-flv" | "hls";

export type ServerSnapshot = {
  readonly version: string;
  readonly startedAtMs: number;
  readonly uptimeSeconds: number;
  /** 1 unless the server runs in several processes. */
  readonly workers: number;
  /** Where clients reach it, one for each scheme and port that is listened on. */
  readonly waysIn?: readonly { readonly scheme: ListenerWay; readonly port: number }[];
  readonly connections: number;
  readonly publishers: number;
  readonly viewers: number;
  readonly broadcasts: number;
  /** By all connections so far, the ended ones too. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** How late timers were in the last seconds: a loop that is busy holds everybody up. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number };
  /** Those refused, or closed for what they did, since the start, by the code of the error or the kind of the refusal. */
  readonly refusals: Readonly<Record<string, number>>;
};

export type BroadcastSnapshot = {
  /** `app/key`. */
  readonly name: string;
  readonly state: "live" | "waiting" | "idle";
  /** When the present publication began. */
  readonly liveSinceMs?: number;
  readonly publisher?: PublisherSnapshot;
  readonly tracks: readonly TrackSnapshot[];
  /** What `onMetaData` says, as plain values, bounded in depth and length. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Absent until something was published. */
  readonly health?: HealthReport;
  readonly viewers: { readonly total: number; readonly byProtocol: Readonly<Partial<Record<ClientProtocol, number>>> };
  readonly receivedBytes: number;
  readonly receivedMessages: number;
  /** To viewers that are still there, and to those that have left. */
  readonly sentBytes: number;
  /** Memory that is kept for newcomers and viewers that are behind. */
  readonly heldBytes: number;
  /** Publishers so far, and how many of them came back within the grace time. */
  readonly publications: number;
  readonly returns: number;
  /** Where the server runs in several processes: which one has the publisher. */
  readonly worker?: number;
};

export type PublisherSnapshot = {
  /** The id of its connection. */
  readonly connection: string;
  readonly protocol: ClientProtocol;
  readonly remoteAddress: string;
  /** What the encoder calls itself. */
  readonly client: string;
};

export type TrackSnapshot = {
  readonly kind: "audio" | "video";
  /** 0 for the default track. */
  readonly trackId: number;
  readonly codec: string;
  /** All that is known of it, in one line. */
  readonly description: string;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Hz. */
  readonly sampleRate?: number;
  readonly channels?: number;
};

export type ConnectionSnapshot = {
  /** Unique in this server's life. */
  readonly id: string;
  readonly protocol: ClientProtocol;
  readonly remoteAddress: string;
  /** `flashVer` of an RTMP client, `User-Agent` of one by HTTP. */
  readonly client: string;
  readonly app: string;
  readonly user?: string;
  readonly connectedAtMs: number;
  /** Names of broadcasts. */
  readonly publishing: readonly string[];
  readonly playing: readonly ViewingSnapshot[];
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** What the peer has not taken yet. */
  readonly unsentBytes: number;
  /** Of the newest ping that was answered. */
  readonly roundTripMs?: number;
  readonly worker?: number;
};

/** One viewer of one broadcast. */
export type ViewingSnapshot = {
  readonly broadcast: string;
  /** How far it is behind the newest message. */
  readonly lagMs: number;
  readonly lagBytes: number;
  readonly isPaused: boolean;
  readonly sentBytes: number;
  readonly droppedMessages: number;
  /** How often it fell behind by more than its limit. */
  readonly skips: number;
};

/** Something that happened, for people who look after the server. */
export type MonitorEvent = {
  /** Counts on by one; with several processes, of the one that has the API. */
  readonly id: number;
  readonly atMs: number;
  readonly kind:
    | "publish"
    | "publisher-returned"
    | "publisher-lost"
    | "publish-end"
    | "publish-refused"
    | "play"
    | "play-end"
    | "play-refused"
    | "connection-failed"
    | "connection-refused"
    | "kicked"
    | "health"
    | "server";
  readonly level: "info" | "warning" | "error";
  /** A sentence, with the reason. */
  readonly text: string;
  readonly broadcast?: string;
  readonly connection?: string;
  readonly remoteAddress?: string;
  readonly protocol?: ClientProtocol;
  /** The code of an error: docs/errors.md. */
  readonly code?: string;
  readonly worker?: number;
};

/** One second of a broadcast. */
export type BroadcastSample = {
  readonly atMs: number;
  /** Bits in a second. */
  readonly videoBitrate: number;
  readonly audioBitrate: number;
  /** Pictures in a second. */
  readonly frameRate: number;
  readonly viewers: number;
};

/** What whoever looks after a server can see and do: one process, or all of them as one. */
export type ServerMonitor = {
  server(): Promise<ServerSnapshot>;
  broadcasts(): Promise<readonly BroadcastSnapshot[]>;
  /** Undefined where there is none of that name. */
  broadcast(name: string): Promise<BroadcastSnapshot | undefined>;
  /** The last minutes, oldest first, one sample a second. */
  history(name: string): Promise<readonly BroadcastSample[]>;
  connections(): Promise<readonly ConnectionSnapshot[]>;
  /** Those kept, oldest first, that come after `afterId`. */
  events(afterId?: number): readonly MonitorEvent[];
  /** Called for each event from now on. Returns a function that ends it. */
  onEvent(listener: (event: MonitorEvent) => void): () => void;
  /** Ends a connection; the reason is told to the client and stands in the log. False where there is none of that id. */
  kick(connection: string, reason: string): Promise<boolean>;
  /** Ends the publication of that name, for good: viewers are told. False where nobody publishes it. */
  kickPublisher(broadcast: string, reason: string): Promise<boolean>;
};
