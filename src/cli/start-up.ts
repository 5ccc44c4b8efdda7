import type { ListenerInfo } from "../server/media-server.ts";
import { formatAddress } from "../transport/address.ts";
import type { RtmpScheme } from "../transport/rtmp-url.ts";
import type { Style } from "./context.ts";
import { httpUrl, type NetworkAddress, type ServerUrl, serverUrls } from "./server-urls.ts";

/** A server that runs. */
export type RunningServer = {
  readonly version: string;
  readonly listeners: readonly ListenerInfo[];
  /** Processes that take connections there. */
  readonly workers: number;
  /** The file with the certificate that clients see, if nobody vouches for it. */
  readonly selfSignedCertificate?: string | undefined;
  /** The key under which somebody publishes already. */
  readonly demoKey?: string;
  /** Where people look after it, by a browser on this machine. */
  readonly dashboard?: string;
  /** As what broadcasts are served by HTTP. */
  readonly media: { readonly flv: boolean; readonly hls: boolean };
};

/** What a server tells its operator when it has started. */
export type StartUp = {
  readonly version: string;
  readonly listeners: readonly ListenerInfo[];
  readonly workers: number;
  readonly selfSignedCertificate?: string | undefined;
  readonly dashboard?: string;
  /** Whether the command publishes by itself. */
  readonly isDemo: boolean;
  /** All of the simplest way in (`rtmp`, unless no listener takes it), then one of each other way. */
  readonly urls: readonly ServerUrl[];
  /** The stream key of the examples. */
  readonly key: string;
  /** The first URL with the key: to publish to and to play from. */
  readonly url: string;
  /** A command line that publishes a test picture; undefined where somebody publishes already, and where FFmpeg cannot. */
  readonly testPicture?: string;
  /** A command line that plays it; undefined where FFmpeg cannot. */
  readonly play?: string;
  /** Where it is played by HTTP. */
  readonly flv?: string;
  readonly hls?: string;
};

const WITHOUT_FFMPEG: readonly RtmpScheme[] = ["ws", "wss"];

/** What people are told of besides the simplest way: the first of each line that is there. */
const OTHER_WAYS: readonly (readonly [schemes: readonly RtmpScheme[], words: string])[] = [
  [["rtmps"], "encrypted, by TLS"],
  [["rtmpt", "rtmpts", "rtmpte"], "inside HTTP, where nothing else passes"],
  [["ws", "wss"], "RTMP in a WebSocket, for players in browsers"],
  [["rtmpe"], "for old players; its encryption protects nothing"],
];

/** Puts together what people need to publish and to play. */
export function startUpOf(server: RunningServer, addresses: readonly NetworkAddress[]): StartUp {
  const { version, listeners, workers, selfSignedCertificate, demoKey, dashboard, media } = server;
  const urls = serverUrls(listeners, addresses);
  const key = demoKey ?? "test";
  const isDemo = demoKey !== undefined;
  const [first] = urls;
  const url = `${first?.server ?? ""}/${key}`;
  const known = { version, listeners, workers, selfSignedCertificate, ...(dashboard !== undefined && { dashboard }) };
  const http = httpUrl(listeners);
  const byHttp = http !== undefined && {
    ...(media.flv && { flv: `${http}/live/${key}.flv` }),
    ...(media.hls && { hls: `${http}/live/${key}/index.m3u8` }),
  };
  const startUp = { ...known, isDemo, urls, key, url, ...byHttp };
  if (first === undefined || WITHOUT_FFMPEG.includes(first.scheme)) return startUp;
  const play = `ffplay -fflags nobuffer ${shellWord(url)}`;
  return isDemo ? { ...startUp, play } : { ...startUp, testPicture: testPictureLine(url), play };
}

