import { type CleanUp, type PeerOptions, type PeerProcess, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";

const QUIET = ["-hide_banner", "-nostdin", "-loglevel", "info", "-nostats"];

export type FfmpegPublishOptions = PeerOptions & {
  /** Send at the pace of the timestamps. @default true */
  readonly isRealtime?: boolean;
  /** How often the file is sent again after its end; -1 for ever. @default 0 */
  readonly loops?: number;
  /** Codecs and filters of the output. @default ["-c", "copy"] */
  readonly outputOptions?: readonly string[];
  readonly inputOptions?: readonly string[];
};

/** Publishes a file by FFmpeg; by default its packets are copied as they are. */
export function ffmpegPublish(
  owner: CleanUp,
  url: string,
  file: string,
  options: FfmpegPublishOptions = {},
): PeerProcess {
  const { isRealtime = true, loops = 0, inputOptions = [], outputOptions = ["-c", "copy"] } = options;
  const input = [...(isRealtime ? ["-re"] : []), ...(loops === 0 ? [] : ["-stream_loop", `${loops}`])];
  const parameters = [...QUIET, ...input, ...inputOptions, "-i", file, ...outputOptions, "-f", "flv", url];
  return startPeer(owner, requirePeer("ffmpeg"), parameters, options);
}

export type FfmpegPlayOptions = PeerOptions & {
  /** End by itself after this much media. */
  readonly durationMs?: number;
  /** End by itself after this many video frames. */
  readonly frames?: number;
  /**
   * How much media FFmpeg reads before it writes any, while it waits for a track that was not announced: always for
   * audio alone. FFmpeg's own default is 5000. @default 1000
   */
  readonly analyzeMs?: number;
  readonly inputOptions?: readonly string[];
  /** @default ["-c", "copy"] */
  readonly outputOptions?: readonly string[];
};

/** Plays a URL by FFmpeg into an FLV file that is whole up to the last tag at any time. */
export function ffmpegPlay(owner: CleanUp, url: string, outFlv: string, options: FfmpegPlayOptions = {}): PeerProcess {
  const { durationMs, frames, analyzeMs = 1000, inputOptions = [], outputOptions = ["-c", "copy"] } = options;
  const limits = [
    ...(durationMs === undefined ? [] : ["-t", `${durationMs / 1000}`]),
    ...(frames === undefined ? [] : ["-frames:v", `${frames}`]),
  ];
  const output = [...outputOptions, ...limits, "-flush_packets", "1", "-f", "flv", "-y", outFlv];
  const input = ["-analyzeduration", `${analyzeMs * 1000}`, ...inputOptions, "-i", url];
  return startPeer(owner, requirePeer("ffmpeg"), [...QUIET, ...input, ...output], options);
}

/** Waits for one FFmpeg connection on a URL like rtmp://127.0.0.1:PORT/app/key, and writes what it publishes. */
export function ffmpegListen(owner: CleanUp, url: string, outFlv: string, options: PeerOptions = {}): PeerProcess {
  return ffmpegPlay(owner, url, outFlv, { ...options, inputOptions: ["-listen", "1"] });
}
