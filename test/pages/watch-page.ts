import { playFlv } from "../../dashboard/players/flv-player.ts";
import { playHls } from "../../dashboard/players/hls-player.ts";
import type { Player, PlayerEvents } from "../../dashboard/players/player.ts";
import { CLOCK_COLUMNS, CLOCK_ROWS, readClock } from "../support/clock-barcode.ts";
import { STALL_MS, type WatchFigures, type WatchProtocol } from "../support/watch-figures.ts";

const RETRY_MS = 500;
/** Of each block of the picture, when it is read. */
const BLOCK_PIXELS = 5;
const WIDTH = CLOCK_COLUMNS * BLOCK_PIXELS;
const HEIGHT = CLOCK_ROWS * BLOCK_PIXELS;

type Picture = { readonly timeMs: number; readonly latencyMs: number };

/** Plays by the dashboard's own players, and reads the time of day in each picture. */
class Watcher {
  readonly #video: HTMLVideoElement;
  readonly #canvas: CanvasRenderingContext2D;
  readonly #waiters = new Set<(picture: Picture) => void>();
  #latenciesMs: number[] = [];
  #misreadCount = 0;
  #droppedBefore = 0;
  #stalls = 0;
  #stalledMs = 0;
  #fasterMs = 0;
  #failures: string[] = [];
  #lastPictureMs: number | undefined;

  constructor() {
    this.#video = document.createElement("video");
    this.#video.muted = true;
    this.#video.autoplay = true;
    this.#video.playsInline = true;
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("the browser has no canvas");
    this.#canvas = context;
    document.body.append(this.#video);
    const look = (nowMs: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
      this.#look(nowMs, Math.max(0, expectedDisplayTime - performance.now()));
      this.#video.requestVideoFrameCallback(look);
    };
    this.#video.requestVideoFrameCallback(look);
  }

  async watch(protocol: WatchProtocol, url: string): Promise<void> {
    const shown = this.untilPaintedAfter(0);
    this.#start(protocol, url);
    await shown;
  }

  untilPaintedAfter(timeMs: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const look = (picture: Picture): void => {
      if (picture.timeMs <= timeMs) return;
      this.#waiters.delete(look);
      resolve(picture.latencyMs);
    };
    this.#waiters.add(look);
    return promise;
  }

  take(): WatchFigures {
    const { droppedVideoFrames } = this.#video.getVideoPlaybackQuality();
    const figures = {
      latenciesMs: this.#latenciesMs,
      misreadCount: this.#misreadCount,
      droppedFrames: droppedVideoFrames - this.#droppedBefore,
      stalls: this.#stalls,
      stalledMs: this.#stalledMs,
      fasterMs: this.#fasterMs,
      failures: this.#failures,
    };
    this.#latenciesMs = [];
    this.#failures = [];
    this.#misreadCount = this.#stalls = this.#stalledMs = this.#fasterMs = 0;
    this.#droppedBefore = droppedVideoFrames;
    return figures;
  }

  /** As the dashboard does: a player that gave up is made anew. */
  #start(protocol: WatchProtocol, url: string): void {
    let player: Player | undefined;
    const events: PlayerEvents = {
      onFailure: ({ text }) => {
        this.#failures.push(text);
        setTimeout(() => {
          player?.destroy();
          this.#start(protocol, url);
        }, RETRY_MS);
      },
      onChoices: () => {},
    };
    player =
      protocol === "flv"
        ? playFlv(this.#video, url, "both", { hasAudio: true, hasVideo: true }, events)
        : playHls(this.#video, url, events);
    this.#video.play().catch(() => {});
  }

  #look(nowMs: number, untilGlassMs: number): void {
    const shownMs = Date.now() + untilGlassMs;
    const stepMs = nowMs - (this.#lastPictureMs ?? nowMs);
    this.#lastPictureMs = nowMs;
    if (this.#video.playbackRate > 1) this.#fasterMs += stepMs;
    if (stepMs > STALL_MS) {
      this.#stalls++;
      this.#stalledMs += stepMs;
    }
    this.#canvas.drawImage(this.#video, 0, 0, WIDTH, HEIGHT);
    const { data } = this.#canvas.getImageData(0, 0, WIDTH, HEIGHT);
    const middle = Math.floor(BLOCK_PIXELS / 2);
    // The picture is grey: one colour is as good as the others.
    const timeMs = readClock((row, column) => {
      const pixel = (row * BLOCK_PIXELS + middle) * WIDTH + column * BLOCK_PIXELS + middle;
      return data[pixel * 4 + 1] ?? Number.NaN;
    });
    if (timeMs === undefined) {
      this.#misreadCount++;
      return;
    }
    const picture = { timeMs, latencyMs: shownMs - timeMs };
    this.#latenciesMs.push(picture.latencyMs);
    for (const waiter of [...this.#waiters]) waiter(picture);
  }
}

const watcher = new Watcher();
globalThis.watchPage = {
  watch: (protocol, url) => watcher.watch(protocol, url),
  untilPaintedAfter: (timeMs) => watcher.untilPaintedAfter(timeMs),
  take: () => watcher.take(),
};
