import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { answer, type CommandContext, type CommandHandler, refuse } from "./command-context.ts";
import { decodePlay2Request, decodePlayRequest } from "./play-request.ts";
import type { PublishType, ServerEvent } from "./server-events.ts";
import { createStatus, type StatusCode } from "./status.ts";
import { sendPublishStart } from "./stream-answers.ts";
import { nameText, splitQuery } from "./stream-name.ts";

/** What a client asks of one of its streams, on that stream's id. RTMP 1.0 section 7.2.2. */
export const STREAM_COMMANDS: ReadonlyMap<string, CommandHandler> = new Map<string, CommandHandler>([
  ["publish", publish],
  ["play", play],
  ["play2", play2],
  ["pause", pause],
  ["pauseraw", pause],
  ["seek", seek],
  ["receiveAudio", (context) => receive(context, "receive-audio")],
  ["receiveVideo", (context) => receive(context, "receive-video")],
  ["closeStream", closeStream],
]);

function publish(context: CommandContext): ServerEvent | undefined {
  const { command, streams, replies, streamId } = context;
  const [key, type] = command.args;
  // ActionScript's way to stop.
  if (key === false) return closeStream(context);
  if (isNameUnreadable(context)) return refuseName(context, "NetStream.Publish.BadName");
  const stream = streams.getOrOpen(streamId);
  const requestedName = nameText(key);
  if (stream.isPublisher && stream.requestedName === requestedName) {
    // Wirecast asks again before it stops: docs/interop.md.
    if (stream.state === "publishing") sendPublishStart(replies, stream);
    return undefined;
  }
  if (stream.isPublisher || !stream.apply("publish")) {
    context.counters.refusedCommands++;
    replies.status(
      streamId,
      createStatus("NetStream.Publish.BadName", `Stream ${streamId} is ${stream.state} already.`),
    );
    return undefined;
  }
  stream.requestedName = requestedName;
  const { name, query } = splitQuery(requestedName);
  return { kind: "publish", streamId, name, query, publishType: publishTypeOf(type) };
}

function play(context: CommandContext): ServerEvent | undefined {
  const { command, streams, replies, streamId } = context;
  if (command.args[0] === false) return closeStream(context);
  if (isNameUnreadable(context)) return refuseName(context, "NetStream.Play.Failed");
  const stream = streams.getOrOpen(streamId);
  if (!stream.apply("play")) {
    context.counters.refusedCommands++;
    replies.status(streamId, createStatus("NetStream.Play.Failed", `Stream ${streamId} is ${stream.state} already.`));
    return undefined;
  }
  const request = decodePlayRequest(command.args);
  stream.requestedName = nameText(command.args[0]);
  stream.isReset = request.reset;
  return { kind: "play", streamId, ...request, wantsAudio: stream.wantsAudio, wantsVideo: stream.wantsVideo };
}

function play2(context: CommandContext): ServerEvent | undefined {
  const { command, streams, streamId } = context;
  if (!streams.get(streamId)?.apply("play2")) return refuse(context);
  return { kind: "play2", streamId, ...decodePlay2Request(command.args) };
}

/** librtmp pauses and resumes in quick succession to fill its buffer: this must stay cheap (docs/interop.md). */
function pause(context: CommandContext): ServerEvent | undefined {
  const { command, streams, replies, streamId } = context;
  const stream = streams.get(streamId);
  const wasPaused = stream?.state === "paused";
  const isPaused = command.args.length === 0 || isTrue(command.args[0]);
  if (!stream?.apply(isPaused ? "pause" : "resume")) return refuse(context);
  if (isPaused) {
    replies.status(streamId, createStatus("NetStream.Pause.Notify", `Pausing ${stream.name}.`));
    if (stream.isRecorded) replies.streamEof(streamId);
  } else {
    if (stream.isRecorded) replies.streamBegin(streamId);
    replies.status(streamId, createStatus("NetStream.Unpause.Notify", `Unpausing ${stream.name}.`));
  }
  if (isPaused === wasPaused) return undefined;
  return { kind: "pause", streamId, isPaused, positionMs: milliseconds(command.args[1]) };
}

function seek(context: CommandContext): ServerEvent | undefined {
  const { command, streams, replies, streamId } = context;
  const stream = streams.get(streamId);
  if (!stream?.apply("seek")) return refuse(context);
  if (stream.isRecorded) return { kind: "seek", streamId, positionMs: milliseconds(command.args[0]) };
  replies.status(streamId, createStatus("NetStream.Seek.Failed", `${stream.name} is live.`));
  return undefined;
}

function receive(context: CommandContext, kind: "receive-audio" | "receive-video"): ServerEvent | undefined {
  const { command, streams, replies, streamId } = context;
  const stream = streams.get(streamId);
  if (!stream?.apply(kind === "receive-audio" ? "receiveAudio" : "receiveVideo")) return refuse(context);
  // A number is ActionScript's receiveVideoFPS: no picture is left out for it, but 0 means none.
  const isEnabled = isTrue(command.args[0]);
  if (kind === "receive-audio") stream.wantsAudio = isEnabled;
  else stream.wantsVideo = isEnabled;
  if (!isEnabled) answer(context);
  else if (stream.state === "playing" || stream.state === "paused") {
    replies.status(streamId, createStatus("NetStream.Seek.Notify", `Seeking (stream ID: ${streamId}).`));
    replies.status(streamId, createStatus("NetStream.Play.Start", `Started playing ${stream.name}.`));
  } else answer(context);
  return { kind, streamId, isEnabled };
}

/** The stream stays, and may be used again. */
function closeStream(context: CommandContext): ServerEvent | undefined {
  const { streams, streamId } = context;
  answer(context);
  const stream = streams.get(streamId);
  const { isPublisher = false, isPlayer = false } = stream ?? {};
  stream?.apply("closeStream");
  if (isPublisher) return { kind: "unpublish", streamId, reason: "closeStream" };
  if (isPlayer) return { kind: "stop-play", streamId, reason: "closeStream" };
  return undefined;
}

function isNameUnreadable({ command }: CommandContext): boolean {
  return command.unreadable !== undefined && command.args.length === 0;
}

function refuseName({ command, replies, streamId, counters }: CommandContext, code: StatusCode): undefined {
  counters.refusedCommands++;
  replies.status(streamId, createStatus(code, `The name cannot be read: ${command.unreadable}.`));
}

function publishTypeOf(type: AmfValue): PublishType {
  if (type === "record") return "record";
  return type === "append" || type === "appendWithGap" ? "append" : "live";
}

function isTrue(value: AmfValue): boolean {
  return value === true || (typeof value === "number" && value !== 0);
}

function milliseconds(value: AmfValue): number {
  return typeof value === "number" && value > 0 ? value : 0;
}
