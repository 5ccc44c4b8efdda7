import { ChunkDecoder } from "../chunk/chunk-decoder.ts";
import { ChunkEncoder } from "../chunk/chunk-encoder.ts";
import { type ChunkLimits, DEFAULT_CHUNK_LIMITS } from "../chunk/chunk-limits.ts";
import { DEFAULT_CHUNK_SIZE } from "../chunk/chunk-size.ts";
import { type Interleave, OutboundScheduler } from "../chunk/outbound-scheduler.ts";
import type { CipherPair, Handshake } from "../handshake/handshake.ts";
import { AggregateReader } from "../message/aggregate.ts";
import {
  decodeAbort,
  decodeAcknowledgement,
  decodeSetChunkSize,
  decodeSetPeerBandwidth,
  decodeUserControl,
  decodeWindowAcknowledgementSize,
  encodeAcknowledgement,
  encodeSetChunkSize,
  encodeSetPeerBandwidth,
  encodeUserControl,
  encodeWindowAcknowledgementSize,
  type PeerBandwidthLimit,
} from "../message/control.ts";
import { chunkStreamIdOf, type Message, MessageType, Priority } from "../message/message.ts";
import { FlowControl } from "./flow-control.ts";
import { Liveness } from "./liveness.ts";

export type WireOptions = {
  readonly handshake: Handshake;
  /** What the peer may make us hold. @default DEFAULT_CHUNK_LIMITS */
  readonly limits?: ChunkLimits;
  /** Payload bytes that one of our chunks carries, once `sendChunkSize` was called. @default 60_000 */
  readonly chunkSize?: number;
  /** After how many bytes the peer acknowledges, once `sendWindowAcknowledgementSize` was called. @default 2_500_000 */
  readonly windowAcknowledgementSize?: number;
  /** Close on repeated headers that do not fit their message. @default false */
  readonly isStrict?: boolean;
  /** Chunks of the first RTMP generation, both ways: 64 bytes for audio. @default false */
  readonly historicChunkSizes?: boolean;
  /** Where an urgent message may cut in. @default "message" */
  readonly interleave?: Interleave;
  /** Bytes of media that may wait, and as many again of control and calls. @default 17 MiB */
  readonly maxQueuedBytes?: number;
  /** `tick` sends a Ping Request when the peer was silent for so long; undefined for never. */
  readonly pingAfterSilenceMs?: number;
};

const DEFAULT_OUTPUT_CHUNK_SIZE = 60_000;
const DEFAULT_WINDOW_BYTES = 2_500_000;
const NOTHING: readonly Uint8Array[] = [];
/** Answers to the peer's control messages that may wait; further ones are left out. */
export const MAX_CONTROL_REPLIES = 64;

/**
 * Bytes ⇄ messages of one connection, in either role: handshake, cipher, chunks, acknowledgements and windows. Message
 * types 1, 2, 3, 5 and 6 and Ping Requests end here, and aggregates come out as the messages inside them.
 */
export class Wire {
  readonly #chunkSize: number;
  readonly #windowBytes: number;
  readonly #isStrict: boolean;
  readonly #historicChunkSizes: boolean;
  /** Let go of, with its kilobytes, once it is over and taken. */
  #handshake: Handshake | undefined;
  readonly #encoder: ChunkEncoder;
  readonly #scheduler: OutboundScheduler;
  readonly #flow = new FlowControl();
  readonly #liveness: Liveness;
  #limits: ChunkLimits;
  /** Set once the handshake is over. */
  #decoder: ChunkDecoder | undefined;
  #ciphers: CipherPair | undefined;
  #aggregate: AggregateReader | undefined;
  #waitingReplies = 0;

  constructor(options: WireOptions) {
    this.#chunkSize = options.chunkSize ?? DEFAULT_OUTPUT_CHUNK_SIZE;
    this.#windowBytes = options.windowAcknowledgementSize ?? DEFAULT_WINDOW_BYTES;
    this.#isStrict = options.isStrict ?? false;
    this.#historicChunkSizes = options.historicChunkSizes ?? false;
    this.#handshake = options.handshake;
    this.#limits = options.limits ?? DEFAULT_CHUNK_LIMITS;
    this.#encoder = new ChunkEncoder(options);
    this.#scheduler = new OutboundScheduler(this.#encoder, options);
    this.#liveness = new Liveness(options.pingAfterSilenceMs);
  }

  /** The handshake is over: messages flow. What is sent before waits. */
  get isOpen(): boolean {
    return this.#decoder !== undefined;
  }

  /** What the peer may make us hold. May be replaced at any time, such as when the peer has been accepted. */
  get limits(): ChunkLimits {
    return this.#limits;
  }

