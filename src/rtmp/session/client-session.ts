import type { AmfDecodeOptions } from "../../formats/amf/amf-input.ts";
import type { AmfLimits } from "../../formats/amf/amf-limits.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { type Command, decodeCommand } from "../message/command.ts";
import { decodeUserControl } from "../message/control.ts";
import { encodeData } from "../message/data.ts";
import { type Message, MessageType } from "../message/message.ts";
import { Calls } from "./calls.ts";
import { receiveBandwidth } from "./client-bandwidth.ts";
import { type ConnectOptions, createConnectCommand, decodeConnectAnswer } from "./client-connect.ts";
import { receiveServerData } from "./client-data.ts";
import type { ClientEvent } from "./client-events.ts";
import { applyToStream, type ClientNetStream, ClientNetStreams } from "./client-net-stream.ts";
import { receiveStatus, receiveStreamRefusal } from "./client-status.ts";
import { NEXT_CONNECTION_STATE, type NetConnectionAction, type NetConnectionState } from "./net-connection-state.ts";
import type { NetStreamAction, NetStreamState } from "./net-stream-state.ts";
import { ReplyQueue } from "./reply-queue.ts";
import { ServerCalls } from "./server-calls.ts";
import type { PublishType } from "./server-events.ts";
import { countMessage, createSessionCounters, type SessionCounters } from "./session-counters.ts";
import { CommandBudget, DEFAULT_SESSION_LIMITS, type SessionLimits } from "./session-limits.ts";
import { decodeStatus, type StatusObject } from "./status.ts";

export type ClientSessionOptions = {
  readonly limits?: Partial<SessionLimits>;
  /** For commands and data. */
  readonly amfLimits?: Partial<AmfLimits>;
  /** Classes of the application, in calls and their results. */
  readonly registry?: ExternalizableRegistry;
};

export type PlayOptions = {
  /** -2000: live or, if there is no publisher, recorded; -1000: live only; else where to start. @default -2000 */
  readonly startMs?: number;
  /** -1: to the end. @default -1 */
  readonly durationMs?: number;
  /** False: append to the playlist. @default true */
  readonly reset?: boolean;
};

/**
 * The client's side of a connection: messages in, events and queued messages out. It knows neither bytes nor transport.
 * After each call of a method, send what `takeMessages` gives. RTMP 1.0 section 7.2.
 */
export class ClientSession {
  readonly #outgoing: ReplyQueue;
  readonly #streams: ClientNetStreams;
  readonly #budget: CommandBudget;
  readonly #calls: Calls;
  readonly #serverCalls: ServerCalls;
  readonly #amfOptions: AmfDecodeOptions;
  readonly #counters = createSessionCounters();
  /** The ids of `createStream` for which nobody waits. */
  readonly #abandonedStreams = new Set<number>();
  #state: NetConnectionState = "unconnected";
  #askedEncoding: 0 | 3 = 0;

  constructor(options: ClientSessionOptions = {}) {
    const limits = { ...DEFAULT_SESSION_LIMITS, ...options.limits };
    const { amfLimits = {}, registry } = options;
    this.#outgoing = new ReplyQueue(limits.maxQueuedReplies, registry);
    this.#streams = new ClientNetStreams(limits.maxNetStreams);
    this.#budget = new CommandBudget(limits.maxCommandsPerSecond);
    this.#calls = new Calls(this.#outgoing, limits.maxPendingCalls);
    this.#serverCalls = new ServerCalls(this.#calls, this.#outgoing);
    this.#amfOptions = { limits: amfLimits, ...(registry !== undefined && { registry }) };
  }

  get state(): NetConnectionState {
    return this.#state;
  }

  get counters(): SessionCounters {
    return this.#counters;
  }

  streamState(streamId: number): NetStreamState | undefined {
    return this.#streams.get(streamId)?.state;
  }

