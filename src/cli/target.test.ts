import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseTarget } from "./target.ts";

test("a URL is an app and a key, neither of which is shown with its secrets", () => {
  const target = parseTarget("rtmps://ada:pass@example.org/live/eu/s3cret?token=abc", {}, true);
  deepEqual([target.options.app, target.key], ["live/eu", "s3cret?token=abc"]);
  equal(target.shown, "rtmps://example.org/live/eu");
  for (const secret of ["pass", "s3cret?token=abc", "s3cret", "token=abc"]) {
    equal(target.secrets.includes(secret), true, secret);
  }
});

test("where there is no stream, the whole path is the app", () => {
  const target = parseTarget("rtmp://example.org/chat/lobby", {}, false);
  deepEqual([target.options.app, target.key], ["chat/lobby", ""]);
});

test("the app can be told", () => {
  const target = parseTarget("rtmp://example.org/live/a/b", { app: "live" }, true);
  deepEqual([target.options.app, target.key], ["live", "a/b"]);
});

test("a line of librtmp", () => {
  const text = "rtmp://example.org/app playpath=key live=1 swfUrl=http://a/b.swf token=t0ken jtv=usher";
  const target = parseTarget(text, {}, true);
  deepEqual([target.options.app, target.key, target.play.startMs], ["app", "key", -1000]);
  equal(target.shown, "rtmp://example.org/app");
  deepEqual(
    target.calls.map(({ name }) => name),
    ["NetStream.Authenticate.UsherToken", "FCSubscribe"],
  );
  for (const secret of ["key", "t0ken", "usher"]) equal(target.secrets.includes(secret), true, secret);
  throws(() => parseTarget("rtmp://example.org/app playpth=key", {}, true), /did you mean playpath/);
});

test("options become those of the library", () => {
  const { options } = parseTarget(
    "rtmp://example.org/live/a",
    {
      tcUrl: "rtmp://b/live",
      swfUrl: "http://b/c.swf",
      pageUrl: "http://b/",
      flashVersion: "WIN 1",
      connectMember: { x: 1 },
      connectArg: ["y"],
      amf3: true,
      caFile: "ca.pem",
      insecure: true,
      proxy: false,
      timeout: 500,
    },
    true,
  );
  deepEqual(options, {
    app: "live",
    members: { swfUrl: "http://b/c.swf", pageUrl: "http://b/", x: 1 },
    tcUrl: "rtmp://b/live",
    flashVersion: "WIN 1",
    args: ["y"],
    objectEncoding: 3,
    tls: { caFile: "ca.pem", insecure: true },
    httpProxy: false,
    timeouts: { connectMs: 500, handshakeMs: 500, answerMs: 500 },
  });
});

test("what is no URL is told", () => {
  throws(() => parseTarget("example.org/live", {}, true), /not a URL/);
  throws(() => parseTarget("http://example.org/live", {}, true), /unknown scheme/);
});
