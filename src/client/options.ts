import type { AmfEncodable, AmfValue } from "../formats/amf/amf-value.ts";
import { type AmfClass, createRegistry } from "../formats/amf/class-alias.ts";
import type { ExternalizableRegistry } from "../formats/amf/externalizable.ts";
import type { Credentials } from "../rtmp/authentication/client-authentication.ts";
import type { Interleave } from "../rtmp/chunk/outbound-scheduler.ts";
import type { ClientHandshakeForm } from "../rtmp/handshake/client-handshake.ts";
import type { SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import type { Capabilities } from "../rtmp/session/capabilities.ts";
import type { Status } from "../rtmp/session/status.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import type { ClientTlsOptions } from "../transport/client-tls-options.ts";
import type { ClientLimits } from "./client-limits.ts";
import { type ClientLog, silentLog } from "./log.ts";

/** All in milliseconds; `Infinity` for no limit. */
export type ClientTimeouts = {
  /** For looking up the host, connecting, a proxy, TLS, and opening a tunnel or a WebSocket, together. @default 10_000 */
  readonly connectMs: number;
  /** For the answer to one request of a tunnel, and then for each further part of it. @default 30_000 */
  readonly tunnelRequestMs: number;
  /** For the handshake. @default 10_000 */
  readonly handshakeMs: number;
  /** For the answer to `connect`, `publish`, `play` or a call, and for sending what is left when a stream is closed. @default 10_000 */
  readonly answerMs: number;
  /** For sending what is left when the connection is closed. @default 5_000 */
  readonly closeMs: number;
};

/** A method that the server may call. What it throws is told to the server only if it is a `StatusError`. */
export type ClientMethod = (...args: readonly AmfValue[]) => AmfEncodable | Promise<AmfEncodable>;

export type ConnectOptions = {
  /** Gives up when aborted, and ends a connection that stands: what is under way rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<ClientTimeouts>;
  /** For `rtmps://`, `rtmpts://` and `wss://`. @default the certificate must be for the host, and of a known authority */
  readonly tls?: ClientTlsOptions;
  /**
   * The HTTP proxy for tunnels and WebSockets, as `http://[user:password@]host[:port]`; false for none.
   * @default what the environment says, as curl reads it: http_proxy, https_proxy, all_proxy, no_proxy; none for this machine
   */
  readonly httpProxy?: string | false;
  /** Used instead of a connection to the URL's host. The connection owns it from then on. */
  readonly stream?: ByteStream;
  /**
   * For servers that ask publishers who they are, by Adobe's scheme or Limelight's. Not with `stream`, as it takes three
   * connections. @default user and password of the URL
   */
  readonly credentials?: Credentials;
  /**
   * How often the server may send the client elsewhere, by `ex.redirect`; never from TLS to none, nor user and password to
   * another host. 0: the refusal is what you get. @default 5
   */
  readonly maxRedirects?: number;
  /** The secret of servers that send a `secureToken`, which librtmp calls `token`. */
  readonly secureToken?: string;
  /** What the server may make the client hold or do. */
  readonly limits?: Partial<ClientLimits>;
  /** @default the path of the URL */
  readonly app?: string;
  /** @default the URL without user and password */
  readonly tcUrl?: string;
  /** @default "LNX 9,0,124,2" */
  readonly flashVersion?: string;
  /** 3 asks for AMF3. @default 0 */
  readonly objectEncoding?: 0 | 3;
  /** What is said of codecs and of Enhanced RTMP: `fourCcList`, `capsEx`, …. @default every codec */
  readonly capabilities?: Capabilities;
  /** Further members of the command object, such as `swfUrl` and `pageUrl`. */
  readonly members?: Readonly<Record<string, AmfEncodable>>;
  /** What the application on the server gets behind the command object. */
  readonly args?: readonly AmfEncodable[];
  /** `digest` for servers that want a Flash Player; `encrypted` is RTMPE. @default "encrypted" for rtmpe:// and rtmpte://, "digest" with `swf`, else "plain" */
  readonly handshake?: ClientHandshakeForm;
  /** Proves to a server that asks for it that this SWF file is run, by `identifySwf` of `millrace/rtmp`. Not with the handshake "plain". */
  readonly swf?: SwfIdentity;
  /** Payload bytes in each outgoing chunk, 128 to 16_777_215. @default 4096, as OBS does */
  readonly chunkSize?: number;
  /** After how many bytes the server acknowledges. @default 2_500_000 */
  readonly windowAcknowledgementSize?: number;
  /** `chunk`: audio and calls need not wait for a large picture; what is written is copied then. @default "message" */
  readonly interleave?: Interleave;
  /** `write` returns false while more bytes than this wait to be sent. @default 1 MiB */
  readonly highWaterBytes?: number;
  /** `write` throws `publish.queue` where more bytes than this would wait. @default 16 MiB */
  readonly maxQueuedBytes?: number;
  /** Methods that the server may call, by name: as they are, or made by `clientMethods`. */
  readonly methods?: Readonly<Record<string, ClientMethod>>;
  /** Takes the calls of the server that name no method of these. @default they are refused */
  readonly onCall?: (name: string, args: readonly AmfValue[]) => AmfEncodable | Promise<AmfEncodable>;
  /** Classes that travel in calls, by `classAlias`; `methodsOf` and `clientMethods` give their instances. */
  readonly classes?: readonly AmfClass[];
  /** Called with each status of the connection itself: AppShutdown, ReconnectRequest, …. */
  readonly onStatus?: (status: Status) => void;
  /** @default nothing is written */
  readonly log?: ClientLog;
};

/** Options with every default filled in. */
export type ResolvedConnectOptions = ConnectOptions & {
  readonly timeouts: ClientTimeouts;
  readonly highWaterBytes: number;
  readonly maxQueuedBytes: number;
  readonly log: ClientLog;
  readonly registry: ExternalizableRegistry;
};

export const DEFAULT_CLIENT_TIMEOUTS: ClientTimeouts = {
  connectMs: 10_000,
  tunnelRequestMs: 30_000,
  handshakeMs: 10_000,
  answerMs: 10_000,
  closeMs: 5_000,
};

/** 25 days: Node takes a longer time, and Infinity too, for 1 ms. */
export const LONGEST_TIMEOUT_MS: number = 2 ** 31 - 1;

const MIB = 1024 * 1024;
const SMALLEST_CHUNK_SIZE = 128;
const LARGEST_CHUNK_SIZE = 16_777_215;

/** A RangeError for a chunk size that peers cannot read. */
export function resolveConnectOptions(options: ConnectOptions): ResolvedConnectOptions {
  const { chunkSize = SMALLEST_CHUNK_SIZE, timeouts } = options;
  if (!Number.isInteger(chunkSize) || chunkSize < SMALLEST_CHUNK_SIZE || chunkSize > LARGEST_CHUNK_SIZE) {
    throw new RangeError(`a chunkSize of ${chunkSize}. Use ${SMALLEST_CHUNK_SIZE} to ${LARGEST_CHUNK_SIZE}.`);
  }
  return {
    ...options,
    timeouts: {
      connectMs: resolveTimeout(timeouts?.connectMs, DEFAULT_CLIENT_TIMEOUTS.connectMs),
      tunnelRequestMs: resolveTimeout(timeouts?.tunnelRequestMs, DEFAULT_CLIENT_TIMEOUTS.tunnelRequestMs),
      handshakeMs: resolveTimeout(timeouts?.handshakeMs, DEFAULT_CLIENT_TIMEOUTS.handshakeMs),
      answerMs: resolveTimeout(timeouts?.answerMs, DEFAULT_CLIENT_TIMEOUTS.answerMs),
      closeMs: resolveTimeout(timeouts?.closeMs, DEFAULT_CLIENT_TIMEOUTS.closeMs),
    },
    highWaterBytes: options.highWaterBytes ?? MIB,
    maxQueuedBytes: options.maxQueuedBytes ?? 16 * MIB,
    log: options.log ?? silentLog,
    registry: createRegistry(options.classes ?? []),
  };
}

/** Undefined counts as not given: programs hand on what they were given themselves. */
function resolveTimeout(timeoutMs: number | undefined, defaultMs: number): number {
  return Math.min(timeoutMs ?? defaultMs, LONGEST_TIMEOUT_MS);
}
