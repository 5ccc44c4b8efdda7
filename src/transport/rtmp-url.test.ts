import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  defaultPortOf,
  formatRtmpUrl,
  formatTcUrl,
  isRtmpScheme,
  isTlsScheme,
  parseRtmpUrl,
  RTMP_SCHEMES,
  splitAppAndKey,
} from "./rtmp-url.ts";

test("host, default port, app and key", () => {
  deepEqual(parseRtmpUrl("rtmp://example.org/live/key"), {
    scheme: "rtmp",
    host: "example.org",
    port: 1935,
    app: "live",
    key: "key",
  });
});

test("everything that a URL can have", () => {
  deepEqual(parseRtmpUrl(" RTMPS://user:p%40ss@[2001:db8::1]:1936/app/inst/key?token=a/b?c=%20 "), {
    scheme: "rtmps",
    host: "2001:db8::1",
    port: 1936,
    user: "user",
    password: "p@ss",
    app: "app/inst",
    key: "key?token=a/b?c=%20",
  });
});

test("each scheme has its default port", () => {
  for (const [scheme, port] of [
    ["rtmp", 1935],
    ["rtmps", 443],
    ["rtmpe", 1935],
    ["rtmpt", 80],
    ["rtmpts", 443],
    ["rtmpte", 80],
  ] as const) {
    equal(parseRtmpUrl(`${scheme}://h/a/k`).port, port);
    equal(parseRtmpUrl(`${scheme}://h:/a/k`).port, port);
  }
});

test("user and password are divided by the first colon, and end at the last @", () => {
  const credentials = (text: string): (string | undefined)[] => {
    const { user, password } = parseRtmpUrl(`rtmp://${text}h/a/k`);
    return [user, password];
  };
  deepEqual(credentials("user@"), ["user", undefined]);
  deepEqual(credentials("user:@"), ["user", ""]);
  deepEqual(credentials("user:a:b@c@"), ["user", "a:b@c"]);
  deepEqual(credentials("us%3Aer:100%@"), ["us:er", "100%"]);
  deepEqual(credentials(""), [undefined, undefined]);
});

test("the last part is the key, a single part is the app, outer slashes do not count", () => {
  for (const [path, app, key] of [
    ["live/key", "live", "key"],
    ["/live/key", "live", "key"],
    ["/a/b/c/key", "a/b/c", "key"],
    ["//live//key//", "live/", "key"],
    ["/live", "live", ""],
    ["/live/", "live", ""],
    ["/live?token=a/b", "live?token=a/b", ""],
    ["/live/key?token=a/b", "live", "key?token=a/b"],
    ["/live/key?a=1?b=2", "live", "key?a=1?b=2"],
    ["/vod/mp4:film.mp4", "vod", "mp4:film.mp4"],
    ["/", "", ""],
    ["", "", ""],
  ] as const) {
    deepEqual(splitAppAndKey(path), { app, key }, path);
  }
});

test("an app or a key that is given leaves the rest to the other", () => {
  for (const [path, override, app, key] of [
    ["/a/b/c", { app: "a" }, "a", "b/c"],
    ["/a/b/c?t=1", { app: "a" }, "a", "b/c?t=1"],
    ["/a/b/c", { app: "a/b/c" }, "a/b/c", ""],
    ["/a/b/c", { app: "other" }, "other", "c"],
    ["/ab/c", { app: "a" }, "a", "c"],
    ["/c", { app: "other" }, "other", "c"],
    ["/a/b/", { key: "k/l?t=1" }, "a/b", "k/l?t=1"],
    ["/a?t=1", { key: "k" }, "a?t=1", "k"],
    ["/a/b", { app: "x", key: "y" }, "x", "y"],
    ["/a/b", { key: "" }, "a/b", ""],
  ] as const) {
    deepEqual(splitAppAndKey(path, override), { app, key }, `${path} ${JSON.stringify(override)}`);
  }
  equal(parseRtmpUrl("rtmp://h/a/b/c", { app: "a" }).key, "b/c");
});

test("what is no RTMP URL is an error in words", () => {
  for (const [text, words] of [
    ["example.org/live/key", /not a URL/],
    ["", /not a URL/],
    ["srt://h/a/k", /unknown scheme srt:.*rtmp, rtmps, rtmpe/],
    ["toString://h/a/k", /unknown scheme/],
    ["rtmp:///live/key", /host is missing/],
    ["rtmp://2001:db8::1/live/key", /not a host and port: 2001:db8::1.*\[address\]/],
    ["rtmp://h:port/live/key", /not a host and port/],
    ["rtmp://h:0/live/key", /port 0 is not/],
    ["rtmp://h:65536/live/key", /port 65536 is not/],
    ["rtmp://[::1/live/key", /not a host and port/],
  ] as const) {
    throws(() => parseRtmpUrl(text), { name: "TypeError", message: words }, text);
  }
});

test("parsing and formatting are each other's inverse", () => {
  for (const text of [
    "rtmp://example.org/live/key",
    "rtmp://example.org:1936/live/key?token=a/b",
    "rtmps://user:p%40ss%2F@[2001:db8::1]/app/inst/key",
    "rtmpt://user@[::1]:8080/live/key",
    "rtmp://h/live",
    "rtmp://h/live?token=1",
    "rtmp://h/",
  ]) {
    equal(formatRtmpUrl(parseRtmpUrl(text)), text);
  }
});

test("the default port is left out", () => {
  equal(formatRtmpUrl(parseRtmpUrl("rtmp://h:1935/a/k")), "rtmp://h/a/k");
  equal(formatRtmpUrl(parseRtmpUrl("rtmps://h:1935/a/k")), "rtmps://h:1935/a/k");
});

test("tcUrl has neither user nor key", () => {
  equal(formatTcUrl(parseRtmpUrl("rtmp://u:p@h:1936/app/inst/key?t=1")), "rtmp://h:1936/app/inst");
  equal(formatTcUrl(parseRtmpUrl("rtmp://[::1]/live?t=1", { key: "k" })), "rtmp://[::1]/live?t=1");
});

test("every scheme has a port; those with TLS have that of HTTPS", () => {
  for (const scheme of RTMP_SCHEMES) equal(parseRtmpUrl(`${scheme}://h/a`).port, defaultPortOf(scheme));
  deepEqual(RTMP_SCHEMES.filter(isTlsScheme), ["rtmps", "rtmpts", "wss"]);
  ok(RTMP_SCHEMES.filter(isTlsScheme).every((scheme) => defaultPortOf(scheme) === 443));
  deepEqual(["rtmp", "wss", "http", "RTMP", "toString"].map(isRtmpScheme), [true, true, false, false, false]);
});
