import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { Message } from "../rtmp/message/message.ts";
import type { ClientDataEvent } from "../rtmp/session/client-events.ts";
import type { ClientSession } from "../rtmp/session/client-session.ts";
import { levelOf, type Status } from "../rtmp/session/status.ts";
import type { CloseReason } from "./close-reason.ts";

/** What a stream needs of its connection. */
export type StreamPort = {
  readonly session: ClientSession;
  /** Bytes that wait to reach the kernel. */
  readonly queuedBytes: number;
  readonly highWaterBytes: number;
  /** How far the server is behind by its acknowledgements; undefined until its first. */
  readonly lagMs: number | undefined;
  /** How long to wait for an answer. */
  readonly answerMs: number;
  /** Sends what the session has queued. */
  flush(): void;
  /** Sends audio, video or data. Throws `publish.queue`. */
  sendMedia(message: Message): void;
  /** Resolves when no more than `maxQueuedBytes` wait, or the connection is over. */
  drained(maxQueuedBytes: number): Promise<void>;
  /** Resolves when nothing waits any more; of a connection for one stream when that is closed as well. `timeout.answer` */
  sent(): Promise<void>;
  /** Ends the stream on the server, which is not heard on it any more. */
  deleteStream(streamId: number): void;
  /** Nothing of the server is read while any stream holds it. */
  holdReading(receiver: StreamReceiver, isHeld: boolean): void;
};

/** A stream as its connection sees it. */
export type StreamReceiver = {
  receiveStatus(status: Status): void;
  /** The message is valid during the call. */
  receiveMedia(message: MediaMessage): void;
  receiveData(event: ClientDataEvent): void;
  /** The connection is over. */
  disconnect(reason: CloseReason): void;
};

/** Some servers refuse with the level "status": docs/interop.md. */
export function isRefusal({ level, code }: Status): boolean {
  return level === "error" || levelOf(code) === "error";
}
