import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { Command } from "../message/command.ts";
import type { ReplyQueue } from "./reply-queue.ts";
import type { ServerEvent } from "./server-events.ts";
import type { ServerNetStreams } from "./server-net-stream.ts";
import type { MutableSessionCounters } from "./session-counters.ts";
import { createStatus } from "./status.ts";

/** One command of a client, and what it works on. */
export type CommandContext = {
  readonly command: Command;
  /** The message stream that it came on. */
  readonly streamId: number;
  readonly streams: ServerNetStreams;
  readonly replies: ReplyQueue;
  readonly counters: MutableSessionCounters;
};

/** Answers a command, or gives the event by which the driver will. */
export type CommandHandler = (context: CommandContext) => ServerEvent | undefined;

/** `_result`, if an answer is wanted. */
export function answer({ command, replies, streamId }: CommandContext, value?: AmfEncodable): void {
  if (command.transactionId > 0) replies.result(streamId, command.transactionId, value);
}

/** For what the state of the stream does not allow: `_error`, if an answer is wanted. */
export function refuse({ command, streams, replies, streamId, counters }: CommandContext): undefined {
  counters.refusedCommands++;
  const state = streams.get(streamId)?.state ?? "unknown";
  const status = createStatus("NetConnection.Call.Failed", `${command.name}: stream ${streamId} is ${state}.`);
  if (command.transactionId > 0) replies.error(streamId, command.transactionId, status);
}
