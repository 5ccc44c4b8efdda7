import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Programs that tests and benchmarks talk to or build with, and the Debian packages that bring them. */
export const PEER_PACKAGES: Readonly<Record<PeerProgram, readonly string[]>> = {
  ffmpeg: ["ffmpeg"],
  ffprobe: ["ffmpeg"],
  rtmpdump: ["rtmpdump"],
  rtmpsrv: ["rtmpdump"],
  unshare: ["util-linux"],
  ip: ["iproute2"],
  "gst-launch-1.0": [
    "gstreamer1.0-tools",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
  ],
  tshark: ["tshark"],
  dumpcap: ["tshark"],
  chromium: ["chromium"],
  promtool: ["prometheus"],
  tinyproxy: ["tinyproxy-bin"],
  nginx: ["nginx-light", "libnginx-mod-rtmp"],
  haproxy: ["haproxy"],
  gcc: ["gcc", "libc6-dev"],
  make: ["make"],
};

export type PeerProgram =
  | "ffmpeg"
  | "ffprobe"
  | "rtmpdump"
  | "rtmpsrv"
  | "unshare"
  | "ip"
  | "gst-launch-1.0"
  | "tshark"
  | "dumpcap"
  | "chromium"
  | "promtool"
  | "tinyproxy"
  | "nginx"
  | "haproxy"
  | "gcc"
  | "make";

/** Where servers are that Debian keeps for root, whose path others do not have. */
const SERVER_FOLDERS: readonly string[] = ["/usr/sbin"];

/** The folder that holds FFmpeg 8.1: a package of its own, because it is no dependency of millrace. */
export const FFMPEG8_FOLDER: string = fileURLToPath(new URL("../ffmpeg8", import.meta.url));

/** Installs FFmpeg 8.1 for tests: no script of the package runs. */
export const FFMPEG8_INSTALL: readonly string[] = ["npm", "ci", "--ignore-scripts", "--omit=optional"];

/** Returns the program's path, or throws an error whose message is the line that installs it. */
export function requirePeer(program: PeerProgram): string {
  const path = findProgram(program);
  if (path !== undefined) return path;
  throw new Error(`${program} is missing. Install it: ${installLine(PEER_PACKAGES[program])}`);
}

/** Returns the script that copies packets by FFmpeg 8.1, or throws an error with the line that installs it. */
export function requireFfmpeg8(): string {
  if (!hasFfmpeg8()) {
    throw new Error(`FFmpeg 8.1 is missing. Install it: (cd test/ffmpeg8 && ${FFMPEG8_INSTALL.join(" ")})`);
  }
  return join(FFMPEG8_FOLDER, "remux.js");
}

export function hasFfmpeg8(): boolean {
  const binding = `@seydx/node-av-${process.platform}-${process.arch}/node-av.node`;
  return ["node-av/package.json", binding].every((file) => existsSync(join(FFMPEG8_FOLDER, "node_modules", file)));
}

export function installLine(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`;
}

export function findProgram(program: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...folders, ...SERVER_FOLDERS].map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
