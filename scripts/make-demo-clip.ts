import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run-step.ts";

/*
 * Makes media/demo.flv, the clip that `millrace demo` plays in a loop. It lasts 256 pictures, which are exactly
 * 480 frames of AAC, and all motion ends where it began: the loop has no seam, neither to the eye nor in timestamps. Needs FFmpeg with libx264 and drawtext, and the font DejaVu Sans.
 */

const OUTPUT = join(ROOT, "media", "demo.flv");
const FRAME_RATE = 25;
const SECONDS = 256 / FRAME_RATE;
const SAMPLE_RATE = 48_000;
/** The encoder puts one frame of silence before these. */
const SOUND_SECONDS = (479 * 1024) / SAMPLE_RATE;
const SIZE = { width: 640, height: 360 };

/** The mill wheel: a rim, a hub and eight paddles, drawn once with soft edges, then turned. */
const WHEEL_SIZE = 220;
const WHEEL_TURNS = 2;

/** Two bars of a slow pentatonic melody and its bass, in hertz; 0 is a rest. */
const MELODY = [
  [523.25, 659.25, 783.99, 659.25, 880, 783.99, 659.25, 0],
  [587.33, 783.99, 880, 783.99, 659.25, 587.33, 523.25, 0],
].flat();
const BASS = [130.81, 196, 146.83, 130.81];

const video = [
  `color=c=0x14202c:s=${SIZE.width}x${SIZE.height}:r=${FRAME_RATE}:d=${SECONDS}[night]`,
  `color=c=0x1d6f8f:s=${SIZE.width}x84:r=${FRAME_RATE}:d=${SECONDS}[race]`,
  `smptehdbars=s=640x24:r=${FRAME_RATE}:d=${SECONDS},crop=640:12:0:0[bars]`,
  `color=c=black:s=${WHEEL_SIZE}x${WHEEL_SIZE}:r=${FRAME_RATE}:d=0.04,format=yuva444p,${wheel()},` +
    `loop=loop=-1:size=1,setpts=N/${FRAME_RATE}/TB,trim=duration=${SECONDS},` +
    `rotate=a=2*PI*${WHEEL_TURNS}*t/${SECONDS}:c=none[wheel]`,
  `color=c=0xf2c14e:s=18x18:r=${FRAME_RATE}:d=${SECONDS}[float]`,
  "[night][race]overlay=0:H-h[a]",
  "[a][wheel]overlay=52:64:shortest=1[b]",
  // The float crosses the picture once in one round and comes back in on the other side.
  `[b][float]overlay=x='mod(658*t/${SECONDS}+320,658)-18':y='H-66+4*sin(8*PI*t/${SECONDS})'[c]`,
  "[c][bars]overlay=0:H-h[d]",
  `[d]${text("millrace", 320, 84, 58, "white", "DejaVu Sans")}`,
  `${text("the demo clip, round and round", 322, 152, 15, "0xb8c7d3", "DejaVu Sans")}`,
  `${text("%{eif\\:trunc(t+0.001)\\:d\\:2}.%{eif\\:mod(round(t*25)\\,25)\\:d\\:2}", 320, 190, 64, "0xf2c14e", "DejaVu Sans Mono")}`,
  `${text("seconds . frames", 322, 252, 13, "0xb8c7d3", "DejaVu Sans")},format=yuv420p[video]`,
];

const graph = `${video.slice(0, 10).join(";")},${video.slice(10).join(",")};${sound()}[sound]`;
const x264 = `keyint=${FRAME_RATE}:min-keyint=${FRAME_RATE}:scenecut=0:bframes=0`;
const codecs = [
  ...["-c:v", "libx264", "-profile:v", "main", "-preset", "veryslow", "-crf", "24", "-x264-params", x264],
  ...["-c:a", "aac", "-b:a", "64k", "-ar", `${SAMPLE_RATE}`, "-ac", "2"],
];
const exact = [
  "-fflags",
  "+bitexact",
  "-flags:v",
  "+bitexact",
  "-flags:a",
  "+bitexact",
  "-threads",
  "1",
  "-flvflags",
  "no_sequence_end",
];
const output = ["-map", "[video]", "-map", "[sound]", ...codecs, ...exact, "-metadata", "title=millrace demo"];
execFileSync("ffmpeg", ["-v", "error", "-y", "-filter_complex", graph, ...output, OUTPUT], { stdio: "inherit" });
console.log(`${OUTPUT}: ${Math.round(statSync(OUTPUT).size / 1000)} kB`);

/** Opacity by distance from the edges of rim, hub and paddles; one pixel of softness. */
function wheel(): string {
  const radius = `hypot(X-${WHEEL_SIZE / 2},Y-${WHEEL_SIZE / 2})`;
  const angle = `atan2(Y-${WHEEL_SIZE / 2},X-${WHEEL_SIZE / 2})`;
  const ring = (centre: number, half: number): string => `clip(${half}+0.5-abs(${radius}-${centre}),0,1)`;
  const acrossPaddle = `abs(${radius}*sin(mod(${angle}+2*PI+PI/8,PI/4)-PI/8))`;
  const paddles = `clip(4-${acrossPaddle},0,1)*lte(${radius},104)*gte(${radius},10)`;
  const alpha = `255*max(max(${ring(82, 5)},${ring(30, 4)}),max(${paddles},clip(13-${radius},0,1)))`;
  return `geq=lum='176':cb='108':cr='150':a='${alpha}'`;
}

function text(words: string, x: number, y: number, size: number, color: string, font: string): string {
  return `drawtext=text='${words}':x=${x}:y=${y}:fontsize=${size}:fontcolor=${color}:font='${font}'`;
}

/** Each note is a soft bell: two partials that fade, with a short rise. */
function sound(): string {
  const noteSeconds = SECONDS / MELODY.length;
  const bassSeconds = SECONDS / BASS.length;
  const melody = MELODY.map((hertz, index) => bell(hertz, index * noteSeconds, noteSeconds, 0.28));
  const bass = BASS.map((hertz, index) => bell(hertz, index * bassSeconds, bassSeconds, 0.18));
  const all = [...melody, ...bass].filter((note) => note !== "").join("+");
  // The encoder's frame of silence would stand before 0, and move all pictures.
  return `aevalsrc=exprs='${all}|${all}':s=${SAMPLE_RATE}:d=${SOUND_SECONDS},asetpts=PTS+1024`;
}

function bell(hertz: number, startSeconds: number, lengthSeconds: number, volume: number): string {
  if (hertz === 0) return "";
  const time = `(t-${startSeconds.toFixed(4)})`;
  const isOn = `between(t,${startSeconds.toFixed(4)},${(startSeconds + lengthSeconds).toFixed(4)})`;
  const shape = `min(${time}*60,1)*min((${lengthSeconds.toFixed(4)}-${time})*40,1)*exp(-3.2*${time}/${lengthSeconds.toFixed(4)})`;
  return `${isOn}*${volume}*${shape}*(sin(2*PI*${hertz}*${time})+0.25*sin(4*PI*${hertz}*${time}))`;
}
