import { execFileSync } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { requirePeer } from "../../test/support/require-peer.ts";

/** By their bitrate in Mbit/s, sound included. */
export type ClipName = "0.5" | "1" | "2.6" | "8";

/** kbit/s of the picture; the sound has 128. */
const PICTURES: Readonly<Record<ClipName, { readonly size: string; readonly kilobits: number }>> = {
  "0.5": { size: "640x360", kilobits: 372 },
  "1": { size: "854x480", kilobits: 872 },
  "2.6": { size: "1280x720", kilobits: 2370 },
  "8": { size: "1920x1080", kilobits: 7872 },
};

const SECONDS = 20;
const FRAMES_PER_SECOND = 30;
const GOP_SECONDS = 2;

/** Returns the file, which is made when it is not there: H.264 without B-frames and AAC, 20 s, a keyframe every 2 s. */
export function mediaClip(name: ClipName, folder: string, report: (line: string) => void): string {
  const file = join(folder, `${name}-megabits.flv`);
  if (existsSync(file)) return file;
  const { size, kilobits } = PICTURES[name];
  report(`making a clip of ${name} Mbit/s`);
  const unfinished = `${file}.part`;
  const picture = `testsrc2=size=${size}:rate=${FRAMES_PER_SECOND},noise=alls=24:allf=t`;
  const input = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"];
  const gop = `${FRAMES_PER_SECOND * GOP_SECONDS}`;
  const rate = `${kilobits}k`;
  execFileSync(
    requirePeer("ffmpeg"),
    [
      ...["-nostdin", "-v", "error", "-y", ...input, "-t", `${SECONDS}`],
      ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-profile:v", "main", "-bf", "0"],
      ...["-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-b:v", rate, "-maxrate", rate, "-bufsize", rate],
      ...["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-f", "flv", unfinished],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  renameSync(unfinished, file);
  return file;
}
