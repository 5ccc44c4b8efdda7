import type { ServerSnapshot } from "../src/server/snapshots.ts";
import { encodePart } from "./parse-route.ts";
import { splitName } from "./words.ts";

/** Where the page was loaded from, as far as URLs are made of it. */
export type PageLocation = { readonly protocol: string; readonly hostname: string };

/** One way to publish or to watch, for people to copy. */
export type CopyableUrl = { readonly title: string; readonly hint: string; readonly url: string };

type WayIn = NonNullable<ServerSnapshot["waysIn"]>[number];

const DEFAULT_WAYS: readonly WayIn[] = [{ scheme: "rtmp", port: 1935 }];
const USUAL_PORTS: Readonly<Record<string, number>> = {
  rtmp: 1935,
  rtmps: 443,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

/** Where media is served by the page's own server, with the session of the page. */
export function mediaPath(name: string, ending: ".flv" | "/index.m3u8"): string {
  return `/media/${pathOf(name)}${ending}`;
}

/** What an encoder calls the server: `rtmp://host/app`. */
export function publishServer(app: string, waysIn: readonly WayIn[] | undefined, page: PageLocation): string {
  const ways = waysIn === undefined || waysIn.length === 0 ? DEFAULT_WAYS : waysIn;
  const way = ways.find(({ scheme }) => scheme === "rtmp") ?? ways.find(({ scheme }) => scheme === "rtmps") ?? ways[0];
  const { scheme, port } = way ?? { scheme: "rtmp", port: 1935 };
  return `${authority(scheme, page.hostname, port)}/${pathOf(app)}`;
}

/** FFmpeg's line for a test picture with sound. */
export function testPictureLine(server: string, key: string): string {
  return [
    "ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440",
    "-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60 -c:a aac",
    `-f flv ${shellWord(`${server}/${pathOf(key)}`)}`,
  ].join(" ");
}

/** Every way to watch a broadcast. */
export function watchUrls(name: string, waysIn: readonly WayIn[] | undefined, page: PageLocation): CopyableUrl[] {
  const { app, key } = splitName(name);
  const rtmp = `${publishServer(app, waysIn, page)}/${pathOf(key)}`;
  const ways = waysIn ?? DEFAULT_WAYS;
  const tls = ways.find(({ scheme }) => scheme === "wss" || scheme === "rtmpts");
  const plain = ways.find(({ scheme }) => scheme === "ws" || scheme === "rtmpt");
  const isSecure = tls !== undefined && (page.protocol === "https:" || plain === undefined);
  const port = (isSecure ? tls : (plain ?? ways[0]))?.port ?? 1935;
  const http = authority(isSecure ? "https" : "http", page.hostname, port);
  const webSocket = authority(isSecure ? "wss" : "ws", page.hostname, port);
  return [
    { title: "RTMP", hint: "VLC, ffplay, OBS media source", url: rtmp },
    { title: "HTTP-FLV", hint: "mpegts.js, ffplay, VLC", url: `${http}/${pathOf(name)}.flv` },
    { title: "WebSocket-FLV", hint: "mpegts.js, flv.js", url: `${webSocket}/${pathOf(name)}.flv` },
    { title: "HLS", hint: "Safari, phones, hls.js, VLC", url: `${http}/${pathOf(name)}/index.m3u8` },
  ];
}

/** FFplay's line for the least delay. */
export function playLine(url: string): string {
  return `ffplay -fflags nobuffer ${shellWord(url)}`;
}

function pathOf(name: string): string {
  return name.split("/").map(encodePart).join("/");
}

function authority(scheme: string, host: string, port: number): string {
  return `${scheme}://${host}${USUAL_PORTS[scheme] === port ? "" : `:${port}`}`;
}

/** In single quotes where a shell would take it for more than a word. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
