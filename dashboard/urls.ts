import type { ServerSnapshot } from "../src/server/snapshots.ts";
import { encodePart } from "./parse-route.ts";
import { splitName } from "./words.ts";

/** Where the page was loaded from, as far as URLs are made of it. */
export type PageLocation = { readonly protocol: string; readonly hostname: string };

/** One way to publish or to watch, for people to copy. */
export type CopyableUrl = { readonly title: string; readonly hint: string; readonly url: string };

type WayIn = NonNullable<ServerSnapshot["waysIn"]>[number];

const DEFAULT_WAYS: readonly WayIn[] = [
  { scheme: "rtmp", port: 1935 },
  { scheme: "http", port: 1935 },
];
/** Of a name that URLs of the web cannot say. */
export const NO_WEB_ADDRESS =
  "A part of this name is only dots, which no address of the web can hold: it plays by RTMP alone.";

/** Whether what walks over URLs leaves the name whole. */
export function hasWebAddress(name: string): boolean {
  return !name.split("/").some((part) => part === "." || part === "..");
}

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
  const ways = usable(waysIn);
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

/** Every way to watch a broadcast that the server has. */
export function watchUrls(name: string, waysIn: readonly WayIn[] | undefined, page: PageLocation): CopyableUrl[] {
  const { app, key } = splitName(name);
  const ways = usable(waysIn);
  const rtmp = `${publishServer(app, waysIn, page)}/${pathOf(key)}`;
  const urls = [{ title: "RTMP", hint: "VLC, ffplay, OBS media source", url: rtmp }];
  const tls = ways.find(({ scheme }) => scheme === "https");
  const plain = ways.find(({ scheme }) => scheme === "http");
  const isSecure = tls !== undefined && (page.protocol === "https:" || plain === undefined);
  const way = isSecure ? tls : plain;
  if (way === undefined || !hasWebAddress(name)) return urls;
  const http = authority(isSecure ? "https" : "http", page.hostname, way.port);
  const webSocket = authority(isSecure ? "wss" : "ws", page.hostname, way.port);
  return [
    ...urls,
    { title: "HTTP-FLV", hint: "mpegts.js, ffplay, VLC", url: `${http}/${pathOf(name)}.flv` },
    { title: "WebSocket-FLV", hint: "mpegts.js, flv.js", url: `${webSocket}/${pathOf(name)}.flv` },
    { title: "HLS", hint: "Safari, phones, hls.js, VLC", url: `${http}/${pathOf(name)}/index.m3u8` },
  ];
}

/** FFplay's line for the least delay. */
export function playLine(url: string): string {
  return `ffplay -fflags nobuffer ${shellWord(url)}`;
}

function usable(waysIn: readonly WayIn[] | undefined): readonly WayIn[] {
  return waysIn === undefined || waysIn.length === 0 ? DEFAULT_WAYS : waysIn;
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
