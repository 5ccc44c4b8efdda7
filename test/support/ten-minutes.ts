import { deepEqual } from "node:assert/strict";
import { hash } from "node:crypto";
import type { OutgoingMedia } from "../../src/client/index.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const FRAME_MS = 40;
const AUDIO_FRAME_MS = 1024 / 44.1;
const KEYFRAME_EVERY = 250;
const KEYFRAME_BYTES = 300 * KIB;
/** In turn, one each minute and a half or so: the buffers of kernel, tunnels and WebSockets are smaller. */
const LARGE_KEYFRAMES_MIB = [7, 2, 5, 3, 6, 4];
const NOISE = noise(8 * MIB);

/** What a message of the stream is known by. */
type Fingerprint = { readonly kind: string; readonly timestamp: number; readonly sha256: string };

/**
 * Media of so many seconds at about one megabit a second, as fast as it is taken, with timestamps from `startMs` on. The
 * payloads are used again: each is valid until the next.
 */
export function* accelerated(seconds: number, startMs: number): Generator<OutgoingMedia> {
  yield { kind: "video", timestamp: startMs, payload: Uint8Array.of(0x17, 0, 0, 0, 0, 1, 100, 0, 31) };
  yield { kind: "audio", timestamp: startMs, payload: Uint8Array.of(0xaf, 0, 0x12, 0x10) };
  const payload = new Uint8Array(8 * MIB);
  const filled = (header: readonly number[], byteLength: number, index: number): Uint8Array => {
    const from = (index * 7919) % (NOISE.length - byteLength);
    payload.set(NOISE.subarray(from, from + byteLength - header.length), header.length);
    payload.set(header);
    return payload.subarray(0, byteLength);
  };
  let audioFrames = 0;
  for (let frame = 0; frame < (seconds * 1000) / FRAME_MS; frame++) {
    const timestamp = startMs + frame * FRAME_MS;
    const isKeyframe = frame % KEYFRAME_EVERY === 0;
    const byteLength = isKeyframe ? keyframeBytes(frame / KEYFRAME_EVERY) : 500 + ((frame * 31) % 2000);
    yield { kind: "video", timestamp, payload: filled([isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0], byteLength, frame) };
    for (; audioFrames * AUDIO_FRAME_MS < (frame + 1) * FRAME_MS; audioFrames++) {
      const time = Math.floor(startMs + audioFrames * AUDIO_FRAME_MS);
      yield { kind: "audio", timestamp: time, payload: filled([0xaf, 1], 200 + (audioFrames % 200), audioFrames) };
    }
  }
}

function keyframeBytes(index: number): number {
  const large = index % 10 === 5 ? LARGE_KEYFRAMES_MIB[Math.floor(index / 10) % LARGE_KEYFRAMES_MIB.length] : undefined;
  return large === undefined ? KEYFRAME_BYTES : large * MIB;
}

/** Bytes that do not repeat, the same each time. */
function noise(byteLength: number): Uint8Array {
  const words = new Uint32Array(byteLength / 4);
  let state = 0x9e3779b9;
  for (const index of words.keys()) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
}

/** Compares messages as they arrive with those that were sent, and lets the sender be no more than `windowBytes` ahead. */
export class Comparison {
  sentBytes = 0;
  receivedBytes = 0;
  messages = 0;
  readonly #windowBytes: number;
  readonly #waiting: (Fingerprint & { readonly byteLength: number })[] = [];
  #behind: PromiseWithResolvers<void> | undefined;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  sent(message: OutgoingMedia): void {
    this.sentBytes += message.payload.length;
    this.#waiting.push({ ...fingerprint(message), byteLength: message.payload.length });
  }

  /** Throws if it is not the next one that was sent, bit by bit and at its time. */
  received(message: OutgoingMedia): void {
    const expected = this.#waiting.shift();
    if (expected === undefined) throw new Error("more arrived than was sent");
    const { byteLength, ...sent } = expected;
    deepEqual(fingerprint(message), sent, `message ${this.messages}`);
    this.messages++;
    this.receivedBytes += byteLength;
    if (this.#isBehind) return;
    this.#behind?.resolve();
    this.#behind = undefined;
  }

  /** Resolves when the receiver is near enough. */
  async ready(): Promise<void> {
    if (!this.#isBehind) return;
    this.#behind ??= Promise.withResolvers();
    await this.#behind.promise;
  }

  /** All that was sent has arrived. */
  get isWhole(): boolean {
    return this.#waiting.length === 0;
  }

  get #isBehind(): boolean {
    return this.sentBytes - this.receivedBytes > this.#windowBytes;
  }
}

function fingerprint({ kind, timestamp, payload }: OutgoingMedia): Fingerprint {
  return { kind, timestamp, sha256: hash("sha256", payload, "hex") };
}
