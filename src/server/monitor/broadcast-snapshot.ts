import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { Track } from "../../broadcast/tracks.ts";
import { countViewers, type ViewersByProtocol } from "../connection-tally.ts";
import type { Connections } from "../connections.ts";
import type { BroadcastSnapshot, PublisherSnapshot, TrackSnapshot } from "../snapshots.ts";
import { plainMetadata } from "./plain-metadata.ts";

export type SnapshotSurroundings = {
  readonly connections: Connections;
  readonly nowMs: number;
  /** The time of day at 0 of that clock. */
  readonly epochMs: number;
  readonly viewers: ViewersByProtocol;
};

/** What people are told of a broadcast. One that another process publishes has no publisher here. */
export function broadcastSnapshot(broadcast: Broadcast, around: SnapshotSurroundings): BroadcastSnapshot {
  const { name, state, publishedAtMs, counters, sentBytes, heldBytes } = broadcast;
  const { receivedBytes, receivedMessages, publications, returns } = counters;
  const publisher = publisherOf(broadcast, around);
  const payload = broadcast.metadata;
  const metadata = payload && plainMetadata(payload);
  const health = broadcast.healthAt(around.nowMs);
  return {
    name,
    state,
    ...(publishedAtMs !== undefined && { liveSinceMs: Math.round(around.epochMs + publishedAtMs) }),
    ...(publisher && { publisher }),
    tracks: broadcast.tracks.map(trackSnapshot),
    ...(metadata && { metadata }),
    ...(health && { health }),
    viewers: { total: countViewers(around.viewers), byProtocol: around.viewers },
    receivedBytes,
    receivedMessages,
    sentBytes,
    heldBytes,
    publications,
    returns,
  };
}

function publisherOf(
  broadcast: Broadcast,
  { connections, nowMs }: SnapshotSurroundings,
): PublisherSnapshot | undefined {
  const id = broadcast.publisher?.connection;
  const connection = id === undefined ? undefined : connections.find(id);
  if (connection === undefined) return undefined;
  const { protocol, remoteAddress, client } = connection.snapshot(nowMs);
  return { connection: connection.id, protocol, remoteAddress, client };
}

function trackSnapshot({ kind, trackId, codec }: Track): TrackSnapshot {
  const { width, height, sampleRate, channels, text } = codec;
  return {
    kind,
    trackId,
    codec: codec.codec,
    description: text,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(sampleRate !== undefined && { sampleRate }),
    ...(channels !== undefined && { channels }),
  };
}
