import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CLOCK_HEIGHT, CLOCK_WIDTH, createClockFrame, paintClock } from "./clock-barcode.ts";
import { type CleanUp, type PeerOptions, type PeerProcess, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";

const FRAMES_PER_SECOND = 25;
const GOP_FRAMES = 50;

/**
 * Publishes pictures that show the time of day at which they were made, 25 a second, by an FFmpeg that encodes them as for a
 * call: H.264 without delay, a keyframe every 2 s, and a tone as AAC.
 */
export function publishClock(owner: CleanUp, url: string, options: Omit<PeerOptions, "writeInput"> = {}): PeerProcess {
  const picture = ["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", `${CLOCK_WIDTH}x${CLOCK_HEIGHT}`];
  const parameters = [
    ...["-hide_banner", "-loglevel", "info", "-nostats", "-fflags", "nobuffer", "-probesize", "32"],
    ...[...picture, "-framerate", `${FRAMES_PER_SECOND}`, "-i", "pipe:0"],
    // At the pace of the pictures: with one of its own (-re), FFmpeg holds pictures back for some hundred milliseconds.
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"],
    ...["-g", `${GOP_FRAMES}`, "-keyint_min", `${GOP_FRAMES}`, "-sc_threshold", "0"],
    ...["-c:a", "aac", "-b:a", "96k", "-f", "flv", "-flvflags", "no_duration_filesize", url],
  ];
  return startPeer(owner, requirePeer("ffmpeg"), parameters, { ...options, writeInput: (input) => void paint(input) });
}

/** Each picture is painted when FFmpeg takes it: one that waits would show another delay than the server's. */
async function paint(input: Writable): Promise<void> {
  const frame = createClockFrame();
  const startMs = performance.now();
  for (let count = 0; !input.destroyed; count++) {
    const earlyMs = startMs + (count * 1000) / FRAMES_PER_SECOND - performance.now();
    if (earlyMs > 0) await delay(earlyMs);
    paintClock(frame, Date.now());
    if (!input.write(Uint8Array.from(frame))) await untilTaken(input);
  }
}

async function untilTaken(input: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  input.once("drain", resolve).once("close", resolve);
  if (input.destroyed) resolve();
  await promise;
  input.off("drain", resolve).off("close", resolve);
}
