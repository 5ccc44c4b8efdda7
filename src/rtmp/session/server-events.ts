import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { Command } from "../message/command.ts";
import type { CallEndedEvent, CallEvent, CloseEvent, SharedObjectEvent, UnsupportedEvent } from "./call-events.ts";
import type { Capabilities } from "./capabilities.ts";

/** What a client asked for or sent. Those marked "answer" wait for a method of the session of a similar name. */
export type ServerEvent =
  | ConnectEvent
  | PublishEvent
  | PlayEvent
  | MediaEvent
  | DataSetEvent
  | DataClearEvent
  | UnpublishEvent
  | StopPlayEvent
  | PauseEvent
  | SeekEvent
  | ReceiveEvent
  | Play2Event
  | BufferLengthEvent
  | SwfVerificationEvent
  | CallEvent
  | CallEndedEvent
  | SharedObjectEvent
  | UnsupportedEvent
  | CloseEvent;

/** Answer: `acceptConnect` or `rejectConnect`. RTMP 1.0 section 7.2.1.1. */
export type ConnectEvent = {
  readonly kind: "connect";
  /** 1 by rule, but echoed whatever it is. */
  readonly transactionId: number;
  /** Without query, and without slashes at its ends: `live`, `live/instance`. Taken from `tcUrl` if the client named none. */
  readonly app: string;
  /** What stood behind `?` in the application, as it was sent: it may carry authentication data. */
  readonly appQuery: string;
  /** As it was sent, or "". Its host may be another than the one that was connected to. */
  readonly tcUrl: string;
  /** Tells nothing about who it is: half of all encoders call themselves FMLE. */
  readonly flashVersion: string;
  /** Where a Flash player came from; "" if it did not say. */
  readonly pageUrl: string;
  readonly swfUrl: string;
  /** 0: AMF0. 3: AMF3. */
  readonly objectEncoding: 0 | 3;
  readonly capabilities: Capabilities;
  /** Everything that `connect` carried, for what is not named here. */
  readonly command: Command;
};

/** Answer: `acceptPublish` or `rejectPublish`. Media may come before the answer. RTMP 1.0 section 7.2.2.6. */
export type PublishEvent = {
  readonly kind: "publish";
  readonly streamId: number;
  /** The stream key without its query; may be "", and may have a prefix such as `mp4:`. */
  readonly name: string;
  readonly query: string;
  readonly publishType: PublishType;
};
export type PublishType = "live" | "record" | "append";

/** Answer: `acceptPlay` or `rejectPlay`. Comes again on a stream that plays already. RTMP 1.0 section 7.2.2.1. */
export type PlayEvent = {
  readonly kind: "play";
  readonly streamId: number;
  readonly name: string;
  readonly query: string;
  /** -2000: live if there is a publisher, else recorded, else wait. -1000: live only. Else where to start in the recording. */
  readonly startMs: number;
  /** -1: to the end. */
  readonly durationMs: number;
  /** False: append to the playlist. */
  readonly reset: boolean;
  /** The whole recording at once, without pacing. */
  readonly isUnpaced: boolean;
  /** False when the client switched it off before. */
  readonly wantsAudio: boolean;
  readonly wantsVideo: boolean;
};

/** Audio, video or data of a publisher. */
export type MediaEvent = { readonly kind: "media"; readonly streamId: number; readonly message: MediaMessage };

/** The publisher set what every later player gets first: `onMetaData`, without `@setDataFrame` in its payload. */
export type DataSetEvent = {
  readonly kind: "data-set";
  readonly streamId: number;
  readonly name: string;
  readonly message: MediaMessage;
};

/** The publisher took back what it set. */
export type DataClearEvent = { readonly kind: "data-clear"; readonly streamId: number; readonly name: string };

/** A publisher ended on purpose. The client has been answered. */
export type UnpublishEvent = {
  readonly kind: "unpublish";
  readonly streamId: number;
  readonly reason: "FCUnpublish" | "closeStream" | "deleteStream";
};

/** A player ended on purpose. */
export type StopPlayEvent = {
  readonly kind: "stop-play";
  readonly streamId: number;
  readonly reason: "closeStream" | "deleteStream";
};

/** The client has been answered. When a live stream goes on, it goes on at its live edge. */
export type PauseEvent = {
  readonly kind: "pause";
  readonly streamId: number;
  readonly isPaused: boolean;
  /** Where the client stood, by its own count. */
  readonly positionMs: number;
};

/** Recorded streams only. Answer: `acceptSeek`, or `status` with NetStream.Seek.InvalidTime. */
export type SeekEvent = { readonly kind: "seek"; readonly streamId: number; readonly positionMs: number };

/** The client has been answered. Video goes on at a keyframe. */
export type ReceiveEvent = {
  readonly kind: "receive-audio" | "receive-video";
  readonly streamId: number;
  readonly isEnabled: boolean;
};

/** Answer: `status` with NetStream.Play.Transition or NetStream.Play.Failed. */
export type Play2Event = {
  readonly kind: "play2";
  readonly streamId: number;
  readonly name: string;
  readonly query: string;
  /** The stream to replace; "" for the one that plays. */
  readonly oldName: string;
  /** `switch`, `swap`, `append`, `reset`, `stop` and what else ActionScript's NetStreamPlayTransitions names. */
  readonly transition: string;
  readonly startMs: number;
  readonly durationMs: number;
};

/** How much the client wants to hold. Comes before `play` too, and for stream 0. */
export type BufferLengthEvent = {
  readonly kind: "buffer-length";
  readonly streamId: number;
  readonly bufferMs: number;
};

/** A player says which SWF file it runs: `verifySwfResponse` tells whether that is so. Asked or not. */
export type SwfVerificationEvent = {
  readonly kind: "swf-verification";
  /** Valid until the next message is read. */
  readonly response: Uint8Array;
};
