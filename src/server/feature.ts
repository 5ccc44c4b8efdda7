import type { AmfEncodable, AmfValue } from "../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../formats/amf/externalizable.ts";
import type { Message } from "../rtmp/message/message.ts";
import type { CallEvent } from "../rtmp/session/call-events.ts";
import type { ConnectAnswer, ConnectRefusal } from "../rtmp/session/connect-answers.ts";
import type { ConnectEvent } from "../rtmp/session/server-events.ts";
import type { StatusObject } from "../rtmp/session/status.ts";
import type { ConnectionInfo } from "./hooks.ts";

/**
 * What a part of the server does with connections beside streaming: methods of an application, shared objects, and so
 * on. Features are made in media-server.ts and do not know each other. What one throws ends the connection that it was
 * called for, and no other.
 */
export type ServerFeature = {
  /** Classes that travel in calls and their results. */
  readonly registry?: ExternalizableRegistry;
  /** Calls that the session would answer itself, and that the feature wants: `checkBandwidth`. */
  readonly delegatedCommands?: readonly string[];
  /** Whether shared objects are served: without any feature that does so, they are counted and ignored. */
  readonly servesSharedObjects?: boolean;
  /**
   * A client wants to connect, and the hooks allow it. The first refusal of several features counts; what else is
   * answered is put together. One that says nothing allows.
   */
  connect?(client: ServerClient, request: ConnectEvent): FeatureDecision | Promise<FeatureDecision> | undefined;
  /**
   * Somebody came by HTTP, where there is no `connect`: may he, and who is he? The first refusal of several features counts,
   * and the first user; one that says nothing leaves it to the others, and to the hooks.
   */
  identify?(request: HttpIdentification): FeatureDecision | Promise<FeatureDecision> | undefined;
  /** The client has been accepted; the answer to `connect` is on its way. */
  connected?(client: ServerClient, request: ConnectEvent): void;
  /** True if the feature answers the call, now or later. `args` may be kept. */
  call?(client: ServerClient, call: CallEvent): boolean;
  /** A message of type 16 or 19, its payload valid during the call; true if the feature takes it. */
  sharedObject?(client: ServerClient, message: Message): boolean;
  /** The client has read all that was sent to it. */
  drained?(client: ServerClient): void;
  /** About twice a second. */
  tick?(nowMs: number): void;
  /** Comes once for each client that was told `connect` of, also where it was refused. */
  closed?(client: ServerClient, reason: string): void;
  /** The server ends: what is open is stored. */
  stop?(): Promise<void>;
};

/** What somebody by HTTP wants, and what he gives for it. */
export type HttpIdentification = {
  readonly broadcastName: string;
  readonly purpose: "play" | "publish";
  /** Undefined where none were sent. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
};

/** What a feature says to `connect`. */
export type FeatureDecision =
  | {
      readonly allow: true;
      readonly answer?: Omit<ConnectAnswer, "sendsBandwidthDone">;
      /** Who the client has proved to be. */
      readonly user?: string;
    }
  | {
      readonly allow: false;
      readonly reason: string;
      readonly refusal?: ConnectRefusal;
      /** The client is told what to bring, and comes again: nobody need hear of it. @default false */
      readonly isInterim?: boolean;
      /** No user and no password would help somebody by HTTP. @default false */
      readonly isForbidden?: boolean;
    };

/** A connected client, as features see it. What is sent to one that is gone is dropped. */
export type ServerClient = {
  readonly info: ConnectionInfo;
  /** False as soon as its end has been decided. */
  readonly isOpen: boolean;
  /** 3 if values go to it as AMF3. */
  readonly objectEncoding: 0 | 3;
  /** Bytes that wait because the client does not read. */
  readonly unsentBytes: number;
  /**
   * Calls a method of the client. Rejects with a `StatusError` when it answers `_error`, with `timeout.answer`, with
   * `connection.closed`, and with `session.call-limit` or `amf.encode` where nothing could be sent.
   */
  call(name: string, args: readonly AmfEncodable[], options?: ServerCallOptions): Promise<AmfValue>;
  /** Calls a method of the client without wanting an answer. `amf.encode` for what AMF cannot carry. */
  notify(name: string, args: readonly AmfEncodable[]): void;
  /** Answers a call of the client. `amf.encode` for a value that AMF cannot carry: the client is told so. */
  resolveCall(transactionId: number, value?: AmfEncodable): void;
  rejectCall(transactionId: number, status: StatusObject): void;
  /** The same with an answer of the application's own shape. */
  rejectCallWith(transactionId: number, value: AmfEncodable): void;
  /** Sends a message in order with the calls. */
  send(message: Message): void;
  /** Ends the connection when the client had time to read `status`. */
  close(reason: string, status?: StatusObject): void;
};

export type ServerCallOptions = {
  /** @default 10_000 */
  readonly timeoutMs?: number;
  /** Stops waiting when aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};
