import { CHUNK_LIMITS_BEFORE_CONNECT, type ChunkLimits, DEFAULT_CHUNK_LIMITS } from "../../rtmp/chunk/chunk-limits.ts";
import type { Handshake } from "../../rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../../rtmp/handshake/server-handshake.ts";
import type { HandshakeFamily } from "../../rtmp/handshake/version.ts";
import { ServerSession, type ServerSessionOptions } from "../../rtmp/session/server-session.ts";
import { Wire } from "../../rtmp/session/wire.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import type { ServerContext } from "../context.ts";
import { ReadRounds } from "./read-rounds.ts";
import { UnwatchedReading, type UnwatchedReadingPort } from "./unwatched-reading.ts";

/** The handshake of one connection, which must be of one of `families`, and the wire behind it, as the options have them. */
export function createServerWire(
  context: ServerContext,
  families: readonly HandshakeFamily[],
  nowMs: number,
): { readonly handshake: Handshake; readonly wire: Wire } {
  const { timeouts, play, rtmpe, chunkSize, windowAcknowledgementSize } = context.options;
  const handshake = createServerHandshake({
    nowMs,
    crypto: nodeCrypto,
    families,
    ...(rtmpe.type !== undefined && { encryptedVersion: rtmpe.type }),
  });
  const wire = new Wire({
    handshake,
    limits: sharedBy(context).chunkLimitsBeforeConnect,
    chunkSize,
    windowAcknowledgementSize,
    interleave: play.interleave,
    pingAfterSilenceMs: timeouts.pingIntervalMs,
  });
  return { handshake, wire };
}

/** What a client may make us hold once it has been accepted. */
export function chunkLimitsOf(context: ServerContext): ChunkLimits {
  return sharedBy(context).chunkLimits;
}

/** How long a connection that says nothing need not be looked at: late by an eighth of its shortest time at most. */
export function quietMsOf(context: ServerContext): number {
  return sharedBy(context).quietMs;
}

/** How a connection reads while it publishes and nobody watches. */
export function createUnwatchedReading(context: ServerContext, port: UnwatchedReadingPort): UnwatchedReading {
  return new UnwatchedReading(port, sharedBy(context).readRounds, context.nowMs());
}

/** Whether that is worth it: tunnels and WebSockets keep what they have read, and TLS reads on by itself. */
export function readsInRounds({ options }: ServerContext, { transport }: ByteStream): boolean {
  return options.publish.unwatchedReadMs > 0 && transport === "tcp";
}

/** The session of one connection, as the options and the features want it. */
export function createServerSession(context: ServerContext): ServerSession {
  return new ServerSession(sharedBy(context).session);
}

/** What is the same for all connections of a server: made once, since each of them keeps it. */
type SharedOptions = {
  readonly chunkLimitsBeforeConnect: ChunkLimits;
  readonly chunkLimits: ChunkLimits;
  readonly session: ServerSessionOptions;
  readonly quietMs: number;
  readonly readRounds: ReadRounds;
};

const MAX_QUIET_MS = 2000;

const sharedOptions = new WeakMap<ServerContext, SharedOptions>();

function sharedBy(context: ServerContext): SharedOptions {
  const known = sharedOptions.get(context);
  if (known !== undefined) return known;
  const { limits, timeouts } = context.options;
  const { maxMessageBytes, maxChunkStreams, maxPartialBytes, maxHeaderOverheadBytes } = {
    ...DEFAULT_CHUNK_LIMITS,
    ...limits,
  };
  const shared: SharedOptions = {
    chunkLimitsBeforeConnect: { ...CHUNK_LIMITS_BEFORE_CONNECT, maxChunkStreams },
    chunkLimits: { maxMessageBytes, maxChunkStreams, maxPartialBytes, maxHeaderOverheadBytes },
    session: sessionOptionsOf(context),
    readRounds: new ReadRounds(context.options.publish.unwatchedReadMs),
    quietMs: Math.min(MAX_QUIET_MS, timeouts.idleMs / 8, timeouts.pingIntervalMs / 8),
  };
  sharedOptions.set(context, shared);
  return shared;
}

function sessionOptionsOf({ options, features = [] }: ServerContext): ServerSessionOptions {
  const registry = features.find((feature) => feature.registry !== undefined)?.registry;
  return {
    limits: options.limits,
    delegatedCommands: features.flatMap((feature) => feature.delegatedCommands ?? []),
    reportsSharedObjects: features.some((feature) => feature.servesSharedObjects),
    ...(registry !== undefined && { registry }),
  };
}
