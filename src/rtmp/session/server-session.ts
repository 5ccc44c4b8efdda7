import { ProtocolError } from "../../errors.ts";
import type { AmfDecodeOptions } from "../../formats/amf/amf-input.ts";
import type { AmfLimits } from "../../formats/amf/amf-limits.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { SWF_VERIFICATION_REQUEST } from "../handshake/swf-verification.ts";
import { type Command, decodeCommand } from "../message/command.ts";
import { decodeUserControl } from "../message/control.ts";
import { type Message, MessageType } from "../message/message.ts";
import { Calls } from "./calls.ts";
import type { CommandHandler } from "./command-context.ts";
import { type ConnectAnswer, type ConnectRefusal, sendConnectRefusal, sendConnectResult } from "./connect-answers.ts";
import { decodeConnectRequest } from "./connect-request.ts";
import { CONNECTION_COMMANDS, EARLY_COMMANDS } from "./connection-commands.ts";
import { receiveData } from "./data-events.ts";
import { NEXT_CONNECTION_STATE, type NetConnectionAction, type NetConnectionState } from "./net-connection-state.ts";
import type { NetStreamState } from "./net-stream-state.ts";
import { ReplyQueue } from "./reply-queue.ts";
import type { ConnectEvent, ServerEvent } from "./server-events.ts";
import { ServerNetStreams } from "./server-net-stream.ts";
import { countMessage, createSessionCounters, type SessionCounters } from "./session-counters.ts";
import { CommandBudget, DEFAULT_SESSION_LIMITS, type SessionLimits } from "./session-limits.ts";
import { createStatus, type StatusObject } from "./status.ts";
import {
  type PlayAnswer,
  type PlayCompletion,
  type StreamRefusal,
  sendPlayStart,
  sendPlayStop,
  sendPublishNotify,
  sendPublishStart,
  sendSeekNotify,
  sendStreamRefusal,
  sendUnpublishNotify,
} from "./stream-answers.ts";
import { STREAM_COMMANDS } from "./stream-commands.ts";

export type ServerSessionOptions = {
  readonly limits?: Partial<SessionLimits>;
  /** For commands. */
  readonly amfLimits?: Partial<AmfLimits>;
  /** Classes of the application, in calls and their results. */
  readonly registry?: ExternalizableRegistry;
  /**
   * Commands that are to be reported as calls, though the session would answer them itself: `getStreamLength` for a
   * server with recordings, `checkBandwidth` for one that measures.
   */
  readonly delegatedCommands?: readonly string[];
  /** Report shared objects as `shared-object` events; otherwise they are counted, and reported once. @default false */
  readonly reportsSharedObjects?: boolean;
};

const NONE: readonly string[] = [];
const DEFAULT_AMF_LIMITS: Partial<AmfLimits> = {};

/**
 * The server's side of a connection: messages in, events and queued replies out. It knows neither bytes nor transport.
 * After each `receive` and each answer, send what `takeReplies` gives. Answers may come at any later time; each returns
 * false, and sends nothing, if the client has gone on meanwhile. An answer names the stream alone: who needs time to
 * decide on a name receives nothing more until then, or the client may have asked for another. RTMP 1.0 section 7.2.
 */
export class ServerSession {
  readonly #replies: ReplyQueue;
  readonly #streams: ServerNetStreams;
  readonly #budget: CommandBudget;
  readonly #calls: Calls;
  readonly #delegatedCommands: readonly string[];
  readonly #amfOptions: AmfDecodeOptions;
  readonly #reportsSharedObjects: boolean;
  readonly #counters = createSessionCounters();
  #state: NetConnectionState = "unconnected";
  /** Until it is answered: a client may put much into it. */
  #connectRequest: ConnectEvent | undefined;
  #canReconnect = false;
  /** Flash and AIR name the SWF file that runs in them; other players do so only when told to pass for Flash. */
  #isFlash = false;

