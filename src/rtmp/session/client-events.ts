import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { UserControl } from "../message/control.ts";
import type { CallEndedEvent, CallEvent, CloseEvent, SharedObjectEvent } from "./call-events.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Status } from "./status.ts";

/** What a server answered or sent. */
export type ClientEvent =
  | ConnectedEvent
  | ConnectRejectedEvent
  | StreamCreatedEvent
  | StatusEvent
  | ClientMediaEvent
  | ClientDataEvent
  | ClientUserControlEvent
  | ReconnectRequestEvent
  | BandwidthEvent
  | CallEvent
  | CallEndedEvent
  | SharedObjectEvent
  | CloseEvent;

export type ConnectedEvent = {
  readonly kind: "connected";
  /** What the server agreed to: 3 only if it was asked for. */
  readonly objectEncoding: 0 | 3;
  /** The server's, from whichever of its two objects carries them. */
  readonly capabilities: Capabilities;
  /** `fmsVer`, or "": as little telling as a browser's user agent. */
  readonly serverVersion: string;
  /** The two objects of the answer as they came. */
  readonly properties: AmfValue;
  readonly information: AmfValue;
};

/** The server closes the connection after this. */
export type ConnectRejectedEvent = {
  readonly kind: "connect-rejected";
  /** `NetConnection.Connect.Rejected`, `….InvalidApp`, `….Failed`, or what else the server sent. */
  readonly code: string;
  /** Carries the challenge where the server wants publishers to authenticate. */
  readonly description: string;
  /** Where the server sends the client instead (code 302 of Adobe's servers). */
  readonly redirectUrl: string | undefined;
  readonly information: AmfValue;
};

/** `createStream` was answered; a refusal of it is an `error` event. */
export type StreamCreatedEvent = {
  readonly kind: "stream-created";
  readonly transactionId: number;
  readonly streamId: number;
};

/** `onStatus`, of a stream or, with stream 0, of the connection. */
export type StatusEvent = {
  readonly kind: "status";
  /** The stream that it is about: the one that waits for it where a server names a stream that does not exist. */
  readonly streamId: number;
  readonly status: Status;
};

export type ClientMediaEvent = { readonly kind: "media"; readonly streamId: number; readonly message: MediaMessage };

/** `onMetaData`, `onCuePoint`, `onPlayStatus` and whatever a publisher sends by `NetStream.send`. */
export type ClientDataEvent = {
  readonly kind: "data";
  readonly streamId: number;
  readonly name: string;
  readonly values: readonly AmfValue[];
  /** The same as a message of the broadcast, for whoever passes it on. */
  readonly message: MediaMessage;
};

/** StreamBegin, StreamEof, StreamDry and the like. Pings are answered by the session. */
export type ClientUserControlEvent = { readonly kind: "user-control"; readonly control: UserControl };

/** The server has measured how fast it can send. */
export type BandwidthEvent = {
  readonly kind: "bandwidth";
  /** Kilobits a second. */
  readonly kbps: number;
  readonly latencyMs: number | undefined;
};

/** The server wants the client to connect anew, at the next keyframe, and then to close this connection. Enhanced RTMP v2. */
export type ReconnectRequestEvent = {
  readonly kind: "reconnect-request";
  /** A URL or a reference relative to the current one; undefined: the same URL. */
  readonly tcUrl: string | undefined;
  readonly description: string;
};
