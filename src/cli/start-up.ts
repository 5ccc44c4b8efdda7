import type { ListenAddress } from "../server/options.ts";
import { formatAddress } from "../transport/address.ts";
import type { Style } from "./context.ts";

/** One address of this machine, as `os.networkInterfaces` tells them. */
export type NetworkAddress = {
  /** Of the interface: `eth0`. */
  readonly name: string;
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly internal: boolean;
};

/** One way to reach the server. */
export type ServerUrl = {
  /** What encoders call the server: `rtmp://127.0.0.1:1935/live`. */
  readonly server: string;
  /** Who can use it, in words. */
  readonly reach: string;
};

/** What a server tells its operator when it has started. */
export type StartUp = {
  readonly version: string;
  readonly listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  readonly urls: readonly ServerUrl[];
  /** The stream key of the examples. */
  readonly key: string;
  /** The same, put together: to publish to and to play from. */
  readonly url: string;
  /** A command line that publishes a test picture; undefined where somebody publishes already. */
  readonly testPicture?: string;
  /** A command line that plays it. */
  readonly play: string;
};

/** Puts together what people need to publish and to play. */
export function startUpOf(
  version: string,
  listeners: StartUp["listeners"],
  addresses: readonly NetworkAddress[],
  demoKey?: string,
): StartUp {
  const urls = uniqueUrls(listeners.flatMap((listener) => urlsOf(listener, addresses)));
  const key = demoKey ?? "test";
  const url = `${urls[0]?.server ?? ""}/${key}`;
  const play = `ffplay -fflags nobuffer ${shellWord(url)}`;
  const startUp = { version, listeners, urls, key, url, play };
  return demoKey === undefined ? { ...startUp, testPicture: testPictureLine(url) } : startUp;
}

/** For people. Ends with an empty line. */
export function describeStartUp(startUp: StartUp, style: Style): string {
  const width = Math.max(...startUp.urls.map(({ server }) => server.length));
  const server = startUp.urls.map(({ server, reach }, index) => {
    const label = index === 0 ? "server" : "";
    return `  ${label.padEnd(12)}${style("cyan", server.padEnd(width))}  ${style("dim", reach)}`;
  });
  const key = `  ${"stream key".padEnd(12)}${style("cyan", startUp.key)}`;
  const listening = startUp.listeners.map((listener) => formatAddress(listener.host, listener.port)).join(", ");
  const first = `${style("bold", `millrace ${startUp.version}`)} takes RTMP on ${listening}`;
  return [
    [first],
    ...(startUp.testPicture === undefined
      ? [[style("bold", "A clip is being published, over and over:"), ...server, key]]
      : [
          [style("bold", "Publish to it (OBS: Settings, Stream, Service: Custom):"), ...server, key],
          [style("bold", "Send a test picture:"), `  ${startUp.testPicture}`],
          ["  Or run npx millrace demo instead of this: it sends a clip, without any encoder."],
        ]),
    [style("bold", "Play it, in any RTMP player:"), `  ${style("cyan", startUp.url)}`, `  ${startUp.play}`],
    [style("dim", "Ctrl+C stops the server.")],
  ]
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n")
    .concat("\n");
}

/** The same as one line of JSON. */
export function startUpJson(startUp: StartUp): string {
  return `${JSON.stringify({ event: "listening", ...startUp })}\n`;
}

/** Where the command's own client reaches the first listener. */
export function loopbackUrl(listener: ListenAddress, app: string): string {
  return `rtmp://${formatAddress(reachableHost(listener.host), listener.port)}/${app}`;
}

function urlsOf(listener: ListenAddress, addresses: readonly NetworkAddress[]): ServerUrl[] {
  const local = { server: loopbackUrl(listener, "live"), reach: reachOf(listener.host) };
  if (!isWildcard(listener.host)) return [local];
  const isIPv6Only = (address: NetworkAddress): boolean => address.family === "IPv6" && listener.host !== "::";
  const others = addresses
    .filter((address) => !address.internal && !isIPv6Only(address) && !/^fe80:/i.test(address.address))
    .sort((left, right) => left.family.localeCompare(right.family))
    .map(({ name, address }) => ({
      server: `rtmp://${formatAddress(address, listener.port)}/live`,
      reach: `from the network, by ${name}`,
    }));
  return [local, ...others];
}

function uniqueUrls(urls: readonly ServerUrl[]): ServerUrl[] {
  return [...new Map(urls.map((url) => [url.server, url])).values()];
}

function isWildcard(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}

function reachableHost(host: string): string {
  return isWildcard(host) ? "127.0.0.1" : host;
}

function reachOf(host: string): string {
  const isLocal = isWildcard(host) || host === "::1" || host === "localhost" || host.startsWith("127.");
  return isLocal ? "on this machine" : "from the network";
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
