import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { formatRtmpUrl, parseRtmpUrl } from "../transport/rtmp-url.ts";
import { resolvePlace } from "./resolve-place.ts";

const FROM = parseRtmpUrl("rtmp://joe:x@a:1936/live/inst/key?t=1");

test("references lead where URLs lead, and the key stays", () => {
  const to = (reference: string): string => formatRtmpUrl(resolvePlace(FROM, reference));
  deepEqual(
    ["", "rtmp://b/other", "//b:2/other/x", "/other", "other", "rtmps://a/live", "rtmp://ann:y@b/live"].map(to),
    [
      "rtmp://joe:x@a:1936/live/inst/key?t=1",
      "rtmp://b/other/key?t=1",
      "rtmp://b:2/other/x/key?t=1",
      "rtmp://joe:x@a:1936/other/key?t=1",
      "rtmp://joe:x@a:1936/live/other/key?t=1",
      "rtmps://joe:x@a/live/key?t=1",
      "rtmp://ann:y@b/live/key?t=1",
    ],
  );
});

test("not out of TLS, and not to other schemes", () => {
  throws(() => resolvePlace({ ...FROM, scheme: "rtmps" }, "rtmp://a/live"), /is not encrypted/);
  throws(() => resolvePlace(FROM, "http://a/live"), /unknown scheme/);
  equal(resolvePlace({ ...FROM, scheme: "rtmps" }, "wss://a/live").scheme, "wss");
});
