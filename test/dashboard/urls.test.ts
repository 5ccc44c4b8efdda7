import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { mediaPath, playLine, publishServer, testPictureLine, watchUrls } from "../../dashboard/urls.ts";

const PAGE = { protocol: "http:", hostname: "media.example" };

test("what OBS is told has the port of RTMP, unless it is the usual one", () => {
  equal(publishServer("live", undefined, PAGE), "rtmp://media.example/live");
  equal(publishServer("live", [], PAGE), "rtmp://media.example/live");
  equal(publishServer("live", [{ scheme: "rtmp", port: 1936 }], PAGE), "rtmp://media.example:1936/live");
  equal(publishServer("live", [{ scheme: "rtmps", port: 443 }], PAGE), "rtmps://media.example/live");
  const ways = [
    { scheme: "ws", port: 80 },
    { scheme: "rtmp", port: 1935 },
  ] as const;
  equal(publishServer("live", ways, PAGE), "rtmp://media.example/live");
  equal(publishServer("live", [{ scheme: "rtmpt", port: 8080 }], PAGE), "rtmpt://media.example:8080/live");
});

test("players are told the port that takes HTTP", () => {
  const ways = [
    { scheme: "rtmp", port: 1935 },
    { scheme: "ws", port: 1935 },
    { scheme: "http", port: 8080 },
  ] as const;
  deepEqual(
    watchUrls("live/demo", ways, PAGE).map(({ url }) => url),
    [
      "rtmp://media.example/live/demo",
      "http://media.example:8080/live/demo.flv",
      "ws://media.example:8080/live/demo.flv",
      "http://media.example:8080/live/demo/index.m3u8",
    ],
  );
});

test("a page by TLS tells of TLS where there is some", () => {
  const ways = [
    { scheme: "http", port: 80 },
    { scheme: "https", port: 443 },
    { scheme: "rtmp", port: 1935 },
  ] as const;
  const secure = watchUrls("live/demo", ways, { ...PAGE, protocol: "https:" });
  deepEqual(
    secure.slice(1, 3).map(({ url }) => url),
    ["https://media.example/live/demo.flv", "wss://media.example/live/demo.flv"],
  );
  const plain = watchUrls("live/demo", ways, PAGE);
  equal(plain[1]?.url, "http://media.example/live/demo.flv");
  const tlsOnly = watchUrls("live/demo", [{ scheme: "https", port: 8443 }], PAGE);
  equal(tlsOnly[1]?.url, "https://media.example:8443/live/demo.flv");
});

test("nobody is told of HTTP where the server takes none, or where no URL can say the name", () => {
  const titles = (name: string, ...schemes: readonly ("rtmp" | "ws" | "http")[]): readonly string[] =>
    watchUrls(
      name,
      schemes.map((scheme) => ({ scheme, port: 1935 })),
      PAGE,
    ).map(({ title }) => title);
  deepEqual(titles("live/demo", "rtmp", "ws"), ["RTMP"]);
  deepEqual(titles("live/..", "rtmp", "http"), ["RTMP"]);
  deepEqual(titles("live/./x", "rtmp", "http"), ["RTMP"]);
  deepEqual(titles("live/...", "rtmp", "http"), ["RTMP", "HTTP-FLV", "WebSocket-FLV", "HLS"]);
});

test("odd names are one part of a path each, and one word of a shell", () => {
  equal(mediaPath("live/a b?c#d/e%", ".flv"), "/media/live/a%20b%3Fc%23d/e%25.flv");
  equal(mediaPath("live/../x", "/index.m3u8"), "/media/live/../x/index.m3u8");
  const line = testPictureLine("rtmp://[2001:db8::1]/live", "it's; rm");
  equal(line.slice(line.indexOf("-f flv")), "-f flv 'rtmp://[2001:db8::1]/live/it'\\''s%3B%20rm'");
  equal(playLine("rtmp://media.example/live/demo"), "ffplay -fflags nobuffer rtmp://media.example/live/demo");
});
