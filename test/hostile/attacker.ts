import { connect, type Socket } from "node:net";
import { concatBytes } from "../../src/bytes/concat.ts";
import type { AmfEncodable } from "../../src/formats/amf/amf-value.ts";
import { encodeCommand } from "../../src/rtmp/message/command.ts";
import type { Message } from "../../src/rtmp/message/message.ts";

/** Larger than any message, so that each of the attacker's is one chunk. */
const ATTACKER_CHUNK_SIZE = 0x7fffffff;
/** How much of what came first is kept. */
const FIRST_BYTES = 64;
/** How much of what came is kept, for whoever waits for words in it. */
const RECENT_BYTES = 20_000;
const HANDSHAKE_ANSWER_LENGTH = 3073;

export type AttackerOptions = {
  /** Which address of this machine it comes from. @default 127.0.0.1 */
  readonly localAddress?: string;
};

/** A TCP client that sends whatever bytes it is told, and keeps no more than the last of those that come. */
export class Attacker {
  readonly socket: Socket;
  /** Settles when the connection is over, however that came. */
  readonly closed: Promise<void>;
  #isClosed = false;
  #bytesRead = 0;
  #first = "";
  #recent = "";
  readonly #watchers = new Set<() => void>();

  constructor(port: number, options: AttackerOptions = {}) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true, ...options });
    this.socket.on("data", (bytes: Buffer) => {
      this.#bytesRead += bytes.length;
      if (this.#first.length < FIRST_BYTES) this.#first += bytes.toString("latin1", 0, FIRST_BYTES);
      this.#recent += bytes.toString("latin1");
      this.#look();
      this.#recent = this.#recent.slice(-RECENT_BYTES);
    });
    this.socket.on("end", () => this.socket.end());
    // Being dropped is what an attacker expects.
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once("close", () => {
        this.#isClosed = true;
        this.#look();
        resolve();
      });
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Waits until the kernel takes more; false when the connection is over. */
  async send(...pieces: readonly Uint8Array[]): Promise<boolean> {
    if (this.#isClosed || this.socket.destroyed || !this.socket.writable) return false;
    const bytes = concatBytes(pieces);
    if (this.socket.write(bytes)) return true;
    await this.#until(() => this.socket.writableLength === 0, "drain");
    return !this.#isClosed;
  }

  /** Sends the same bytes again and again until the server closes, at most `count` times. Returns how often. */
  async flood(count: number, bytes: (index: number) => Uint8Array): Promise<number> {
    for (let index = 0; index < count; index++) if (!(await this.send(bytes(index)))) return index;
    return count;
  }

  /** The whole handshake, and a chunk size that holds any message. */
  async shakeHands(): Promise<this> {
    await this.send(handshakeBytes());
    await this.untilBytes(HANDSHAKE_ANSWER_LENGTH);
    await this.send(new Uint8Array(1536), setChunkSize(ATTACKER_CHUNK_SIZE));
    return this;
  }

  async connect(app = "live"): Promise<this> {
    await this.shakeHands();
    await this.send(commandBytes("connect", 1, 0, { app }));
    await this.heard("NetConnection.Connect.Success");
    return this;
  }

  async publish(key: string): Promise<this> {
    await this.connect();
    await this.send(commandBytes("createStream", 2, 0), commandBytes("publish", 3, 1, key, "live"));
    await this.heard("NetStream.Publish.Start");
    return this;
  }

  async play(key: string): Promise<this> {
    await this.connect();
    await this.send(commandBytes("createStream", 2, 0), commandBytes("play", 3, 1, key, -2000));
    await this.heard("NetStream.Play.Start");
    return this;
  }

  /** Waits until the server says this; from then on it counts as unsaid. */
  async heard(text: string): Promise<void> {
    await this.#until(() => this.#recent.includes(text));
    this.#recent = this.#recent.slice(this.#recent.indexOf(text) + text.length);
  }

  /** Waits for such words, one character for each byte, and takes all up to their end. Rejects when they do not come. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#until(() => pattern.test(this.#recent));
    const found = pattern.exec(this.#recent);
    if (found === null) throw new Error(`closed, and never said ${pattern}: ${this.#recent.slice(-500)}`);
    this.#recent = this.#recent.slice(found.index + found[0].length);
    return found;
  }

  /** What came first, however much has followed. */
  async began(pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.#first));
    if (!pattern.test(this.#first)) throw new Error(`closed, and did not begin with ${pattern}: ${this.#first}`);
  }

  async untilBytes(count: number): Promise<void> {
    await this.#until(() => this.#bytesRead >= count);
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #until(isSo: () => boolean, event?: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const watch = (): void => {
        if (!isSo() && !this.#isClosed) return;
        this.#watchers.delete(watch);
        if (event !== undefined) this.socket.off(event, watch);
        resolve();
      };
      this.#watchers.add(watch);
      if (event !== undefined) this.socket.on(event, watch);
      watch();
    });
  }

  #look(): void {
    for (const watch of this.#watchers) watch();
  }
}

/** C0 and C1 of the plain form. */
export function handshakeBytes(): Uint8Array {
  const bytes = new Uint8Array(1537);
  bytes[0] = 3;
  return bytes;
}

export type ChunkFields = {
  readonly format?: 0 | 1 | 2 | 3;
  readonly chunkStreamId?: number;
  readonly timestamp?: number;
  /** What the header says. @default the length of the payload */
  readonly length?: number;
  readonly type?: number;
  readonly streamId?: number;
  readonly payload?: Uint8Array;
};

/** One chunk with any header. */
export function chunk(fields: ChunkFields): Uint8Array {
  const { format = 0, chunkStreamId: id = 3, timestamp = 0, type = 0, streamId = 0 } = fields;
  const payload = fields.payload ?? new Uint8Array();
  const length = fields.length ?? payload.length;
  const top = format << 6;
  const basic = id < 64 ? [top | id] : id < 320 ? [top, id - 64] : [top | 1, (id - 64) & 0xff, (id - 64) >> 8];
  const isExtended = format < 3 && timestamp >= 0xffffff;
  const time = isExtended ? 0xffffff : timestamp;
  const header = [
    ...[time >> 16, time >> 8, time, length >> 16, length >> 8, length, type],
    ...[streamId, streamId >> 8, streamId >> 16, streamId >> 24],
  ].slice(0, [11, 7, 3, 0][format]);
  const extended = isExtended ? [timestamp >> 24, timestamp >> 16, timestamp >> 8, timestamp] : [];
  return concatBytes([Uint8Array.from([...basic, ...header, ...extended]), payload]);
}

export function messageBytes({ type, timestamp, streamId, payload }: Message): Uint8Array {
  const chunkStreamId = type <= 6 ? 2 : type === 20 ? 3 : type === 8 ? 4 : type === 9 ? 6 : 5;
  return chunk({ chunkStreamId, type, timestamp, streamId, payload });
}

export function commandBytes(
  name: string,
  transactionId: number,
  streamId: number,
  ...args: readonly AmfEncodable[]
): Uint8Array {
  const isConnect = name === "connect";
  const commandObject = isConnect ? args[0] : null;
  return messageBytes(encodeCommand({ name, transactionId, commandObject, args: isConnect ? [] : args }, streamId));
}

export function setChunkSize(size: number): Uint8Array {
  return controlBytes(1, size);
}

/** A control message whose body is one or more numbers of 32 bits. */
export function controlBytes(type: number, ...values: readonly number[]): Uint8Array {
  const payload = new Uint8Array(4 * values.length);
  const view = new DataView(payload.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value);
  return chunk({ chunkStreamId: 2, type, payload });
}

/** The same bytes many times in one piece. */
export function repeat(count: number, bytes: Uint8Array): Uint8Array {
  const repeated = new Uint8Array(count * bytes.length);
  for (let index = 0; index < count; index++) repeated.set(bytes, index * bytes.length);
  return repeated;
}
