import { AmfEcmaArray, type AmfEncodable, type AmfValue } from "../formats/amf/amf-value.ts";
import { classifyMedia, configSlot, dataSlot } from "../formats/flv/classify.ts";
import { normalizeDataMessage } from "../formats/flv/script-data.ts";
import { encodeData } from "../rtmp/message/data.ts";
import { clientError } from "./client-error.ts";
import type { StreamEnd } from "./close-reason.ts";
import { asMetadata, type OutgoingMedia, type PublishStream } from "./publish-stream.ts";
import { StreamCounter, type StreamStatistics } from "./stream-counter.ts";
import { StreamKeeper, type StreamKeeperNeeds } from "./stream-keeper.ts";

/** Real streams have some dozens at most: a configuration for each track, and metadata. */
const MAX_CONFIGS = 1000;

/** A published stream over as many connections as it takes. */
export class ReconnectingPublishStream implements PublishStream {
  readonly ended: Promise<StreamEnd>;
  readonly #keeper: StreamKeeper<PublishStream>;
  readonly #resolveEnded: (end: StreamEnd) => void;
  readonly #counter = new StreamCounter();
  /** What each new connection begins with, by what a newer one replaces. */
  readonly #configs = new Map<string | number, OutgoingMedia>();
  /** Takes what is written. */
  #current: PublishStream | undefined;
  /** Waits for a keyframe, to take over then. */
  #next: PublishStream | undefined;
  #hasVideo = false;
  #end: StreamEnd | undefined;

  constructor(needs: Omit<StreamKeeperNeeds<PublishStream>, "attach" | "detach">) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#keeper = new StreamKeeper({
      ...needs,
      attach: (stream) => this.#attach(stream),
      detach: () => this.#drop(),
    });
  }

  /** Resolves when the stream stands for the first time. */
  async start(): Promise<PublishStream> {
    await this.#keeper.start();
    void this.#keeper.run().then((end) => this.#finish(end));
    return this;
  }

  get statistics(): StreamStatistics {
    const { waitingBytes = 0, lagMs } = this.#current?.statistics ?? {};
    return this.#counter.statistics(waitingBytes, lagMs);
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  write(message: OutgoingMedia): boolean {
    const { kind, timestamp, payload } = message;
    if (kind === "data") return this.#writeData(payload, timestamp, (stream) => stream.write(message));
    const { isKeyframe, isConfig } = classifyMedia(kind, timestamp, payload);
    if (kind === "video") this.#hasVideo = true;
    if (isConfig) this.#keep(configSlot(message), message);
    else if (this.#hasVideo ? isKeyframe : kind === "audio") this.#takeOver(timestamp);
    return this.#send(message, (stream) => stream.write(message));
  }

  writeData(payload: Uint8Array, timestamp: number = this.#counter.lastTimestamp): boolean {
    return this.#writeData(payload, timestamp, (stream) => stream.writeData(payload, timestamp));
  }

  setMetadata(values: Readonly<Record<string, AmfEncodable>>): boolean {
    return this.sendData(
      "@setDataFrame",
      "onMetaData",
      new AmfEcmaArray(Object.entries(values) as [string, AmfValue][]),
    );
  }

  sendData(name: string, ...values: readonly AmfEncodable[]): boolean {
    return this.writeData(encodeData(0, 0, name, ...values).payload);
  }

  async ready(): Promise<void> {
    // An end of its connection alone is no end of this stream: what is written meanwhile is dropped.
    await this.#current?.ready().catch(() => {});
    if (this.#end === undefined) return;
    throw this.#end.error ?? clientError("connection.closed", `the stream is over: ${this.#end.description}`);
  }

  async close(): Promise<void> {
    const [current, next] = [this.#current, this.#next];
    this.#keeper.close();
    await Promise.all([current?.close(), next?.close()]);
    await this.ended;
  }

  #attach(stream: PublishStream): void {
    const isFirst = this.#counter.messages === 0 && this.#counter.droppedMessages === 0;
    if (isFirst && this.#current === undefined) {
      this.#current = stream;
      return;
    }
    this.#counter.reconnects++;
    this.#next?.close().catch(() => {});
    this.#next = stream;
  }

  /** One may still stand: the old one, where the stream was to move and the new one is lost. */
  #drop(): void {
    // What hinders the close shows in the stream's own end.
    for (const stream of [this.#current, this.#next]) stream?.close().catch(() => {});
    this.#current = undefined;
    this.#next = undefined;
  }

  /** The one that waits begins with what players must know. */
  #takeOver(timestamp: number): void {
    const [before, stream] = [this.#current, this.#next];
    if (stream === undefined) return;
    this.#current = stream;
    this.#next = undefined;
    // What hinders the close of the old one shows in its own end.
    before?.close().catch(() => {});
    const configs = [...this.#configs.values()];
    const dataFirst = configs.toSorted((left, right) => Number(right.kind === "data") - Number(left.kind === "data"));
    for (const config of dataFirst) {
      if (config.kind === "data") stream.writeData(config.payload, timestamp);
      else stream.write({ ...config, timestamp });
    }
  }

  #writeData(payload: Uint8Array, timestamp: number, send: (stream: PublishStream) => boolean): boolean {
    const data = normalizeDataMessage(payload, false);
    if (data.kind === "clear") this.#configs.delete(dataSlot(data.name));
    else if (data.kind === "set" || data.name === "onMetaData") {
      const setting = data.kind === "set" ? payload : asMetadata(payload);
      this.#keep(dataSlot(data.name), { kind: "data", timestamp, payload: setting });
    }
    return this.#send({ kind: "data", timestamp, payload }, send);
  }

  #send({ kind, timestamp, payload }: OutgoingMedia, send: (stream: PublishStream) => boolean): boolean {
    if (this.#end !== undefined) return false;
    const stream = this.#current;
    if (stream === undefined || stream.isOver) {
      this.#counter.droppedMessages++;
      return true;
    }
    const isRoom = send(stream);
    this.#counter.count(kind, timestamp, payload.length);
    return isRoom;
  }

  #keep(slot: string | number, { kind, timestamp, payload }: OutgoingMedia): void {
    if (this.#configs.size >= MAX_CONFIGS && !this.#configs.has(slot)) return;
    this.#configs.set(slot, { kind, timestamp, payload: new Uint8Array(payload) });
  }

  #finish(end: StreamEnd): void {
    this.#end = end;
    this.#drop();
    this.#resolveEnded(end);
  }
}