  set limits(limits: ChunkLimits) {
    this.#limits = limits;
    if (this.#decoder !== undefined) this.#decoder.limits = limits;
  }

  /** All bytes of the peer, the handshake included. */
  get bytesReceived(): number {
    return this.#flow.bytesReceived;
  }

  /** All bytes taken by `takeOutput`, and what `noteBytesWritten` was told beyond that. */
  get bytesSent(): number {
    return this.#flow.bytesSent;
  }

  /** Bytes that the peer has not acknowledged; undefined until its first acknowledgement, which may never come. */
  get unacknowledgedBytes(): number | undefined {
    return this.#flow.unacknowledgedBytes;
  }

  /** The most unacknowledged bytes that the peer wants in flight; undefined when it never said. Not enforced. */
  get sendWindowBytes(): number | undefined {
    return this.#flow.sendWindowBytes;
  }

  /** After how many bytes the peer wants an acknowledgement; undefined when it never said. */
  get peerWindowBytes(): number | undefined {
    return this.#flow.peerWindowBytes;
  }

  /** Payload bytes in each chunk of the peer: 128 until it says otherwise. */
  get inputChunkSize(): number {
    return this.#decoder?.chunkSize ?? DEFAULT_CHUNK_SIZE;
  }

  /** Payload bytes in each chunk of what was taken last. */
  get outputChunkSize(): number {
    return this.#encoder.chunkSize;
  }

  /** Payload bytes that wait to be taken. */
  get queuedBytes(): number {
    return this.#scheduler.queuedBytes;
  }

  /** The same for control messages and calls alone, each counted with 64 bytes more. */
  get queuedReplyBytes(): number {
    return this.#scheduler.heldBytesOf(Priority.Control);
  }

  /** Whether `takeOutput` may have something: quickly told, since nearly every read of a publisher asks. */
  get hasOutput(): boolean {
    return this.#handshake !== undefined || this.#scheduler.queuedMessages > 0 || this.#flow.isAcknowledgementDue;
  }

  /** No message is half taken: whole messages of another writer may follow. Always so unless chunks interleave. */
  get isBetweenMessages(): boolean {
    return this.#scheduler.isBetweenMessages;
  }

  /** How long the last ping took to be answered; undefined before. */
  get roundTripMs(): number | undefined {
    return this.#liveness.roundTripMs;
  }

  /** Pings since the newest answer, or since the beginning: many peers answer none. */
  get unansweredPings(): number {
    return this.#liveness.unansweredPings;
  }

  /** Besides those for silence, `tick` sends a Ping Request so often to a peer that sends; undefined for never. */
  set pingEveryMs(pingEveryMs: number | undefined) {
    this.#liveness.pingEveryMs = pingEveryMs;
  }

  /** How long nothing came from the peer, at the last `tick`. */
  get silentMs(): number {
    return this.#liveness.silentMs;
  }

  /** Set when the connection is encrypted. Whoever writes past the wire encrypts those bytes too, in their order. */
  get ciphers(): CipherPair | undefined {
    return this.#ciphers;
  }

  /**
   * Takes bytes of the peer, which must not change until `next` has returned undefined or `retainInput` was called; on an
   * encrypted connection they are decrypted in place. `nowMs` makes `roundTripMs` exact. Throws `ProtocolError`.
   */
  push(bytes: Uint8Array, nowMs?: number): void {
    this.#flow.received(bytes.length);
    if (nowMs !== undefined) this.#liveness.now(nowMs, this.bytesReceived);
    if (this.#decoder === undefined) {
      this.#handshake?.push(bytes);
      this.#open();
      return;
    }
    this.#ciphers?.decrypt(bytes);
    this.#decoder.push(bytes);
  }

  /** The next message, its payload valid until the next `push` or `next`. Throws `ProtocolError`. */
  next(): Message | undefined {
    for (;;) {
      const message = this.#aggregate?.next() ?? this.#nextFromChunks();
      if (message === undefined) return undefined;
      if (message.type === MessageType.Aggregate) this.#aggregate = new AggregateReader(message);
      else if (!this.#endsHere(message)) return message;
    }
  }

  /** Copies what has not been read, so that the buffer that was pushed may be used again before `next` is done. */
  retainInput(): void {
    this.#aggregate?.retainInput();
    this.#decoder?.retainInput();
  }

  /**
   * Queues a message on the chunk stream of its kind; false when the queue is full. Its payload must not change until it
   * was taken.
   */
  send(message: Message): boolean {
    return this.#scheduler.push(message, chunkStreamIdOf(message.type, message.streamId));
  }

  /** Announces our chunk size, which holds for what is sent behind it. Once, before `connect` is answered: docs/interop.md. */
  sendChunkSize(chunkSize: number = this.#chunkSize): void {
    this.send(encodeSetChunkSize(chunkSize));
  }

  /** Asks the peer to acknowledge what it receives. */
  sendWindowAcknowledgementSize(windowBytes: number = this.#windowBytes): void {
    this.#flow.announceWindow(windowBytes);
    this.send(encodeWindowAcknowledgementSize(windowBytes));
  }

  /** Limits what the peer sends ahead of our acknowledgements. */
  sendPeerBandwidth(windowBytes: number, limit: PeerBandwidthLimit): void {
    this.send(encodeSetPeerBandwidth(windowBytes, limit));
  }

  /**
   * Acknowledges what has come, due or not: the shortest message that no peer minds. Its bytes take TCP's own
   * acknowledgement along, for which a peer that sends small pieces would wait up to 44 ms before the next one.
   */
  sendAcknowledgement(): void {
    this.send(encodeAcknowledgement(this.#flow.acknowledgeNow()));
  }

  /** Its answer sets `roundTripMs`. */
  sendPingRequest(nowMs: number): void {
    this.send(encodeUserControl(this.#liveness.createPing(nowMs)));
  }

  /** Does what is due: a ping, if the peer was silent and pings are on. */
  tick(nowMs: number): void {
    this.#liveness.now(nowMs, this.bytesReceived);
    if (this.isOpen && this.#liveness.isPingDue) this.sendPingRequest(nowMs);
  }

  /** Drops queued messages that `isDroppable` names, except one that is half sent; returns how many. */
  dropUnsent(isDroppable: (message: Message) => boolean): number {
    return this.#scheduler.dropUnsent(isDroppable);
  }

  /**
   * The bytes to send now, in order, until at or beyond `maxBytes`: handshake, then messages by urgency. They belong to
   * the caller and count as sent.
   */
  takeOutput(maxBytes: number = Number.POSITIVE_INFINITY): readonly Uint8Array[] {
    const handshakeOutput = this.#handshake?.takeOutput() ?? NOTHING;
    for (const piece of handshakeOutput) this.#flow.sent(piece.length);
    if (!this.isOpen) return handshakeOutput;
    this.#handshake = undefined;
    this.#acknowledge();
    const pieces = this.#scheduler.take(maxBytes);
    if (this.#scheduler.queuedMessagesOf(Priority.Control) === 0) this.#waitingReplies = 0;
    for (const piece of pieces) {
      this.#ciphers?.encrypt(piece);
      this.#flow.sent(piece.length);
    }
    return handshakeOutput.length === 0 ? pieces : [...handshakeOutput, ...pieces];
  }

  /**
   * Says how many bytes have gone to the peer in all, where others write beside the wire, such as from a log that many
   * viewers share: whole messages in final form, at `outputChunkSize`, while `isBetweenMessages` and behind all output
   * taken before. To be called before the wire has anything to do again.
   */
  noteBytesWritten(totalBytes: number): void {
    const pastBytes = totalBytes - this.bytesSent;
    if (pastBytes <= 0) return;
    this.#flow.sent(pastBytes);
    this.#encoder.restartHeaders();
  }

  #open(): void {
    const result = this.#handshake?.result;
    if (result === undefined) return;
    const { trailing, ciphers, bytesRead } = result;
    const isStrict = this.#isStrict;
    const historicChunkSizes = this.#historicChunkSizes;
    const firstByteOffset = bytesRead - trailing.length;
    this.#decoder = new ChunkDecoder({ limits: this.#limits, isStrict, historicChunkSizes, firstByteOffset });
    this.#ciphers = ciphers;
    ciphers?.decrypt(trailing);
    this.#decoder.push(trailing);
  }

  #nextFromChunks(): Message | undefined {
    this.#aggregate = undefined;
    return this.#decoder?.next();
  }

  /** Handles what concerns the connection itself. Bodies that are too short are ignored where that does no harm. */
  #endsHere(message: Message): boolean {
    const { type, payload } = message;
    switch (type) {
      case MessageType.SetChunkSize:
        this.#decoder?.setChunkSize(decodeSetChunkSize(payload));
        return true;
      case MessageType.Abort:
        this.#decoder?.abort(decodeAbort(payload) ?? 0);
        return true;
      case MessageType.Acknowledgement:
        this.#acknowledged(payload);
        return true;
      case MessageType.WindowAcknowledgementSize:
        this.#flow.peerWindow(decodeWindowAcknowledgementSize(payload) ?? 0);
        return true;
      case MessageType.SetPeerBandwidth:
        this.#limitBandwidth(payload);
        return true;
      case MessageType.UserControl:
        return this.#answersPing(payload);
      default:
        return false;
    }
  }

  #acknowledged(payload: Uint8Array): void {
    const count = decodeAcknowledgement(payload);
    if (count !== undefined) this.#flow.acknowledged(count);
  }

  #limitBandwidth(payload: Uint8Array): void {
    const bandwidth = decodeSetPeerBandwidth(payload);
    const windowBytes = bandwidth && this.#flow.limitBandwidth(bandwidth);
    if (windowBytes === undefined) return;
    this.#flow.announceWindow(windowBytes);
    this.#reply(encodeWindowAcknowledgementSize(windowBytes));
  }

  #answersPing(payload: Uint8Array): boolean {
    const control = decodeUserControl(payload);
    if (control?.kind === "ping-response") this.#liveness.pong(control.timestampMs);
    if (control?.kind !== "ping-request") return false;
    this.#reply(encodeUserControl({ kind: "ping-response", timestampMs: control.timestampMs }));
    return true;
  }

  #acknowledge(): void {
    const count = this.#flow.takeAcknowledgement();
    if (count !== undefined) this.send(encodeAcknowledgement(count));
  }

  /** What the peer asks for without reading the answers must not pile up. */
  #reply(message: Message): void {
    if (this.#waitingReplies >= MAX_CONTROL_REPLIES) return;
    this.#waitingReplies++;
    this.send(message);
  }
}