  constructor(options: ServerSessionOptions = {}) {
    const { limits = {}, registry } = options;
    const { maxQueuedReplies, maxNetStreams, maxCommandsPerSecond, maxPendingCalls } = DEFAULT_SESSION_LIMITS;
    this.#replies = new ReplyQueue(limits.maxQueuedReplies ?? maxQueuedReplies, registry);
    this.#streams = new ServerNetStreams(limits.maxNetStreams ?? maxNetStreams);
    this.#budget = new CommandBudget(limits.maxCommandsPerSecond ?? maxCommandsPerSecond);
    this.#calls = new Calls(this.#replies, limits.maxPendingCalls ?? maxPendingCalls);
    this.#delegatedCommands = options.delegatedCommands ?? NONE;
    this.#reportsSharedObjects = options.reportsSharedObjects ?? false;
    this.#amfOptions = amfOptionsOf(options);
  }

  get state(): NetConnectionState {
    return this.#state;
  }

  /** 3 once the client and the server have agreed on AMF3. */
  get objectEncoding(): 0 | 3 {
    return this.#replies.objectEncoding;
  }

  get counters(): SessionCounters {
    return this.#counters;
  }

  /** Undefined for a stream that does not exist, or exists no more. */
  streamState(streamId: number): NetStreamState | undefined {
    return this.#streams.get(streamId)?.state;
  }

