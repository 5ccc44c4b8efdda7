import { answer, type CommandContext, type CommandHandler } from "./command-context.ts";
import type { ServerEvent } from "./server-events.ts";
import type { ServerNetStream } from "./server-net-stream.ts";
import { createStatus } from "./status.ts";

/** What a client asks of the connection, on stream 0. RTMP 1.0 section 7.2.1, and what Adobe's servers added to it. */
export const CONNECTION_COMMANDS: ReadonlyMap<string, CommandHandler> = new Map<string, CommandHandler>([
  ["createStream", createStream],
  ["deleteStream", deleteStream],
  ["releaseStream", answered],
  ["FCPublish", fcPublish],
  ["FCUnpublish", fcUnpublish],
  ["FCSubscribe", fcSubscribe],
  ["FCUnsubscribe", fcUnsubscribe],
  ["getStreamLength", (context) => answered(context, 0)],
  ["initStream", answered],
  ["set_playlist", answered],
  ["playlist_ready", answered],
  ["secureTokenResponse", answered],
]);

/** What some clients call before `connect` as well; none of it needs a reaction. */
export const EARLY_COMMANDS: ReadonlyMap<string, CommandHandler> = new Map<string, CommandHandler>([
  ["_checkbw", answered],
  ["checkBandwidth", answered],
  ["setPeerInfo", answered],
  ["ping", ping],
  ["pong", answered],
  ["onBWDone", answered],
]);

function answered(context: CommandContext, value?: number): undefined {
  answer(context, value);
}

function createStream({ command, streams, replies, streamId }: CommandContext): undefined {
  // Answered even without an id: nobody can use a stream that he does not know.
  replies.result(streamId, command.transactionId, streams.create().id);
}

/** By number; GStreamer names the stream instead (docs/interop.md). */
function deleteStream(context: CommandContext): ServerEvent | undefined {
  const { command, streams, streamId } = context;
  answer(context);
  const [id] = command.args;
  const stream =
    streams.get(typeof id === "number" ? id : streamId) ??
    (typeof id === "number" ? undefined : streams.findByName(id, isActive));
  if (stream === undefined) return undefined;
  const { isPublisher, isPlayer } = stream;
  streams.delete(stream);
  if (isPublisher) return { kind: "unpublish", streamId: stream.id, reason: "deleteStream" };
  if (isPlayer) return { kind: "stop-play", streamId: stream.id, reason: "deleteStream" };
  return undefined;
}

/** Hardware encoders wait for `onFCPublish` with the id of their request: docs/interop.md. */
function fcPublish(context: CommandContext): undefined {
  const { command, replies, streamId } = context;
  answer(context);
  const status = createStatus("NetStream.Publish.Start", nameIn(context));
  replies.command(streamId, { name: "onFCPublish", transactionId: command.transactionId, args: [status] });
}

function fcUnpublish(context: CommandContext): ServerEvent | undefined {
  const { command, streams, replies, streamId } = context;
  answer(context);
  const status = createStatus("NetStream.Unpublish.Success", nameIn(context));
  replies.command(streamId, { name: "onFCUnpublish", transactionId: command.transactionId, args: [status] });
  const stream = streams.findByName(command.args[0], ({ isPublisher }) => isPublisher);
  if (!stream?.apply("FCUnpublish")) return undefined;
  return { kind: "unpublish", streamId: stream.id, reason: "FCUnpublish" };
}

function fcSubscribe(context: CommandContext): undefined {
  answer(context);
  const status = createStatus("NetStream.Play.Start", nameIn(context));
  context.replies.command(context.streamId, { name: "onFCSubscribe", args: [status] });
}

/** librtmp closes the connection when it gets this: docs/interop.md. */
function fcUnsubscribe(context: CommandContext): undefined {
  answer(context);
  const status = createStatus("NetStream.Play.Stop", nameIn(context));
  context.replies.command(context.streamId, { name: "onFCUnsubscribe", args: [status] });
}

function ping({ command, replies, streamId }: CommandContext): undefined {
  replies.command(streamId, { name: "pong", transactionId: command.transactionId });
}

function isActive({ isPublisher, isPlayer }: ServerNetStream): boolean {
  return isPublisher || isPlayer;
}

/** How much of a name is told to its sender: a real one is shorter. */
const MAX_ECHOED_CHARACTERS = 1024;

function nameIn({ command }: CommandContext): string {
  const [name] = command.args;
  return typeof name === "string" ? name.slice(0, MAX_ECHOED_CHARACTERS) : "";
}