  /**
   * Takes one message of types 4, 8, 9 and 15 to 20; what came in an aggregate comes one by one. Throws a ProtocolError
   * when the connection cannot go on: `command.body`, or a limit. The message is not kept.
   */
  receive(message: Message): ClientEvent | undefined {
    if (this.#state === "closed") return undefined;
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
        return { kind: "shared-object", message };
      default:
        countMessage(this.#counters, message.type);
        return undefined;
    }
  }

  /** To be called once a second or more often, so that the server may send commands at its rate. Any monotonic clock will do. */
  tick(nowMs: number): void {
    this.#budget.refill(nowMs);
  }

  /** Messages to send, in order. */
  takeMessages(): readonly Message[] {
    return this.#outgoing.take();
  }

  /** Once, first: `connected` or `connect-rejected` follows. False if it was called before. */
  connect(options: ConnectOptions): boolean {
    if (!this.#apply("connect")) return false;
    this.#askedEncoding = options.objectEncoding ?? 0;
    const { name, commandObject, args = [] } = createConnectCommand(options);
    this.#calls.call(name, args, commandObject);
    return true;
  }

  /** Calls a method of the server; the transaction id comes back in a `result` or `error` event. `session.call-limit` */
  call(name: string, ...args: readonly AmfEncodable[]): number {
    return this.#calls.call(name, args);
  }

  /** Calls a method of the server without wanting an answer. */
  notify(name: string, ...args: readonly AmfEncodable[]): void {
    this.#calls.notify(name, args);
  }

  /** For a `call` event with an id. */
  resolveCall(transactionId: number, value?: AmfEncodable): boolean {
    return this.#calls.resolve(transactionId, value);
  }

  /** For a `call` event with an id. Without a status: the method is unknown. */
  rejectCall(transactionId: number, status?: StatusObject): boolean {
    return this.#calls.reject(transactionId, status);
  }

  /** Nobody waits for the answer to this call any more. */
  forgetCall(transactionId: number): void {
    this.#calls.forget(transactionId);
  }

  /** The calls that will never be answered, once the connection has closed. */
  abandonCalls(): readonly { readonly transactionId: number; readonly name: string }[] {
    return this.#calls.abandon();
  }

  /**
   * `stream-created` follows, or an `error` of "createStream". With a name, the stream is announced first as FMLE does,
   * which servers of content networks want from publishers.
   */
  createStream(publishName?: string): number {
    this.#streams.request();
    if (publishName !== undefined) {
      this.#calls.callUnanswered("releaseStream", [publishName]);
      this.#calls.callUnanswered("FCPublish", [publishName]);
    }
    return this.#calls.call("createStream", []);
  }

  /**
   * Nobody waits for this `createStream` any more: its place is free, and should the stream come after all, it is deleted.
   * Nothing happens where it was answered.
   */
  abandonStream(transactionId: number): void {
    if (!this.#calls.forget(transactionId)) return;
    this.#streams.answered();
    if (this.#abandonedStreams.size < MAX_ABANDONED_STREAMS) this.#abandonedStreams.add(transactionId);
  }

  /** A `status` follows: NetStream.Publish.Start, or one with the level "error". False if the stream is not idle. */
  publish(streamId: number, name: string, type: PublishType = "live"): boolean {
    if (this.streamState(streamId) !== "idle") return false;
    const stream = this.#step(streamId, "publish");
    if (stream === undefined) return false;
    stream.name = name;
    stream.requestId = this.#calls.callUnanswered("publish", [name, type], streamId);
    return true;
  }

  /** A `status` follows: NetStream.Play.Start, or one with the level "error". False if the stream publishes. */
  play(streamId: number, name: string, options: PlayOptions = {}): boolean {
    const stream = this.#step(streamId, "play");
    if (stream === undefined) return false;
    const { startMs = -2000, durationMs = -1, reset = true } = options;
    const isWhole = durationMs === -1 && reset;
    stream.name = name;
    const args = isWhole ? [name, startMs] : [name, startMs, durationMs, reset];
    stream.requestId = this.#calls.callUnanswered("play", args, streamId);
    return true;
  }

  pause(streamId: number, isPaused: boolean, positionMs: number): boolean {
    return this.#command(streamId, isPaused ? "pause" : "resume", "pause", isPaused, positionMs);
  }

  seek(streamId: number, positionMs: number): boolean {
    return this.#command(streamId, "seek", "seek", positionMs);
  }

  receiveAudio(streamId: number, isEnabled: boolean): boolean {
    return this.#command(streamId, "receiveAudio", "receiveAudio", isEnabled);
  }

  receiveVideo(streamId: number, isEnabled: boolean): boolean {
    return this.#command(streamId, "receiveVideo", "receiveVideo", isEnabled);
  }

  /** Ends what the stream does; it may be used again. */
  closeStream(streamId: number): boolean {
    this.#unpublish(streamId);
    return this.#command(streamId, "closeStream", "closeStream");
  }

  deleteStream(streamId: number): boolean {
    this.#unpublish(streamId);
    if (this.#step(streamId, "deleteStream") === undefined) return false;
    this.#streams.delete(streamId);
    this.#calls.notify("deleteStream", [streamId]);
    return true;
  }

  /** Tells the server how much is held, before or after `play`: it paces recordings by it. */
  setBufferLength(streamId: number, bufferMs: number): void {
    this.#outgoing.userControl({ kind: "set-buffer-length", streamId, bufferMs });
  }

  /** Answers the server's user control `swf-verify-request`, by `encodeSwfVerificationResponse`. */
  answerSwfVerification(response: Uint8Array): void {
    this.#outgoing.userControl({ kind: "swf-verify-response", data: response });
  }

  /** `payload` is an FLV tag body; it must not change until it was sent. */
  sendMedia(streamId: number, kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array): void {
    this.#outgoing.push({ type: MEDIA_TYPES[kind], timestamp, streamId, payload });
  }

  /** For metadata that later players get too: `sendData(streamId, 0, "@setDataFrame", "onMetaData", metadata)`. */
  sendData(streamId: number, timestamp: number, name: string, ...values: readonly AmfEncodable[]): void {
    this.#outgoing.push(encodeData(streamId, timestamp, name, ...values));
  }

  #receiveMedia(kind: "audio" | "video", { streamId, timestamp, payload }: Message): ClientEvent {
    return { kind: "media", streamId: this.#resolve(streamId), message: classifyMedia(kind, timestamp, payload) };
  }

  #receiveData(message: Message): ClientEvent | undefined {
    return this.#noteUnreadable(receiveServerData(message, this.#resolve(message.streamId), this.#amfOptions));
  }

  #receiveCommand(message: Message): ClientEvent | undefined {
    this.#budget.spend();
    const command = decodeCommand(message, this.#amfOptions);
    switch (command.name) {
      case "_result":
      case "_error":
        return this.#receiveAnswer(command);
      case "onStatus":
        return this.#noteUnreadable(receiveStatus(command, message.streamId, this.#streams));
      case "close":
        // Final: Twitch sends it for a wrong key, and reconnecting at once would go on for ever. docs/interop.md
        this.#apply("close");
        return { kind: "close" };
    }
    if (this.#serverCalls.answer(command)) return receiveBandwidth(command);
    this.#counters.unknownCalls++;
    return this.#calls.receiveCall(command, message.streamId);
  }

  #receiveAnswer(command: Command): ClientEvent | undefined {
    const event = this.#calls.receiveAnswer(command);
    if (event === undefined && this.#abandonedStreams.delete(command.transactionId)) return this.#tooLate(command);
    if (event === undefined) return receiveStreamRefusal(command, this.#streams);
    this.#budget.refund();
    if (event.name === "connect") return this.#receiveConnectAnswer(command);
    if (event.name !== "createStream") return event;
    const { transactionId, value } = event;
    if (event.kind === "result" && isStreamId(value)) {
      this.#streams.answered(value);
      return { kind: "stream-created", transactionId, streamId: value };
    }
    this.#streams.answered();
    return { kind: "error", transactionId, name: event.name, value, status: decodeStatus(value) };
  }

  #tooLate({ name, args }: Command): undefined {
    if (name === "_result" && isStreamId(args[0])) this.#calls.notify("deleteStream", [args[0]]);
  }

  #receiveConnectAnswer(command: Command): ClientEvent {
    const event = decodeConnectAnswer(command, this.#askedEncoding);
    this.#apply(event.kind === "connected" ? "accept" : "reject");
    if (event.kind === "connected") this.#outgoing.objectEncoding = event.objectEncoding;
    return event;
  }

  /** Pings are the wire's. */
  #receiveUserControl(message: Message): ClientEvent | undefined {
    this.#budget.spend();
    const control = decodeUserControl(message.payload);
    if (control === undefined || control.kind === "unknown") return this.#noteUnreadable(undefined);
    if (control.kind === "ping-request" || control.kind === "ping-response") return undefined;
    return { kind: "user-control", control };
  }

  #noteUnreadable<Event>(event: Event | undefined): Event | undefined {
    if (event === undefined) this.#counters.unreadableMessages++;
    return event;
  }

  #resolve(streamId: number): number {
    return this.#streams.resolve(streamId)?.id ?? streamId;
  }

  #unpublish(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream?.state !== "publishing" && stream?.state !== "publish-requested") return;
    this.#calls.callUnanswered("FCUnpublish", [stream.name]);
  }

  #command(streamId: number, action: NetStreamAction, name: string, ...args: readonly AmfEncodable[]): boolean {
    if (this.#step(streamId, action) === undefined) return false;
    this.#outgoing.command(streamId, { name, args });
    return true;
  }

  #step(streamId: number, action: NetStreamAction): ClientNetStream | undefined {
    const stream = this.#streams.get(streamId);
    return stream !== undefined && applyToStream(stream, action) ? stream : undefined;
  }

  #apply(action: NetConnectionAction): boolean {
    const next = NEXT_CONNECTION_STATE[this.#state][action];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}

/** Ids that are remembered until their late answers come. */
const MAX_ABANDONED_STREAMS = 1000;

const MEDIA_TYPES = { audio: MessageType.Audio, video: MessageType.Video, data: MessageType.Data } as const;

/** What message headers can carry, in 32 bits. */
function isStreamId(value: AmfValue): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}