/** For people. Ends with an empty line. */
export function describeStartUp(startUp: StartUp, style: Style): string {
  const { urls, listeners, workers } = startUp;
  const mainUrls = urls.filter(({ scheme }) => scheme === urls[0]?.scheme);
  const server = mainUrls.map(({ server, reach }, index) => {
    const label = index === 0 ? "server" : "";
    return `  ${label.padEnd(12)}${urlAndWords(server, reach, mainUrls, style)}`;
  });
  const key = `  ${"stream key".padEnd(12)}${style("cyan", startUp.key)}`;
  const listening = listeners.map((listener) => formatAddress(listener.host, listener.port)).join(", ");
  const processes = workers > 1 ? `, in ${workers} processes` : "";
  const paragraphs = [
    [`${style("bold", `millrace ${startUp.version}`)} takes RTMP on ${listening}${processes}`],
    ...(startUp.dashboard === undefined
      ? []
      : [[`${style("bold", "Dashboard:")} ${style("cyan", startUp.dashboard)}`]]),
    [style("bold", howToPublish(startUp)), ...server, key],
    ...(startUp.testPicture === undefined
      ? []
      : [
          [style("bold", "Send a test picture:"), `  ${startUp.testPicture}`],
          ["  Or run npx millrace demo instead of this: it sends a clip without an encoder."],
        ]),
    ...(startUp.play === undefined
      ? []
      : [[style("bold", "Play it, in any RTMP player:"), `  ${style("cyan", startUp.url)}`, `  ${startUp.play}`]]),
    byHttp(startUp, style),
    otherWays(startUp, style),
    [style("dim", "Ctrl+C stops the server.")],
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n")
    .concat("\n");
}

/** The same as one line of JSON. */
export function startUpJson(startUp: StartUp): string {
  return `${JSON.stringify({ event: "listening", ...startUp })}\n`;
}

/** OBS knows two ways. */
const OF_OBS: readonly (RtmpScheme | undefined)[] = ["rtmp", "rtmps"];

function howToPublish({ isDemo, urls }: StartUp): string {
  if (isDemo) return "A clip is being published, over and over:";
  return OF_OBS.includes(urls[0]?.scheme)
    ? "Publish to it (OBS: Settings, Stream, Service: Custom):"
    : "Publish to it:";
}

/** FFmpeg's TLS verifies only on demand. */
function aboutSelfSigned(file: string): string[] {
  return [
    "  The certificate is self-signed. FFmpeg takes it as it is; a program that uses",
    `  millrace needs tls: { caFile: ${JSON.stringify(file)} }.`,
  ];
}

function byHttp({ flv, hls }: StartUp, style: Style): string[] {
  const words = [
    [flv, "FLV: the least delay, with mpegts.js in a page"],
    [hls, "HLS: for every browser, phone and TV"],
  ] as const;
  const shown = words.filter(([url]) => url !== undefined);
  const width = Math.max(...shown.map(([url = ""]) => url.length));
  const lines = shown.map(([url = "", what]) => `  ${style("cyan", url.padEnd(width))}  ${style("dim", what)}`);
  return lines.length === 0 ? [] : [style("bold", "Play it by HTTP:"), ...lines];
}

function otherWays({ urls, selfSignedCertificate }: StartUp, style: Style): string[] {
  const main = urls[0]?.scheme;
  const shown = OTHER_WAYS.flatMap(([schemes, words]) => {
    if (main !== undefined && schemes.includes(main)) return [];
    const url = schemes.flatMap((scheme) => urls.find((candidate) => candidate.scheme === scheme) ?? [])[0];
    return url === undefined ? [] : [{ url, words }];
  });
  const column = shown.map(({ url }) => url);
  const lines = shown.map(({ url, words }) => `  ${urlAndWords(url.server, words, column, style)}`);
  const heading = lines.length === 0 ? [] : [style("bold", "Other ways in:")];
  return [...heading, ...lines, ...(selfSignedCertificate === undefined ? [] : aboutSelfSigned(selfSignedCertificate))];
}

function urlAndWords(server: string, words: string, column: readonly ServerUrl[], style: Style): string {
  const width = Math.max(...column.map((url) => url.server.length));
  return `${style("cyan", server.padEnd(width))}  ${style("dim", words)}`;
}

function testPictureLine(url: string): string {
  return [
    "ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440",
    "-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60 -c:a aac",
    `-f flv ${shellWord(url)}`,
  ].join(" ");
}

/** Some shells take the brackets of an IPv6 address for a pattern. */
function shellWord(word: string): string {
  return word.includes("[") ? `'${word}'` : word;
}
