import { describeAmf } from "../../formats/amf/describe-amf.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { describeUserControl } from "../message/control.ts";
import type { CallEndedEvent, CallEvent, CloseEvent, SharedObjectEvent, UnsupportedEvent } from "./call-events.ts";
import type { ClientEvent } from "./client-events.ts";
import type { ServerEvent } from "./server-events.ts";

/** One line for a trace or a failing test. Tells no whole stream key, and no query. */
export function describeServerEvent(event: ServerEvent): string {
  switch (event.kind) {
    case "connect":
      return `connect app=${quote(event.app)} objectEncoding=${event.objectEncoding}`;
    case "publish":
      return `publish stream=${event.streamId} key=${redact(event.name)} type=${event.publishType}`;
    case "play":
      return `play stream=${event.streamId} key=${redact(event.name)} start=${event.startMs} reset=${event.reset}`;
    case "play2":
      return `play2 stream=${event.streamId} key=${redact(event.name)} transition=${quote(event.transition)}`;
    case "media":
      return describeMedia(event.streamId, event.message);
    case "data-set":
    case "data-clear":
      return `${event.kind} stream=${event.streamId} name=${quote(event.name)}`;
    case "unpublish":
    case "stop-play":
      return `${event.kind} stream=${event.streamId} by=${event.reason}`;
    case "pause":
      return `${event.isPaused ? "pause" : "resume"} stream=${event.streamId} at=${event.positionMs}`;
    case "seek":
      return `seek stream=${event.streamId} to=${event.positionMs}`;
    case "receive-audio":
    case "receive-video":
      return `${event.kind} stream=${event.streamId} ${event.isEnabled ? "on" : "off"}`;
    case "buffer-length":
      return `buffer-length stream=${event.streamId} ms=${event.bufferMs}`;
    case "swf-verification":
      return `swf-verification of ${event.response.length} bytes`;
    default:
      return describeCallEvent(event);
  }
}

/** One line for a trace or a failing test. */
export function describeClientEvent(event: ClientEvent): string {
  switch (event.kind) {
    case "connected":
      return `connected server=${quote(event.serverVersion)} objectEncoding=${event.objectEncoding}`;
    case "connect-rejected":
      return `connect-rejected ${event.code}`;
    case "stream-created":
      return `stream-created stream=${event.streamId}`;
    case "status":
      return `status stream=${event.streamId} ${event.status.level} ${event.status.code}`;
    case "media":
      return describeMedia(event.streamId, event.message);
    case "data":
      return `data stream=${event.streamId} name=${quote(event.name)}`;
    case "user-control":
      return describeUserControl(event.control);
    case "bandwidth":
      return `bandwidth kbps=${event.kbps}`;
    case "reconnect-request":
      return `reconnect-request to=${quote(event.tcUrl ?? "")}`;
    default:
      return describeCallEvent(event);
  }
}

function describeCallEvent(
  event: CallEvent | CallEndedEvent | SharedObjectEvent | UnsupportedEvent | CloseEvent,
): string {
  switch (event.kind) {
    case "call":
      return `call ${quote(event.name)} id=${event.transactionId} stream=${event.streamId}`;
    case "result":
    case "error":
      return `${event.kind} of ${quote(event.name)} id=${event.transactionId}`;
    case "shared-object":
      return `shared-object of ${event.message.payload.length} bytes`;
    case "unsupported":
      return `unsupported type=${event.messageType}`;
    case "close":
      return "close";
    default:
      return event satisfies never;
  }
}

function describeMedia(streamId: number, message: MediaMessage): string {
  const { kind, timestamp, payload, isConfig, isKeyframe, trackId } = message;
  const marks = [isConfig && " config", isKeyframe && " keyframe", trackId > 0 && ` track=${trackId}`];
  return `${kind} stream=${streamId} at=${timestamp} bytes=${payload.length}${marks.filter(Boolean).join("")}`;
}

/** Names come from the peer: quoted and escaped, they cannot forge a line. */
function quote(text: string): string {
  return describeAmf(text);
}

/** Enough to know one's own key by. */
function redact(key: string): string {
  return quote(key.length <= 4 ? "…" : `${key.slice(0, 2)}…`);
}
