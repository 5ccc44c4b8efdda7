import { ByteWriter } from "../../src/bytes/byte-writer.ts";
import type { OutgoingMedia } from "../../src/client/publish-stream.ts";

const VIDEO_FRAMES_PER_SECOND = 30;
const VIDEO_FRAME_BYTES = 10_000;
const FRAMES_PER_GOP = 60;
const AUDIO_FRAMES_PER_SECOND = 43;
const AUDIO_FRAME_BYTES = 370;
/** How a server writes each message for all its players: basic header and message header, and one chunk is enough. */
const HEADER_BYTES = 12;

/** What each viewer gets in a second at real pace, with its RTMP headers: 2.6 Mbit/s. */
export const BYTES_PER_SECOND: number =
  VIDEO_FRAMES_PER_SECOND * (VIDEO_FRAME_BYTES + HEADER_BYTES) +
  AUDIO_FRAMES_PER_SECOND * (AUDIO_FRAME_BYTES + HEADER_BYTES);

/** 640 × 360, one track, and AAC in stereo at 44.1 kHz. */
const VIDEO_CONFIG = Uint8Array.from([
  ...[0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 12],
  ...[0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01, 0x40, 0x5f, 0xf3, 0x80, 0x88, 0x40, 1, 0, 4],
  ...[0x68, 0xcb, 0x83, 0xcb],
]);
const AUDIO_CONFIG = Uint8Array.of(0xaf, 0, 0x12, 0x10);

/** Sends H.264 and AAC in the sizes and at the pace of an encoder; in the frames is noise. */
export class PacedMedia {
  readonly #pace: number;
  readonly #write: (message: OutgoingMedia) => void;
  readonly #keyframe: Uint8Array = videoFrame(true);
  readonly #interFrame: Uint8Array = videoFrame(false);
  readonly #audioFrame: Uint8Array = audioFrame();
  #timer: NodeJS.Timeout | undefined;
  #startedAtMs = 0;
  #videoFrames = 0;
  #audioFrames = 0;

  /** `pace` times as fast as real; `write` must not keep the payload. */
  constructor(pace: number, write: (message: OutgoingMedia) => void) {
    this.#pace = pace;
    this.#write = write;
  }

  /** What a player that misses nothing has got of the frames so far. */
  get deliverableBytes(): number {
    const video = this.#videoFrames * (VIDEO_FRAME_BYTES + HEADER_BYTES);
    return video + this.#audioFrames * (AUDIO_FRAME_BYTES + HEADER_BYTES);
  }

  start(): void {
    this.#startedAtMs = performance.now();
    this.#write({ kind: "video", timestamp: 0, payload: VIDEO_CONFIG });
    this.#write({ kind: "audio", timestamp: 0, payload: AUDIO_CONFIG });
    this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Sends what is due, in the order of time, and waits for the next frame. */
  #run(): void {
    const elapsedMs = (performance.now() - this.#startedAtMs) * this.#pace;
    let dueMs = this.#nextMs;
    for (; dueMs <= elapsedMs; dueMs = this.#nextMs) this.#sendNext(Math.floor(dueMs));
    this.#timer = setTimeout(() => this.#run(), (dueMs - elapsedMs) / this.#pace);
  }

  get #nextVideoMs(): number {
    return (this.#videoFrames * 1000) / VIDEO_FRAMES_PER_SECOND;
  }

  get #nextAudioMs(): number {
    return (this.#audioFrames * 1000) / AUDIO_FRAMES_PER_SECOND;
  }

  get #nextMs(): number {
    return Math.min(this.#nextVideoMs, this.#nextAudioMs);
  }

  #sendNext(timestamp: number): void {
    if (this.#nextVideoMs <= this.#nextAudioMs) {
      const payload = this.#videoFrames++ % FRAMES_PER_GOP === 0 ? this.#keyframe : this.#interFrame;
      this.#write({ kind: "video", timestamp, payload });
    } else {
      this.#audioFrames++;
      this.#write({ kind: "audio", timestamp, payload: this.#audioFrame });
    }
  }
}

/** One NAL unit that other pictures refer to. */
function videoFrame(isKeyframe: boolean): Uint8Array {
  const writer = new ByteWriter(VIDEO_FRAME_BYTES);
  writer.bytes(Uint8Array.of(isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0));
  writer.u32(VIDEO_FRAME_BYTES - 9);
  writer.u8(isKeyframe ? 0x65 : 0x41);
  writer.bytes(noise(VIDEO_FRAME_BYTES - 10));
  return writer.take();
}

function audioFrame(): Uint8Array {
  const writer = new ByteWriter(AUDIO_FRAME_BYTES);
  writer.bytes(Uint8Array.of(0xaf, 1));
  writer.bytes(noise(AUDIO_FRAME_BYTES - 2));
  return writer.take();
}

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
