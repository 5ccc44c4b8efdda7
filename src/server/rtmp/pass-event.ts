import type { ServerEvent } from "../../rtmp/session/server-events.ts";
import type { ClientStreams } from "./client-streams.ts";
import type { FeatureClient } from "./feature-client.ts";

/** What is too frequent for a way round, or concerns the connection as a whole. */
type ConnectionEvent = Extract<
  ServerEvent,
  { readonly kind: "media" | "connect" | "close" | "swf-verification" | "play2" }
>;

/** Gives what a client asks for to its streams or to the features. */
export function passEvent(
  event: Exclude<ServerEvent, ConnectionEvent>,
  streams: ClientStreams,
  features: FeatureClient,
  nowMs: number,
): void {
  switch (event.kind) {
    case "publish":
      return streams.publish(event);
    case "play":
      return streams.play(event);
    case "data-set":
      return streams.write(event.streamId, event.message, nowMs);
    case "data-clear":
      return streams.clearData(event.streamId, event.name);
    case "unpublish":
      return streams.unpublish(event.streamId, "unpublished", event.reason);
    case "stop-play":
      return streams.stopPlaying(event.streamId, event.reason);
    case "pause":
      return streams.pause(event.streamId, event.isPaused);
    case "receive-audio":
      return streams.want(event.streamId, "audio", event.isEnabled);
    case "receive-video":
      return streams.want(event.streamId, "video", event.isEnabled);
    case "call":
      return features.receiveCall(event);
    case "result":
    case "error":
      return features.receiveAnswer(event);
    case "shared-object":
      return features.receiveSharedObject(event.message);
    case "seek":
    case "buffer-length":
    case "unsupported":
      return;
    default:
      return event satisfies never;
  }
}
