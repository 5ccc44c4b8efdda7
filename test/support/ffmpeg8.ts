import { type CleanUp, type PeerOptions, type PeerProcess, startPeer } from "./peer-process.ts";
import { requireFfmpeg8 } from "./require-peer.ts";

export type Ffmpeg8Options = PeerOptions & {
  /** Options of FFmpeg for opening the input, like "rtmp_enhanced_codecs=hvc1,av01". */
  readonly inputOptions?: readonly string[];
  /** Options of FFmpeg's muxer. */
  readonly outputOptions?: readonly string[];
};

/** Publishes files by FFmpeg 8.1, packets as they are; several files become the tracks of one stream. */
export function ffmpeg8Publish(
  owner: CleanUp,
  url: string,
  files: string | readonly string[],
  options: Ffmpeg8Options & { readonly isRealtime?: boolean } = {},
): PeerProcess {
  const realtime = (options.isRealtime ?? true) ? ["--realtime"] : [];
  return ffmpeg8Copy(owner, typeof files === "string" ? [files] : files, url, realtime, options);
}

/**
 * Plays a URL by FFmpeg 8.1 into an FLV file, packets as they are. When stopped while the server is silent it ends by
 * SIGKILL, its file whole.
 */
export function ffmpeg8Play(
  owner: CleanUp,
  url: string,
  outFlv: string,
  options: Ffmpeg8Options & { readonly durationMs?: number } = {},
): PeerProcess {
  const length = options.durationMs === undefined ? [] : ["--duration-ms", `${options.durationMs}`];
  return ffmpeg8Copy(owner, [url], outFlv, length, options);
}

/** Waits for one connection on a URL like rtmp://127.0.0.1:PORT/app/key, and writes what it publishes. */
export function ffmpeg8Listen(owner: CleanUp, url: string, outFlv: string, options: PeerOptions = {}): PeerProcess {
  return ffmpeg8Play(owner, url, outFlv, { ...options, inputOptions: ["listen=1"] });
}

/** Copies the packets of a file into another FLV file: how clips with the newer codecs are made. */
export function ffmpeg8Copy(
  owner: CleanUp,
  inputs: readonly string[],
  output: string,
  flags: readonly string[] = [],
  options: Ffmpeg8Options = {},
): PeerProcess {
  const parameters = [requireFfmpeg8(), ...inputs.flatMap((input) => ["--input", input]), "--output", output, ...flags];
  for (const option of options.inputOptions ?? []) parameters.push("--input-option", option);
  for (const option of options.outputOptions ?? []) parameters.push("--output-option", option);
  return startPeer(owner, process.execPath, parameters, options);
}
