import { equal, ok } from "node:assert/strict";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import { ChunkDecoder } from "../../src/rtmp/chunk/chunk-decoder.ts";
import { MessageType } from "../../src/rtmp/message/message.ts";
import { RtmpConnection } from "../../src/server/rtmp/connection.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { type RtmpPeer, settle } from "../support/rtmp-peer.ts";
import { player, TestServer } from "../support/test-server.ts";
import type { Random } from "./random.ts";

/** The first bytes of a client, which wait for the answer. */
const CHALLENGE_LENGTH = 1537;
const MAX_INPUT_MS = 10_000;
const GRACE_MS = 10_000;

/** A server that is fed input after input, each on a connection of its own, and a viewer that watches what comes of it. */
export class FuzzedServer {
  readonly #server: TestServer;
  #viewer: RtmpPeer | undefined;
  #finished = 0;
  #seenFrames = 0;
  /** Of each track that the viewer has seen: the time of its newest message. */
  readonly #times = new Map<string, number>();

  constructor(interleave: "message" | "chunk") {
    this.#server = new TestServer({ play: { flush: "instant", interleave } });
  }

  /** Audio and video that came through to the viewer. */
  get seenFrames(): number {
    return this.#seenFrames;
  }

  /** What the server logged of the last input. */
  get log(): readonly string[] {
    return this.#server.log;
  }

  /** Throws when the server does anything but serve, or close with a reason. */
  async feed(input: Uint8Array, random: Random): Promise<void> {
    const { log } = this.#server;
    this.#viewer ??= await player(this.#server, "key");
    log.length = 0;
    const startedMs = performance.now();
    const [near, far] = memoryStreamPair();
    const connection = new RtmpConnection(this.#server.context, near, "fuzz", () => this.#finished++);
    this.#server.connections.push(connection);
    connection.start();
    const answer = watchAnswer();
    far.start({ onBytes: (bytes) => answer.push(bytes), onDrain() {}, onEnd() {}, onClose() {} });
    far.write([input.subarray(0, CHALLENGE_LENGTH)]);
    await settle();
    for (let at = CHALLENGE_LENGTH; at < input.length; ) {
      const length = random.below(4) === 0 ? 1 + random.below(100) : input.length;
      far.write([input.subarray(at, at + length)]);
      at += length;
    }
    await settle();
    await this.#server.pass(500);
    far.destroy();
    await settle();
    const elapsedMs = performance.now() - startedMs;
    ok(elapsedMs < MAX_INPUT_MS, `${elapsedMs} ms for one input`);
    const fault = log.find((line) => line.startsWith("error"));
    equal(fault, undefined);
    equal(this.#finished, 1, "the connection did not come to its end");
    this.#finished = 0;
    this.#server.connections.splice(this.#server.connections.indexOf(connection), 1);
    this.#lookAtViewer();
  }

  /** Lets the time go by in which anything is kept; then nothing but the viewer's own broadcast is there. */
  async end(): Promise<void> {
    await this.#server.pass(GRACE_MS + 1000);
    const names = [...this.#server.context.directory].map(({ name }) => name);
    equal(names.join(), this.#viewer === undefined ? "" : "live/key");
    const held = [...this.#server.context.directory].reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    equal(held, 0);
  }

  /** What it got can be read, and its time never steps back. */
  #lookAtViewer(): void {
    const viewer = this.#viewer;
    if (viewer === undefined) return;
    ok(!viewer.lines.includes("closed"), "an input closed the connection of a viewer");
    for (const { type, timestamp, payload } of viewer.media) this.#checkTime(type, timestamp, payload);
    viewer.lines.length = 0;
    viewer.media.length = 0;
  }

  #checkTime(type: number, timestamp: number, payload: Uint8Array): void {
    const track = describeTrack(type, payload);
    if (track === undefined) return;
    const last = this.#times.get(track) ?? timestamp;
    ok(((timestamp - last) | 0) >= 0, `${track} steps back from ${last} to ${timestamp}`);
    this.#times.set(track, timestamp);
    this.#seenFrames++;
  }
}

/** Undefined for data, which has no track. */
function describeTrack(type: number, payload: Uint8Array): string | undefined {
  if (type !== MessageType.Audio && type !== MessageType.Video) return undefined;
  const kind = type === MessageType.Audio ? "audio" : "video";
  return `${kind} ${classifyMedia(kind, 0, payload).trackId}`;
}

/** The server's answers must be chunks, whatever was asked. */
function watchAnswer(): { push(bytes: Uint8Array): void } {
  const decoder = new ChunkDecoder();
  let handshakeLeft = 3073;
  return {
    push(bytes): void {
      const taken = Math.min(handshakeLeft, bytes.length);
      handshakeLeft -= taken;
      decoder.push(bytes.slice(taken));
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
        const { type, payload } = message;
        if (type === 1) decoder.setChunkSize(new DataView(payload.buffer, payload.byteOffset).getUint32(0));
      }
    },
  };
}
