import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { ListenerInfo } from "../server/media-server.ts";
import { RTMP_SCHEMES, type RtmpScheme } from "../transport/rtmp-url.ts";
import { loopbackUrl, type NetworkAddress, serverUrls } from "./server-urls.ts";

const ADDRESSES: readonly NetworkAddress[] = [
  { name: "lo", address: "127.0.0.1", family: "IPv4", internal: true },
  { name: "lo", address: "::1", family: "IPv6", internal: true },
  { name: "eth0", address: "2001:db8::7", family: "IPv6", internal: false },
  { name: "eth0", address: "fe80::7", family: "IPv6", internal: false },
  { name: "eth0", address: "192.0.2.7", family: "IPv4", internal: false },
];

function listener(host: string, port: number, accepts: readonly RtmpScheme[] = ["rtmp"]): ListenerInfo {
  return { protocol: "rtmp", host, port, accepts };
}

function serversOf(...listeners: ListenerInfo[]): string[] {
  return serverUrls(listeners, ADDRESSES).map(({ server }) => server);
}

test("a listener on every address is reached by loopback and by the network", () => {
  deepEqual(serversOf(listener("::", 1935)), [
    "rtmp://127.0.0.1:1935/live",
    "rtmp://192.0.2.7:1935/live",
    "rtmp://[2001:db8::7]:1935/live",
  ]);
  deepEqual(serversOf(listener("0.0.0.0", 2935)), ["rtmp://127.0.0.1:2935/live", "rtmp://192.0.2.7:2935/live"]);
});

test("a listener on one address is reached there only", () => {
  deepEqual(serversOf(listener("127.0.0.1", 1935)), ["rtmp://127.0.0.1:1935/live"]);
  deepEqual(serversOf(listener("::1", 1935)), ["rtmp://[::1]:1935/live"]);
  deepEqual(serversOf(listener("live.example", 1935)), ["rtmp://live.example:1935/live"]);
});

test("two listeners do not give the same URL twice", () => {
  deepEqual(
    serverUrls([listener("::", 1935), listener("127.0.0.1", 1935)], []).map(({ server }) => server),
    ["rtmp://127.0.0.1:1935/live"],
  );
});

test("every way but the simplest has one URL, by loopback", () => {
  deepEqual(serversOf(listener("0.0.0.0", 1935, RTMP_SCHEMES)), [
    "rtmp://127.0.0.1:1935/live",
    "rtmp://192.0.2.7:1935/live",
    ...["rtmps", "rtmpt", "rtmpts", "rtmpe", "rtmpte", "ws", "wss"].map((way) => `${way}://127.0.0.1:1935/live`),
  ]);
});

test("each URL has the port of a listener that takes its way, the usual port first", () => {
  const listeners = [
    listener("127.0.0.1", 1935, ["rtmp", "rtmps", "rtmpt"]),
    listener("192.0.2.7", 443, ["rtmps", "wss"]),
    listener("127.0.0.1", 1936, ["rtmp"]),
  ];
  deepEqual(serverUrls(listeners, ADDRESSES), [
    { scheme: "rtmp", server: "rtmp://127.0.0.1:1935/live", reach: "on this machine" },
    { scheme: "rtmp", server: "rtmp://127.0.0.1:1936/live", reach: "on this machine" },
    { scheme: "rtmps", server: "rtmps://192.0.2.7:443/live", reach: "from the network" },
    { scheme: "rtmpt", server: "rtmpt://127.0.0.1:1935/live", reach: "on this machine" },
    { scheme: "wss", server: "wss://192.0.2.7:443/live", reach: "from the network" },
  ]);
});

test("where no listener takes plain RTMP, the next simplest way comes first", () => {
  deepEqual(serversOf(listener("0.0.0.0", 443, ["wss", "rtmps"])), [
    "rtmps://127.0.0.1:443/live",
    "rtmps://192.0.2.7:443/live",
    "wss://127.0.0.1:443/live",
  ]);
  deepEqual(serversOf(), []);
});

test("our own client goes by loopback where it can, in the simplest way", () => {
  equal(loopbackUrl([listener("::", 5)]), "rtmp://127.0.0.1:5/live");
  equal(loopbackUrl([listener("::1", 5)]), "rtmp://[::1]:5/live");
  equal(loopbackUrl([listener("192.0.2.1", 5, ["ws", "rtmpt"])]), "rtmpt://192.0.2.1:5/live");
  equal(loopbackUrl([]), undefined);
});
