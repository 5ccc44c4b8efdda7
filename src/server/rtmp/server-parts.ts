import { CHUNK_LIMITS_BEFORE_CONNECT } from "../../rtmp/chunk/chunk-limits.ts";
import type { Handshake } from "../../rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../../rtmp/handshake/server-handshake.ts";
import type { HandshakeFamily } from "../../rtmp/handshake/version.ts";
import { ServerSession } from "../../rtmp/session/server-session.ts";
import { Wire } from "../../rtmp/session/wire.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import type { ServerContext } from "../context.ts";

/** The handshake of one connection, which must be of one of `families`, and the wire behind it, as the options have them. */
export function createServerWire(
  { options }: ServerContext,
  families: readonly HandshakeFamily[],
  nowMs: number,
): { readonly handshake: Handshake; readonly wire: Wire } {
  const { limits, timeouts, play, rtmpe, chunkSize, windowAcknowledgementSize } = options;
  const handshake = createServerHandshake({
    nowMs,
    crypto: nodeCrypto,
    families,
    ...(rtmpe.type !== undefined && { encryptedVersion: rtmpe.type }),
  });
  const wire = new Wire({
    handshake,
    limits: { ...CHUNK_LIMITS_BEFORE_CONNECT, maxChunkStreams: limits.maxChunkStreams },
    chunkSize,
    windowAcknowledgementSize,
    interleave: play.interleave,
    pingAfterSilenceMs: timeouts.pingIntervalMs,
  });
  return { handshake, wire };
}

/** The session of one connection, as the options and the features want it. */
export function createServerSession({ options, features = [] }: ServerContext): ServerSession {
  const registry = features.find((feature) => feature.registry !== undefined)?.registry;
  return new ServerSession({
    limits: options.limits,
    delegatedCommands: features.flatMap((feature) => feature.delegatedCommands ?? []),
    reportsSharedObjects: features.some((feature) => feature.servesSharedObjects),
    ...(registry !== undefined && { registry }),
  });
}
