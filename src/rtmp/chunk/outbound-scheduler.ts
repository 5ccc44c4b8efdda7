import { type Message, Priority, priorityOf } from "../message/message.ts";
import type { ChunkEncoder } from "./chunk-encoder.ts";
import { MessageQueue, type QueuedMessage } from "./message-queue.ts";

/** Where another message may cut in: behind a whole message, or behind each chunk. */
export type Interleave = "message" | "chunk";

export type OutboundSchedulerOptions = {
  /** @default "message" */
  readonly interleave?: Interleave;
  /**
   * Bytes that may wait in audio, data and video together, and as many again in control and calls; each message counts
   * with 64 bytes above its payload. @default 17 MiB, so that the longest message fits
   */
  readonly maxQueuedBytes?: number;
};

export const DEFAULT_MAX_QUEUED_BYTES: number = 17 * 1024 * 1024;
/** What a queued message counts above its payload, so that empty ones are bounded as well. */
const MESSAGE_BYTES = 64;

type Channel = {
  readonly priority: Priority;
  /** Turns in a round, when others wait as well. */
  readonly weight: number;
  turnsLeft: number;
  readonly queue: MessageQueue;
  queuedBytes: number;
};

const NO_CHANNELS: readonly Channel[] = [];

/** The messages of a chunk stream that wait, all in one channel: so they keep their order. */
type Lane = { readonly channel: Channel; waiting: number };

/** In the order of `Priority`: audio before data before video, but none of them starves. Control always goes first. */
const WEIGHTS = [Number.POSITIVE_INFINITY, 8, 4, 1] as const;

/**
 * Decides what is sent next on a connection. Control and calls go first, then audio, data and video take turns of 8, 4 and
 * 1 while more than one of them waits. First in, first out within a channel and within a chunk stream.
 */
export class OutboundScheduler {
  readonly #encoder: ChunkEncoder;
  readonly #interleave: Interleave;
  readonly #maxQueuedBytes: number;
  /** Those that were ever needed, the most urgent first: a viewer has control alone. */
  #channels: readonly Channel[] = NO_CHANNELS;
  readonly #lanes = new Map<number, Lane>();
  #queuedMessages = 0;

  constructor(encoder: ChunkEncoder, options: OutboundSchedulerOptions = {}) {
    this.#encoder = encoder;
    this.#interleave = options.interleave ?? "message";
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
  }

  /** Payload bytes that wait. */
  get queuedBytes(): number {
    let sum = 0;
    for (const { queuedBytes } of this.#channels) sum += queuedBytes;
    return sum;
  }

  get queuedMessages(): number {
    return this.#queuedMessages;
  }

  /** No message is half sent, so another writer of whole messages may follow what was taken. */
  get isBetweenMessages(): boolean {
    return this.#channels.every(({ queue }) => queue.first?.isStarted !== true);
  }

  /** Payload bytes that wait in a channel, and 64 for each message. */
  heldBytesOf(priority: Priority): number {
    return heldBytesOf(this.#channelOf(priority));
  }

  queuedMessagesOf(priority: Priority): number {
    return this.#channelOf(priority).queue.length;
  }

  /** False when the queue is full: nothing was queued. The payload must not change until the message was taken. */
  push(message: Message, chunkStreamId: number): boolean {
    const lane = this.#laneOf(message, chunkStreamId);
    if (!this.#hasRoom(lane.channel, message.payload.length)) return false;
    this.#lanes.set(chunkStreamId, lane);
    lane.waiting++;
    lane.channel.queue.push({ message, chunkStreamId, offset: 0, isStarted: false });
    lane.channel.queuedBytes += message.payload.length;
    this.#queuedMessages++;
    return true;
  }

  /**
   * The next chunks, as bytes that belong to the caller: stops at the first border (of a message, or of a chunk) at or
   * beyond `maxBytes`. Empty when nothing waits.
   */
  take(maxBytes: number = Number.POSITIVE_INFINITY): Uint8Array[] {
    if (this.#queuedMessages === 0) return [];
    this.#encoder.reserve(Math.min(maxBytes, this.#encoder.encodedLengthAtMost(this.#heldBytes)));
    while (this.#queuedMessages > 0 && this.#encoder.length < maxBytes) this.#sendUnit(this.#nextChannel());
    return this.#encoder.length > 0 ? [this.#encoder.takeOutput()] : [];
  }

  /** Drops the messages that `isDroppable` names, except one that is half sent; returns how many. */
  dropUnsent(isDroppable: (message: Message, chunkStreamId: number) => boolean): number {
    const before = this.#queuedMessages;
    for (const channel of this.#channels) {
      channel.queue.drop((queued) => {
        if (queued.isStarted || !isDroppable(queued.message, queued.chunkStreamId)) return false;
        this.#forget(channel, queued);
        return true;
      });
    }
    return before - this.#queuedMessages;
  }

  #laneOf(message: Message, chunkStreamId: number): Lane {
    const lane = this.#lanes.get(chunkStreamId);
    return lane ?? { channel: this.#channelOf(priorityOf(message.type)), waiting: 0 };
  }

  #channelOf(priority: Priority): Channel {
    for (const channel of this.#channels) if (channel.priority === priority) return channel;
    const weight = WEIGHTS[priority];
    const channel: Channel = { priority, weight, turnsLeft: weight, queue: new MessageQueue(), queuedBytes: 0 };
    this.#channels = this.#channels.concat(channel).sort((left, right) => left.priority - right.priority);
    return channel;
  }

  #hasRoom(channel: Channel, byteLength: number): boolean {
    const control = this.#channelOf(Priority.Control);
    const held = channel === control ? heldBytesOf(control) : this.#heldBytes - heldBytesOf(control);
    return held + byteLength + MESSAGE_BYTES <= this.#maxQueuedBytes;
  }

  get #heldBytes(): number {
    let sum = 0;
    for (const channel of this.#channels) sum += heldBytesOf(channel);
    return sum;
  }

  /** The most urgent channel that waits and has turns left in this round. */
  #nextChannel(): Channel {
    const waiting = this.#channels.find((channel) => channel.queue.length > 0 && channel.turnsLeft > 0);
    if (waiting !== undefined) return waiting;
    for (const channel of this.#channels) channel.turnsLeft = channel.weight;
    return this.#nextChannel();
  }

  #sendUnit(channel: Channel): void {
    channel.turnsLeft--;
    const head = channel.queue.first;
    if (head === undefined) return;
    if (this.#interleave === "message") {
      this.#encoder.reserve(this.#encoder.encodedLengthAtMost(head.message.payload.length));
    }
    do this.#sendChunk(channel, head);
    while (this.#interleave === "message" && head.offset < head.message.payload.length);
    if (head.offset < head.message.payload.length) return;
    channel.queue.removeFirst();
    this.#forget(channel, head);
  }

  #sendChunk(channel: Channel, queued: QueuedMessage): void {
    const offset = this.#encoder.writeChunk(queued.message, queued.chunkStreamId, queued.offset);
    channel.queuedBytes -= offset - queued.offset;
    queued.offset = offset;
    queued.isStarted = true;
  }

  #forget(channel: Channel, queued: QueuedMessage): void {
    channel.queuedBytes -= queued.message.payload.length - queued.offset;
    this.#queuedMessages--;
    const lane = this.#lanes.get(queued.chunkStreamId);
    if (lane !== undefined && --lane.waiting === 0) this.#lanes.delete(queued.chunkStreamId);
  }
}

function heldBytesOf({ queuedBytes, queue }: Channel): number {
  return queuedBytes + queue.length * MESSAGE_BYTES;
}
