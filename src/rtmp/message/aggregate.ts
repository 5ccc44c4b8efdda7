import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { type Message, MessageType } from "./message.ts";

/** Type, length, timestamp and stream id: as an FLV tag has them. */
const HEADER_LENGTH = 11;

/** What is left out gives no turn to others while it is passed over, so it must not be a million. Real ones hold none. */
export const MAX_LEFT_OUT_MESSAGES = 1000;

/**
 * The messages inside an aggregate, one after the other: with the aggregate's stream id, and with timestamps that count
 * on from the aggregate's. Control messages and aggregates inside are left out, back pointers are not read, and what runs
 * past the end is left away, as is what follows too many that are left out. RTMP 1.0 section 7.1.6.
 */
export class AggregateReader {
  readonly #timestamp: number;
  readonly #streamId: number;
  #reader: ByteReader;
  #isRetained = false;
  #firstTimestamp: number | undefined;
  #leftOut = 0;

  constructor(aggregate: Message) {
    this.#timestamp = aggregate.timestamp;
    this.#streamId = aggregate.streamId;
    this.#reader = new ByteReader(aggregate.payload);
  }

  /** Undefined at the end. The payload is a view of the aggregate's. */
  next(): Message | undefined {
    while (this.#reader.remaining >= HEADER_LENGTH) {
      const type = this.#reader.u8();
      const length = this.#reader.u24();
      const timestamp = readFlvTimestamp(this.#reader);
      this.#reader.skip(3);
      if (length > this.#reader.remaining) return this.#end();
      const payload = this.#reader.bytes(length);
      this.#reader.skip(Math.min(4, this.#reader.remaining));
      this.#firstTimestamp ??= timestamp;
      if (!mayStandInside(type)) {
        if (++this.#leftOut > MAX_LEFT_OUT_MESSAGES) return this.#end();
        continue;
      }
      const rebased = (this.#timestamp + timestamp - this.#firstTimestamp) >>> 0;
      return { type, timestamp: rebased, streamId: this.#streamId, payload };
    }
    return undefined;
  }

  /** Copies what has not been read, so that the aggregate's payload may change. */
  retainInput(): void {
    if (this.#isRetained) return;
    this.#isRetained = true;
    this.#reader = new ByteReader(new Uint8Array(this.#reader.rest()));
  }

  #end(): undefined {
    this.#reader.rest();
  }
}

/** All messages inside an aggregate. */
export function decodeAggregate(aggregate: Message): Message[] {
  const reader = new AggregateReader(aggregate);
  const messages: Message[] = [];
  for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  return messages;
}

/** Packs messages of one message stream into one; takes stream id and timestamp of the first. */
export function encodeAggregate(messages: readonly [Message, ...Message[]]): Message {
  const writer = new ByteWriter();
  for (const { type, timestamp, payload } of messages) {
    writer.u8(type);
    writer.u24(payload.length);
    writer.u24(timestamp & 0xffffff);
    writer.u8(timestamp >>> 24);
    writer.u24(0);
    writer.bytes(payload);
    writer.u32(payload.length + HEADER_LENGTH);
  }
  const [{ timestamp, streamId }] = messages;
  return { type: MessageType.Aggregate, timestamp, streamId, payload: writer.take() };
}

/** Bits 23-0, then bits 31-24. */
function readFlvTimestamp(reader: ByteReader): number {
  const low = reader.u24();
  return (reader.u8() << 24) | low;
}

function mayStandInside(type: number): boolean {
  return type > MessageType.SetPeerBandwidth && type !== MessageType.Aggregate;
}
