import type { ReplyQueue } from "./reply-queue.ts";
import type { ServerNetStream } from "./server-net-stream.ts";
import { createStatus, type StatusCode } from "./status.ts";

export type PlayAnswer = {
  /** Whether Play.Reset is sent. @default what the client asked for */
  readonly isReset?: boolean;
  /** A recording, which can be paused and searched. @default false */
  readonly isRecorded?: boolean;
  /** Whether there is a publisher now: a live player is told so. @default false */
  readonly hasPublisher?: boolean;
};

/** What `onPlayStatus` tells at the end of a recording. */
export type PlayCompletion = { readonly durationSeconds: number; readonly byteLength: number };

/** Why a stream is refused, or ended. The level of the code must be "error", or FFmpeg goes on waiting (docs/interop.md). */
export type StreamRefusal = {
  /** @default NetStream.Publish.BadName, which most encoders know, or NetStream.Play.StreamNotFound */
  readonly code?: StatusCode;
  readonly description?: string;
};

export function sendPublishStart(replies: ReplyQueue, stream: ServerNetStream): void {
  replies.streamBegin(stream.id);
  const details = { details: stream.name };
  replies.status(stream.id, createStatus("NetStream.Publish.Start", `${stream.name} is now published.`, details));
}

/** In the order of Adobe's server. Play.Reset or Play.Start must be the first status, or GStreamer gives up (docs/interop.md). */
export function sendPlayStart(
  replies: ReplyQueue,
  stream: ServerNetStream,
  answer: PlayAnswer & { readonly isFlash: boolean },
): void {
  const { isReset = stream.isReset, hasPublisher = false } = answer;
  const { id, name } = stream;
  const details = { details: name };
  if (stream.isRecorded) replies.streamIsRecorded(id);
  replies.streamBegin(id);
  if (isReset) replies.status(id, createStatus("NetStream.Play.Reset", `Playing and resetting ${name}.`, details));
  replies.status(id, createStatus("NetStream.Play.Start", `Started playing ${name}.`, details));
  if (answer.isFlash) {
    // Lets ActionScript draw the picture and compute the sound's spectrum. Only for it: FFmpeg makes a data stream and a
    // subtitle stream of these (docs/interop.md).
    replies.data(id, "|RtmpSampleAccess", true, true);
    replies.data(id, "onStatus", { code: "NetStream.Data.Start" });
  }
  if (hasPublisher) sendPublishNotify(replies, stream);
}

export function sendPublishNotify(replies: ReplyQueue, stream: ServerNetStream): void {
  if (stream.hasEnded) replies.streamBegin(stream.id);
  stream.hasEnded = false;
  const details = { details: stream.name };
  replies.status(stream.id, createStatus("NetStream.Play.PublishNotify", `${stream.name} is now published.`, details));
}

/** FFmpeg and librtmp end here: do not send it while the publisher may come back (docs/interop.md). */
export function sendUnpublishNotify(replies: ReplyQueue, stream: ServerNetStream): void {
  const { id, name } = stream;
  const details = { details: name };
  replies.status(id, createStatus("NetStream.Play.UnpublishNotify", `${name} is now unpublished.`, details));
  if (!stream.hasEnded) replies.streamEof(id);
  stream.hasEnded = true;
}

/** rtmpdump takes a recording for incomplete that ends without Play.Stop (docs/interop.md). */
export function sendPlayStop(replies: ReplyQueue, stream: ServerNetStream, completion?: PlayCompletion): void {
  const { id, name } = stream;
  if (completion !== undefined) {
    const { durationSeconds: duration, byteLength: bytes } = completion;
    replies.data(id, "onPlayStatus", { level: "status", code: "NetStream.Play.Complete", duration, bytes });
  }
  replies.status(id, createStatus("NetStream.Play.Stop", `Stopped playing ${name}.`, { details: name }));
  replies.streamEof(id);
}

/** The recording starts again elsewhere: its messages follow, configurations first, from the keyframe at or before. */
export function sendSeekNotify(replies: ReplyQueue, stream: ServerNetStream, positionMs: number): void {
  const { id, name } = stream;
  replies.streamEof(id);
  replies.streamIsRecorded(id);
  replies.streamBegin(id);
  replies.status(
    id,
    createStatus("NetStream.Seek.Notify", `Seeking ${positionMs} (stream ID: ${id}).`, { details: name }),
  );
  replies.status(id, createStatus("NetStream.Play.Start", `Started playing ${name}.`, { details: name }));
}

/** How much of a refused name is told to its sender. */
const MAX_ECHOED_CHARACTERS = 200;

export function sendStreamRefusal(
  replies: ReplyQueue,
  stream: ServerNetStream,
  defaultCode: StatusCode,
  refusal: StreamRefusal,
): boolean {
  const details = stream.name.slice(0, MAX_ECHOED_CHARACTERS);
  const { code = defaultCode, description = `${details} was refused.` } = refusal;
  replies.status(stream.id, createStatus(code, description, { details }));
  // It may be long: that is why it is refused.
  stream.requestedName = "";
  return stream.apply("reject");
}
