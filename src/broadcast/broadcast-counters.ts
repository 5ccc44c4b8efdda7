import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { TimelineCounters } from "./timeline.ts";

/** What a broadcast has done so far. */
export type BroadcastCounters = {
  readonly timeline: TimelineCounters;
  receivedMessages: number;
  receivedBytes: number;
  videoBytes: number;
  audioBytes: number;
  /** Pictures of the default track. */
  videoFrames: number;
  /** To viewers that have left. Whoever sends what it got as a subscriber adds it here. */
  sentBytes: number;
  /** Pictures of a returned publisher before the first keyframe of their track. */
  droppedMessages: number;
  /** Publishers so far, and how many of them came back within the grace time. */
  publications: number;
  returns: number;
};

export function createCounters(timeline: TimelineCounters): BroadcastCounters {
  return {
    timeline,
    receivedMessages: 0,
    receivedBytes: 0,
    videoBytes: 0,
    audioBytes: 0,
    videoFrames: 0,
    sentBytes: 0,
    droppedMessages: 0,
    publications: 0,
    returns: 0,
  };
}

/** Counts a message that the publisher has sent. */
export function countMessage(counters: BroadcastCounters, message: MediaMessage): void {
  const { length } = message.payload;
  counters.receivedMessages++;
  counters.receivedBytes += length;
  if (message.kind === "audio") counters.audioBytes += length;
  if (message.kind !== "video") return;
  counters.videoBytes += length;
  if (!message.isConfig && message.trackId === 0) counters.videoFrames++;
}
