import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { AmfEcmaArray, AmfObject } from "../formats/amf/amf-value.ts";
import { parseConnOptions } from "./librtmp-conn.ts";
import { isLibrtmpLine, parseLibrtmpLine } from "./librtmp-line.ts";

test("a line is more than a URL", () => {
  equal(isLibrtmpLine("rtmp://h/app/key"), false);
  equal(isLibrtmpLine(" rtmp://h/app/key "), false);
  equal(isLibrtmpLine("rtmp://h/app live=1"), true);
});

test("every key has its place", () => {
  const line = parseLibrtmpLine(
    "rtmp://h:1936/x app=live/inst playpath=mp4:a\\20b tcUrl=rtmp://t/live pageUrl=http://p swfUrl=http://s/a.swf " +
      "flashver=WIN\\2011,0 auth=token conn=S:me start=2000 stop=5000 buffer=300 timeout=7 TOKEN=key jtv=j subscribe=sub " +
      `playlist=1 swfVfy=1 swfAge=10 swfHash=${"0f".repeat(32)} swfSize=123 pubUser=joe pubPasswd=p/w`,
  );
  deepEqual(line, {
    url: "rtmp://joe:p%2Fw@h:1936/x",
    app: "live/inst",
    key: "mp4:a b",
    options: {
      tcUrl: "rtmp://t/live",
      flashVersion: "WIN 11,0",
      secureToken: "key",
      timeouts: { connectMs: 7000, handshakeMs: 7000, answerMs: 7000 },
      swf: { hash: new Uint8Array(32).fill(15), byteLength: 123 },
      args: [true, "token", "me"],
      members: { swfUrl: "http://s/a.swf", pageUrl: "http://p" },
    },
    play: { startMs: 2000, durationMs: 3000, bufferMs: 300 },
    calls: [
      { name: "NetStream.Authenticate.UsherToken", args: ["j"] },
      { name: "FCSubscribe", args: ["sub"] },
      { name: "set_playlist", args: [new AmfEcmaArray([["0", "mp4:a b"]])] },
      { name: "playlist_ready", args: [] },
    ],
  });
});

test("live=1 plays live alone, and subscribes", () => {
  const { play, calls, options } = parseLibrtmpLine("rtmp://h/live/key live=1");
  deepEqual([play, calls, options], [{ startMs: -1000 }, [{ name: "FCSubscribe", args: ["key"] }], { members: {} }]);
  deepEqual(parseLibrtmpLine("rtmp://h/live/key live=0").calls, []);
});

test("the path is split as librtmp does it", () => {
  const split = (path: string): readonly [string, string] => {
    const { app, key } = parseLibrtmpLine(`rtmp://h/${path} live=0`);
    return [app, key];
  };
  deepEqual(split("a"), ["a", ""]);
  deepEqual(split("a/b"), ["a", "b"]);
  deepEqual(split("a/b/c"), ["a/b", "c"]);
  deepEqual(split("a/b/c/d"), ["a/b/c", "d"]);
  deepEqual(split("a/b/c/d/e?x=/"), ["a/b/c", "d/e?x=/"]);
  deepEqual(split("ondemand/a/b.mp4"), ["ondemand", "mp4:a/b.mp4"]);
  deepEqual(split("a/b.flv"), ["a", "b"]);
  deepEqual(split("a/b.mp3?t=1"), ["a", "mp3:b?t=1"]);
  equal(parseLibrtmpLine("rtmp://h/a/b playpath=c.flv").app, "a");
  equal(parseLibrtmpLine("rtmp://h/a/b playpath=c.flv").key, "c.flv");
});

test("what is wrong with a line is told", () => {
  const of =
    (rest: string): (() => unknown) =>
    () =>
      parseLibrtmpLine(`rtmp://h/app ${rest}`);
  throws(of("swfURI=x"), /unknown key swfURI: did you mean swfUrl\?/);
  throws(of("nothinglike=x"), /^TypeError: unknown key nothinglike$/);
  throws(of("live"), /live needs a value: live=…/);
  throws(of("live=maybe"), /live=maybe is neither 0 nor 1/);
  throws(of("start=soon"), /start=soon is no number/);
  throws(of("socks=h:1"), /no SOCKS proxies/);
  throws(of("swfVfy=1 swfUrl=http://s"), /swfVfy=1 would fetch/);
  throws(of("swfHash=00 swfSize=1"), /swfHash has 64 hex digits/);
  throws(of(`swfHash=${"00".repeat(32)}`), /swfSize goes with it/);
  throws(() => parseLibrtmpLine("http://h/app live=1"), /unknown scheme/);
});

test("conn= makes the values that librtmp makes", () => {
  const texts = ["B:1", "B:0", "N:1.5", "N:-2", "S:a:b", "S:", "Z:", "O:1", "NB:b:1", "NN:n:2", "NS:s:x:y"];
  const nested = ["NO:o:1", "NZ:z:", "NS:__proto__:p", "NO:o:0", "O:0", "O:1", "O:0"];
  deepEqual(parseConnOptions([...texts, ...nested]), [
    ...[true, false, 1.5, -2, "a:b", "", null],
    new AmfObject([
      ["b", true],
      ["n", 2],
      ["s", "x:y"],
      [
        "o",
        new AmfObject([
          ["z", null],
          ["__proto__", "p"],
        ]),
      ],
    ]),
    new AmfObject([]),
  ]);
});

test("conn= that makes no sense is refused", () => {
  for (const [texts, message] of [
    [["X:1"], /write B:, N:, S:, O: or Z:/],
    [["1"], /write B:/],
    [["N:x"], /x is no number/],
    [["B:"], /is no number/],
    [["O:1"], /without conn=O:0/],
    [["O:0"], /without conn=O:1/],
    [["NS:a:b"], /members of objects have names/],
    [["O:1", "S:a"], /members of objects have names/],
  ] as const) {
    throws(() => parseConnOptions(texts), message);
  }
});

test("escapes are bytes of UTF-8, as librtmp sends them", () => {
  const { key } = parseLibrtmpLine("rtmp://host/live playpath=caf\\c3\\a9\\20\\5c\\e2\\82\\ac\\ff!");
  equal(key, "caf\u00e9 \\\u20ac\ufffd!");
});
