import { hasMembers } from "../../formats/amf/amf-value.ts";
import type { Command } from "../message/command.ts";
import type { ReconnectRequestEvent, StatusEvent } from "./client-events.ts";
import { applyToStream, type ClientNetStream, type ClientNetStreams } from "./client-net-stream.ts";
import { createStatus, decodeStatus, type Status } from "./status.ts";

/** `onStatus`, of whichever stream it is about; undefined if it has no code. */
export function receiveStatus(
  { commandObject, args }: Command,
  streamId: number,
  streams: ClientNetStreams,
): StatusEvent | ReconnectRequestEvent | undefined {
  const status = decodeStatus(args.find(hasMembers) ?? commandObject);
  if (status === undefined) return undefined;
  if (status.code === "NetConnection.Connect.ReconnectRequest") {
    const tcUrl = status.info?.get("tcUrl");
    const { description } = status;
    return { kind: "reconnect-request", tcUrl: typeof tcUrl === "string" ? tcUrl : undefined, description };
  }
  const isOfStream = streamId !== 0 || status.code.startsWith("NetStream.");
  const stream = isOfStream ? streams.resolve(streamId) : undefined;
  return stream === undefined ? { kind: "status", streamId, status } : statusOf(stream, status);
}

/** Servers should refuse `publish` and `play` by a status, but some do it by `_error`: docs/interop.md. */
export function receiveStreamRefusal(
  { name, transactionId, args }: Command,
  streams: ClientNetStreams,
): StatusEvent | undefined {
  const stream = name === "_error" && transactionId > 0 ? streams.findByRequest(transactionId) : undefined;
  if (stream === undefined) return undefined;
  const unknown = { ...createStatus("NetStream.Failed", `${stream.name} was refused.`), info: undefined };
  return statusOf(stream, { ...(decodeStatus(args[0]) ?? unknown), level: "error" });
}

function statusOf(stream: ClientNetStream, status: Status): StatusEvent {
  applyStatus(stream, status);
  return { kind: "status", streamId: stream.id, status };
}

/** Moves a stream to where the server's status says that it is. */
function applyStatus(stream: ClientNetStream, { level, code }: Status): void {
  switch (code) {
    case "NetStream.Publish.Start":
    case "NetStream.Play.Start":
    case "NetStream.Play.PublishNotify":
      applyToStream(stream, "accept");
      break;
    case "NetStream.Play.Stop":
      applyToStream(stream, "stop");
      break;
    case "NetStream.Seek.Failed":
    case "NetStream.Seek.InvalidTime":
      return;
    default:
      if (level !== "error") return;
      applyToStream(stream, "reject");
  }
  stream.requestId = 0;
}
