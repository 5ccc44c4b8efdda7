import type { ClientClock } from "../../src/client/clock.ts";
import { nodePlatform } from "../../src/client/node-platform.ts";
import type { ClientPlatform } from "../../src/client/platform.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { formatRtmpUrl, type RtmpUrl } from "../../src/transport/rtmp-url.ts";
import { settle } from "./rtmp-peer.ts";

/** Whoever takes a connection: a server of ours, or a test. */
export type Host = (stream: ByteStream) => void;

type Waiting = { readonly delayMs: number; readonly resolve: () => void };

/** A clock that stands until the test moves it, by whole waits. */
export class TestClock implements ClientClock {
  now = 0;
  /** All waits so far. */
  readonly delaysMs: number[] = [];
  /** What `random` gives. */
  chance = 0;
  #waiting: Waiting | undefined;
  #onWait: (() => void) | undefined;

  nowMs(): number {
    return this.now;
  }

  random(): number {
    return this.chance;
  }

  wait(delayMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.delaysMs.push(delayMs);
    const waiting = { delayMs, resolve };
    this.#waiting = waiting;
    const onAbort = (): void => {
      if (this.#waiting === waiting) this.#waiting = undefined;
      resolve();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#onWait?.();
    return promise;
  }

  /** Until somebody waits. */
  async untilWaiting(): Promise<void> {
    if (this.#waiting !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#onWait = resolve;
    });
    this.#onWait = undefined;
  }

  /** Ends the next wait, the clock moved on by it. */
  async passWait(): Promise<void> {
    await this.untilWaiting();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.now += waiting?.delayMs ?? 0;
    waiting?.resolve();
    await settle();
  }
}

/** A network in memory: hosts by name. A name without a host refuses, as a machine without a server does. */
export class MemoryPlatform implements ClientPlatform {
  readonly crypto: ClientPlatform["crypto"] = nodePlatform.crypto;
  readonly md5: ClientPlatform["md5"] = nodePlatform.md5;
  readonly clock: TestClock = new TestClock();
  readonly hosts: Map<string, Host> = new Map();
  /** All connections so far, refused ones too. */
  readonly dialled: string[] = [];
  /** The far ends of those that were taken. */
  readonly streams: ByteStream[] = [];

  async openStream(url: RtmpUrl): Promise<ByteStream> {
    this.dialled.push(formatRtmpUrl(url));
    const host = this.hosts.get(url.host);
    if (host === undefined) throw new Error(`${url.host} refuses the connection`);
    const [client, server] = memoryStreamPair();
    this.streams.push(server);
    host(server);
    return client;
  }
}
