import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { requirePeer } from "../support/require-peer.ts";

const CLIP = join(import.meta.dirname, "../../media/demo.flv");
const ONE_PICTURE = ["-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-movflags", "+faststart"];

/** Flat landscapes: at each place of the picture a colour in hexadecimal, from front to back. */
const SCENES: readonly string[] = [
  // hills before a low sun
  scene("hypot(X-440,Y-150)", 62, ["f6d186", "ee8959", "c65b4e", "7b3b52", "3d2645"]),
  // a pitch from above
  "color=s=640x360:c=0x3f7d4e,drawgrid=w=128:h=720:t=64:c=0x4a8c59,drawbox=x=40:y=30:w=560:h=300:t=4:c=0xe8f0e4,drawbox=x=318:y=30:w=4:h=300:t=fill:c=0xe8f0e4,drawbox=x=40:y=110:w=70:h=140:t=4:c=0xe8f0e4,drawbox=x=530:y=110:w=70:h=140:t=4:c=0xe8f0e4",
  // roofs at night
  scene("hypot(X-140,Y-90)", 40, ["f3ead2", "33506e", "26405c", "1b2f47", "101d30"]),
  // a lamp in a studio
  scene("hypot(X-320,Y-120)", 88, ["ffd9a0", "5d4b8c", "4a3a76", "382b5e", "241b42"]),
  // a morning by the sea
  scene("hypot(X-500,Y-110)", 50, ["fff3cf", "8ecae6", "5aa9c9", "2f7ea1", "175676"]),
];

/** A disc before the sky, and three waves of ground. */
function scene(distance: string, radius: number, [disc = "", sky = "", ...grounds]: readonly string[]): string {
  const channel = (at: number): string => {
    const value = (color: string): number => Number.parseInt(color.slice(at, at + 2), 16);
    const [far = 0, middle = 0, near = 0] = grounds.map(value);
    return [
      `if(gt(Y,300+22*sin(X/70+2)),${near}`,
      `if(gt(Y,245+30*sin(X/95)),${middle}`,
      `if(gt(Y,205+26*sin(X/130+4)),${far}`,
      `if(lt(${distance},${radius}),${value(disc)},${value(sky)}))))`,
    ].join(",");
  };
  return `color=s=640x360:c=black,format=gbrp,geq=r='${channel(0)}':g='${channel(2)}':b='${channel(4)}'`;
}

/** MP4 files of one picture: the first of the demo clip, then others. */
export function makePictures(folder: string, count: number = SCENES.length + 1): string[] {
  return Array.from({ length: count }, (_, index) => {
    const file = join(folder, `picture-${index}.mp4`);
    const scene = SCENES[index - 1];
    ffmpeg([...(scene === undefined ? ["-ss", "3", "-i", CLIP] : ["-f", "lavfi", "-i", scene]), ...ONE_PICTURE, file]);
    return file;
  });
}

/** The demo clip as HLS with fragmented MP4. Returns the folder of `index.m3u8`. */
export function makeHls(folder: string): string {
  const target = join(folder, "hls");
  mkdirSync(target, { recursive: true });
  const options = ["-c", "copy", "-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_list_size", "0"];
  ffmpeg(["-i", CLIP, ...options, join(target, "index.m3u8")]);
  return target;
}

function ffmpeg(parameters: readonly string[]): void {
  const { status, stderr } = spawnSync(requirePeer("ffmpeg"), ["-v", "error", "-nostdin", "-y", ...parameters]);
  if (status !== 0) throw new Error(`ffmpeg ${parameters.join(" ")}: ${stderr.toString()}`);
}