  /** The NetStreams that are open now. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /**
   * Takes one message of types 4, 8, 9 and 15 to 20; what came in an aggregate comes one by one. Throws a ProtocolError
   * when the connection cannot go on: `command.order`, `command.body`, or a limit. The message is not kept.
   */
  receive(message: Message): ServerEvent | undefined {
    if (this.#state === "rejected" || this.#state === "closed") return undefined;
    switch (message.type) {
      case MessageType.Audio:
        return this.#receiveMedia("audio", message);
      case MessageType.Video:
        return this.#receiveMedia("video", message);
      case MessageType.Data:
      case MessageType.DataAmf3:
        return this.#receiveData(message);
      case MessageType.Command:
      case MessageType.CommandAmf3:
        return this.#receiveCommand(message);
      case MessageType.UserControl:
        return this.#receiveUserControl(message);
      case MessageType.SharedObject:
      case MessageType.SharedObjectAmf3:
        this.#advance("call", "a shared object");
        this.#budget.spend(message.payload.length);
        if (this.#reportsSharedObjects) return { kind: "shared-object", message };
        return countMessage(this.#counters, message.type) === 1
          ? { kind: "unsupported", messageType: message.type }
          : undefined;
      default:
        countMessage(this.#counters, message.type);
        return undefined;
    }
  }

  /** To be called once a second or more often, so that the client may send commands at its rate. Any monotonic clock will do. */
  tick(nowMs: number): void {
    this.#budget.refill(nowMs);
  }

  /** Whether `takeReplies` has any. */
  get hasReplies(): boolean {
    return !this.#replies.isEmpty;
  }

  /** Messages to send, in order. */
  takeReplies(): readonly Message[] {
    return this.#replies.take();
  }

  acceptConnect(answer: ConnectAnswer = {}): boolean {
    const request = this.#connectRequest;
    if (request === undefined || !this.#apply("accept")) return false;
    this.#connectRequest = undefined;
    this.#canReconnect = request.capabilities.extensions.reconnect;
    this.#isFlash = request.swfUrl !== "";
    sendConnectResult(this.#replies, request, answer);
    return true;
  }

  /** Then send the replies and close the connection. */
  rejectConnect(refusal: ConnectRefusal = {}): boolean {
    const request = this.#connectRequest;
    if (request === undefined || !this.#apply("reject")) return false;
    this.#connectRequest = undefined;
    sendConnectRefusal(this.#replies, request, refusal);
    return true;
  }

  acceptPublish(streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    if (stream?.state !== "publish-requested" || !stream.apply("accept")) return false;
    sendPublishStart(this.#replies, stream);
    return true;
  }

  /** Refuses, or ends, a publisher. Close the connection soon after: librtmp would wait for ever (docs/interop.md). */
  rejectPublish(streamId: number, refusal: StreamRefusal = {}): boolean {
    const stream = this.#streams.get(streamId);
    return (
      stream?.isPublisher === true && sendStreamRefusal(this.#replies, stream, "NetStream.Publish.BadName", refusal)
    );
  }

  acceptPlay(streamId: number, answer: PlayAnswer = {}): boolean {
    const stream = this.#streams.get(streamId);
    if (stream?.state !== "play-requested" || !stream.apply("accept")) return false;
    stream.isRecorded = answer.isRecorded ?? false;
    stream.hasEnded = false;
    sendPlayStart(this.#replies, stream, { ...answer, isFlash: this.#isFlash });
    return true;
  }

  /** Refuses, or ends, a player. */
  rejectPlay(streamId: number, refusal: StreamRefusal = {}): boolean {
    const stream = this.#streams.get(streamId);
    return (
      stream?.isPlayer === true && sendStreamRefusal(this.#replies, stream, "NetStream.Play.StreamNotFound", refusal)
    );
  }

  /** Asks which SWF file the player runs: a `swf-verification` event may follow. */
  requestSwfVerification(): void {
    this.#replies.userControl({ kind: "swf-verify-request", data: SWF_VERIFICATION_REQUEST });
  }

  /** Recordings only: what follows is from `positionMs` on. */
  acceptSeek(streamId: number, positionMs: number): boolean {
    const stream = this.#streams.get(streamId);
    if (!stream?.can("seek")) return false;
    sendSeekNotify(this.#replies, stream, positionMs);
    return true;
  }

  /** Tells a player that the publisher is there. */
  notifyPublish(streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    if (!stream?.can("pause")) return false;
    sendPublishNotify(this.#replies, stream);
    return true;
  }

  /** Tells a player that the publisher has gone. The player may stay: `notifyPublish` follows when one comes back. */
  notifyUnpublish(streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    if (!stream?.can("pause")) return false;
    sendUnpublishNotify(this.#replies, stream);
    return true;
  }

  /** Tells a player that nothing more comes; with `completion` that the whole recording was sent. */
  notifyStop(streamId: number, completion?: PlayCompletion): boolean {
    const stream = this.#streams.get(streamId);
    if (!stream?.can("pause") || !stream.apply("stop")) return false;
    sendPlayStop(this.#replies, stream, completion);
    return true;
  }

  /** Any other `onStatus`; of the connection for stream 0. FFmpeg ends at the level "error". */
  status(streamId: number, status: StatusObject): void {
    this.#replies.status(streamId, status);
  }

  /** Calls a method of the client; the transaction id comes back in a `result` or `error` event. `session.call-limit` */
  callClient(name: string, ...args: readonly AmfEncodable[]): number {
    return this.#calls.call(name, args);
  }

  /** Nobody waits for this answer any more; it is ignored if it comes. */
  forgetCall(transactionId: number): void {
    this.#calls.forget(transactionId);
  }

  /** Sends a message of another kind, such as a shared object, in order with the calls. */
  sendMessage(message: Message): void {
    this.#replies.push(message);
  }

  /** Calls a method of the client without wanting an answer. */
  notifyClient(name: string, ...args: readonly AmfEncodable[]): void {
    this.#calls.notify(name, args);
  }

  resolveCall(transactionId: number, value?: AmfEncodable): boolean {
    return this.#calls.resolve(transactionId, value);
  }

  /** Without a status: the method is unknown. */
  rejectCall(transactionId: number, status?: StatusObject): boolean {
    return this.#calls.reject(transactionId, status);
  }

  /** Answers `_error` with a value that is no status, as Flex wants its error messages. `amf.encode` as `resolveCall`. */
  rejectCallWith(transactionId: number, value: AmfEncodable): boolean {
    return this.#calls.rejectWith(transactionId, value);
  }

  /** Asks the client to connect anew, elsewhere or here. False if it does not understand that. Enhanced RTMP v2. */
  requestReconnect(to: { readonly tcUrl?: string; readonly description?: string } = {}): boolean {
    if (this.#state !== "connected" || !this.#canReconnect) return false;
    const { tcUrl, description = "The server asks to connect anew." } = to;
    const more = tcUrl === undefined ? {} : { tcUrl };
    this.#replies.status(0, createStatus("NetConnection.Connect.ReconnectRequest", description, more));
    return true;
  }

  #receiveMedia(kind: "audio" | "video", message: Message): ServerEvent | undefined {
    const { streamId, timestamp, payload } = message;
    if (!this.#mayPublish(streamId)) return undefined;
    return { kind: "media", streamId, message: classifyMedia(kind, timestamp, payload) };
  }

  #receiveData(message: Message): ServerEvent | undefined {
    if (!this.#mayPublish(message.streamId)) return undefined;
    const event = receiveData(message);
    if (event === undefined) this.#counters.unreadableMessages++;
    return event;
  }

  #mayPublish(streamId: number): boolean {
    if (this.#streams.get(streamId)?.mayPublish) return true;
    this.#advance("call", "media");
    this.#counters.strayMedia++;
    return false;
  }

  #receiveCommand(message: Message): ServerEvent | undefined {
    this.#budget.spend(message.payload.length);
    const { streamId } = message;
    const command = decodeCommand(message, this.#amfOptions);
    switch (command.name) {
      case "connect":
        return this.#receiveConnect(command);
      case "_result":
      case "_error":
        return this.#receiveAnswer(command);
      case "close":
        this.#apply("close");
        return { kind: "close" };
    }
    this.#advance(EARLY_COMMANDS.has(command.name) ? "early-call" : "call", command.name);
    const handler = this.#handlerOf(command.name);
    if (handler === undefined) {
      this.#counters.unknownCalls++;
      return this.#calls.receiveCall(command, streamId);
    }
    return handler({ command, streamId, streams: this.#streams, replies: this.#replies, counters: this.#counters });
  }

  #handlerOf(name: string): CommandHandler | undefined {
    if (this.#delegatedCommands.includes(name)) return undefined;
    return STREAM_COMMANDS.get(name) ?? CONNECTION_COMMANDS.get(name) ?? EARLY_COMMANDS.get(name);
  }

  #receiveConnect(command: Command): ServerEvent | undefined {
    if (!this.#apply("connect")) {
      this.#counters.refusedCommands++;
      const status = createStatus("NetConnection.Connect.Failed", "There is a connection already.");
      this.#replies.error(0, command.transactionId, status);
      return undefined;
    }
    this.#connectRequest = decodeConnectRequest(command);
    return this.#connectRequest;
  }

  /** Pings are the wire's. */
  #receiveUserControl(message: Message): ServerEvent | undefined {
    this.#budget.spend();
    const control = decodeUserControl(message.payload);
    if (control?.kind === "set-buffer-length") {
      return { kind: "buffer-length", streamId: control.streamId, bufferMs: control.bufferMs };
    }
    if (control?.kind === "swf-verify-response") return { kind: "swf-verification", response: control.data };
    if (control === undefined || control.kind === "unknown") this.#counters.unreadableMessages++;
    return undefined;
  }

  #apply(action: NetConnectionAction): boolean {
    const next = NEXT_CONNECTION_STATE[this.#state][action];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #receiveAnswer(command: Command): ServerEvent | undefined {
    const event = this.#calls.receiveAnswer(command);
    if (event !== undefined) this.#budget.refund();
    return event;
  }

  #advance(action: NetConnectionAction, what: string): void {
    if (!this.#apply(action)) throw new ProtocolError("command.order", `${what} before connect`);
  }
}

function amfOptionsOf({ amfLimits: limits = DEFAULT_AMF_LIMITS, registry }: ServerSessionOptions): AmfDecodeOptions {
  return registry === undefined ? { limits } : { limits, registry };
}
