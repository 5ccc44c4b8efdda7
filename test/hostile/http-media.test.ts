import { equal, match, ok } from "node:assert/strict";
import { concatBytes } from "../../src/bytes/concat.ts";
import { encodeFlvHeader, encodeFlvTag, encodeMediaTag } from "../../src/formats/flv/flv-writer.ts";
import { TagType } from "../../src/formats/flv/tag.ts";
import { MAX_NEWCOMERS } from "../../src/server/hls/newcomers.ts";
import { AVC_CONFIG, mediaMessages, OTHER_AVC_CONFIG, picture } from "../support/hls-publisher.ts";
import { encodeFrame, Opcode } from "../support/raw-websocket.ts";
import { attack, type Scene } from "./attack.ts";
import { type Attacker, repeat } from "./attacker.ts";
import type { ServerOptions } from "./hostile-server.ts";
import { latin1, requestBytes } from "./http-bytes.ts";

const MIB = 1024 * 1024;
const options = {
  timeouts: {
    ...{ requestMs: 1500, hookMs: 500, tunnelMs: 4000, idleMs: 4000, pingIntervalMs: 500 },
    ...{ publisherSilenceMs: 3000, handshakeMs: 1500, connectMs: 1500 },
  },
  play: { blockedTimeoutMs: 1000 },
  http: { flv: { waitMs: 1000 }, hls: { sessionMs: 1000, idleMs: 2000, takeMs: 1000, maxBytes: 8 * MIB } },
} satisfies ServerOptions;

const get = (path: string, ...headers: readonly string[]): Uint8Array =>
  requestBytes([`GET ${path} HTTP/1.1`, "Host: a", ...headers]);
const upgrade = (path: string): Uint8Array =>
  get(
    path,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  );
const post = (path: string): Uint8Array =>
  requestBytes([`POST ${path} HTTP/1.1`, "Host: a", "Transfer-Encoding: chunked"]);
const chunk = (bytes: Uint8Array): Uint8Array =>
  concatBytes([latin1(`${bytes.length.toString(16)}\r\n`), bytes, latin1("\r\n")]);
const header = encodeFlvHeader({ hasAudio: false, hasVideo: true });
const config = (bytes: Uint8Array, timestamp = 0): Uint8Array => encodeFlvTag(TagType.Video, timestamp, bytes);

/** Publishes by HTTP: a configuration, and so many seconds of pictures at once. */
async function publish(scene: Scene, key: string, seconds: number): Promise<Attacker> {
  const publisher = scene.attacker();
  const media = mediaMessages({ fromMs: 0, toMs: seconds * 1000, gopMs: 1000, hasAudio: false, pictureBytes: 2000 });
  await publisher.send(post(`/live/${key}.flv`), chunk(header), chunk(config(AVC_CONFIG)));
  for (const message of media) await publisher.send(chunk(encodeMediaTag(message)));
  await scene.server.until("a publisher by HTTP", () => scene.server.logged("H.264") >= 1);
  return publisher;
}

/** Goes on publishing until the attack ends, from that second on. */
function goOn(publisher: Attacker, fromSecond: number): () => void {
  let timestamp = fromSecond * 1000;
  const timer = setInterval(() => {
    for (let count = 0; count < 5; count++, timestamp += 40) {
      void publisher.send(chunk(encodeMediaTag(picture(timestamp, timestamp % 1000 === 0, 2000))));
    }
  }, 50).unref();
  return () => clearInterval(timer);
}

/** What a session's own playlist is called, with its session. */
async function openHls(scene: Scene, path: string): Promise<string> {
  const viewer = scene.attacker();
  await viewer.send(get(path, "Connection: close"));
  const [name] = await viewer.said(/v0-[0-9a-f]{16}\.m3u8\?session=[0-9a-f]{32}/);
  return name;
}

/** The status of each answer to what is asked one behind the other. */
async function statusesOf(scene: Scene, requests: readonly Uint8Array[]): Promise<readonly number[]> {
  const enemy = scene.attacker();
  const statuses: number[] = [];
  let text = "";
  enemy.socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) statuses.push(Number(status));
    text = text.slice(Math.max(0, text.lastIndexOf("\n") + 1));
  });
  await enemy.send(...requests, requestBytes(["GET /nothing HTTP/1.1", "Host: a", "Connection: close"]));
  await enemy.closed;
  return statuses;
}

const NAMES: readonly string[] = [
  ...["..", "%2e%2e", "...", "a%2f..%2f..%2fetc%2fpasswd", "..%5c..%5cx", "a\\b", "%252e%252e", "/", "//a", "a."],
  ...["%00", "a%00b", "a%0d%0aX-Evil:%201", "%22%0a%23EXT-X-ENDLIST", "a%e2%80%a8b", "%e2%80%ae", "%ff%fe", "%", "%zz"],
  ...[
    "__proto__",
    "constructor",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    '"',
    "'",
    ";a=b",
    "@evil",
    "%ef%bc%8e%ef%bc%8e",
  ],
  "x".repeat(7000),
];
const ROUTES: readonly ((name: string) => string)[] = [
  (name) => `/live/${name}.flv?audio=0&video=0`,
  (name) => `/${name}/index.m3u8`,
  (name) => `/live/${name}.m3u8?x=1`,
  (name) => `/live/${name}/v0-0123456789abcdef.m3u8`,
  (name) => `/live/${name}/v0-0123456789abcdef-s1.m4s`,
  (name) => `/live/${name}/v0-0123456789abcdef-s1.p0.m4s`,
  (name) => `/live/${name}/v0-0123456789abcdef-i0.mp4`,
  (name) => `/live/key/v0-0123456789abcdef.m3u8?_HLS_msn=${name}&_HLS_skip=EVIL`,
  (name) => `/live/key/index.m3u8?session=${name}`,
  (name) => `/live/key/${name}`,
];

attack("odd names on every route of media, and in every part of it", { options }, async (scene) => {
  for (const route of ROUTES) {
    const statuses = await statusesOf(
      scene,
      NAMES.map((name) => get(route(name))),
    );
    equal(statuses.length, NAMES.length + 1, route("NAME"));
    for (const status of statuses) match(`${status}`, /^(?:302|400|404|414|429)$/, route("NAME"));
  }
  // Control characters and bytes above ASCII do not get past the parser.
  for (const name of ["a\tb", "a\fb", "a\x0bb", "a\x7fb", "\xff\xfe"]) {
    const enemy = scene.attacker();
    await enemy.send(get(`/live/${name}.m3u8`));
    await enemy.said(/^HTTP\/1\.1 400 /);
  }
  equal(scene.server.logged("Evil"), 0);
});

attack("thousands of sessions of HLS that nobody comes back for", { options }, async (scene) => {
  const publisher = await publish(scene, "busy", 4);
  const stop = goOn(publisher, 4);
  await openHls(scene, "/live/busy/index.m3u8");
  const huge = ["User-Agent", "Referer"].map((name) => `${name}: ${"x".repeat(3000)}`);
  const storms = Array.from({ length: 5 }, () =>
    statusesOf(
      scene,
      Array.from({ length: 400 }, () => get("/live/busy/index.m3u8", ...huge)),
    ),
  );
  const statuses = (await Promise.all(storms)).flat();
  const answered = statuses.filter((status) => status === 200).length;
  ok(answered > MAX_NEWCOMERS, `${answered} answers of ${statuses.length}`);
  const { connections } = await scene.holdsAtMost(20 * MIB);
  ok(connections <= MAX_NEWCOMERS + 3, `${connections} connections`);
  stop();
  publisher.destroy();
});

attack("sessions that somebody made up, and files that nobody has", { options }, async (scene) => {
  const requests = Array.from({ length: 400 }, (_, index) => {
    const session = index.toString(16).padStart(32, "0");
    return get(`/live/nobody${index}/v0-0123456789abcdef-s${index}.m4s?session=${session}&x=${index}`);
  });
  const statuses = await statusesOf(scene, requests);
  equal(statuses.filter((status) => status === 404).length, 401);
  const { connections } = await scene.server.measure();
  equal(connections, 2);
});

attack("reloads of playlists by the thousand that wait for what comes next", { options }, async (scene) => {
  const publisher = await publish(scene, "waited-for", 4);
  const stop = goOn(publisher, 4);
  const names = await Promise.all(Array.from({ length: 40 }, () => openHls(scene, "/live/waited-for/index.m3u8")));
  const directives = ["1e308", "NaN", "-1", "999999999999", "9".repeat(400), "", "0x10", "1.5"];
  const refused = await statusesOf(
    scene,
    directives.map((value) => get(`/live/waited-for/${names[0]}&_HLS_msn=${value}`)),
  );
  equal(refused.filter((status) => status === 400).length, directives.length);
  const waiting = names.map((name) =>
    statusesOf(
      scene,
      Array.from({ length: 50 }, (_, index) => get(`/live/waited-for/${name}&_HLS_skip=EVIL&_HLS_msn=${index % 9}`)),
    ),
  );
  const statuses = (await Promise.all(waiting)).flat();
  equal(statuses.length, 40 * 51);
  for (const status of statuses) match(`${status}`, /^(?:200|400|404|429)$/);
  await scene.holdsAtMost(20 * MIB);
  stop();
  publisher.destroy();
});

attack("a thousand viewers of names that nobody publishes", { options }, async (scene) => {
  const enemies = Array.from({ length: 500 }, () => scene.attacker());
  await Promise.all(
    enemies.map((enemy, index) => {
      const path = `/nobody/${index}.flv`;
      return enemy.send(index % 2 === 0 ? get(path) : upgrade(path));
    }),
  );
  await Promise.all(enemies.map((enemy) => enemy.said(/^HTTP\/1\.1 404 /)));
  const gone = Array.from({ length: 500 }, () => scene.attacker());
  await Promise.all(gone.map((enemy, index) => enemy.send(get(`/nobody/${index}.flv`))));
  for (const enemy of gone) enemy.reset();
  await scene.alone();
  await scene.server.untilForgotten(1);
});

attack("a publisher whose time stands still", { options }, async (scene) => {
  const publisher = await publish(scene, "still", 3);
  await openHls(scene, "/live/still/index.m3u8");
  const tag = chunk(encodeMediaTag(picture(3000, false, 200_000)));
  await publisher.flood(400, () => tag);
  // What the broadcast itself keeps is a group of pictures: 64 MiB.
  await scene.holdsAtMost(64 * MIB + 12 * MIB);
  publisher.destroy();
});

attack("a publisher of another codec configuration with every picture", { options }, async (scene) => {
  const publisher = await publish(scene, "changing", 3);
  await openHls(scene, "/live/changing/index.m3u8");
  await publisher.flood(2000, (index) => {
    const timestamp = 3000 + index * 40;
    const bytes = concatBytes([index % 2 === 0 ? AVC_CONFIG : OTHER_AVC_CONFIG, new Uint8Array(8000)]);
    return chunk(concatBytes([config(bytes, timestamp), encodeMediaTag(picture(timestamp, true))]));
  });
  await scene.holdsAtMost(8 * MIB);
  publisher.destroy();
});

attack("viewers of FLV and HLS that read nothing", { options, logged: "viewer.slow" }, async (scene) => {
  const publisher = await publish(scene, "unread", 4);
  const stop = goOn(publisher, 4);
  const name = await openHls(scene, "/live/unread/index.m3u8");
  const segment = name.replace(".m3u8", "-s0.m4s");
  const enemies = Array.from({ length: 30 }, () => scene.attacker());
  for (const [index, enemy] of enemies.entries()) {
    enemy.socket.pause();
    const path = "/live/unread.flv";
    if (index % 3 === 0) await enemy.send(get(path));
    else if (index % 3 === 1) await enemy.send(upgrade(path));
    else await enemy.send(repeat(40, get(`/live/unread/${segment}`)));
  }
  const pings = repeat(100, encodeFrame({ opcode: Opcode.Ping, payload: new Uint8Array(125) }));
  for (const [index, enemy] of enemies.entries()) if (index % 3 === 1) void enemy.flood(20, () => pings);
  stop();
  let timestamp = 60_000;
  const publishMore = (): Uint8Array => {
    timestamp += 40;
    return chunk(encodeMediaTag(picture(timestamp, timestamp % 1000 === 0, 50_000)));
  };
  // More than any buffer of a socket holds, and then a little all the time, as long as it takes.
  await publisher.flood(600, publishMore);
  const timer = setInterval(() => void publisher.send(publishMore()), 40).unref();
  await scene.server.untilLogged("viewer.slow", 20);
  clearInterval(timer);
  await scene.holdsAtMost(20 * MIB);
  publisher.destroy();
});

/** What is published, and what is answered. */
const BAD_BODIES: readonly (readonly [what: string, bytes: Uint8Array, answer: RegExp])[] = [
  ["no FLV", chunk(new Uint8Array(5000).fill(65)), /^HTTP\/1\.1 400 [\s\S]*flv\.signature/],
  ["garbage behind the header", chunk(concatBytes([header, new Uint8Array(5000).fill(0xff)])), /^HTTP\/1\.1 400 /],
  [
    "a tag that is cut off",
    concatBytes([chunk(concatBytes([header, config(AVC_CONFIG)]).subarray(0, -20)), latin1("0\r\n\r\n")]),
    /^HTTP\/1\.1 /,
  ],
  ["a chunk whose length is none", latin1("xyz\r\n"), /^HTTP\/1\.1 400 |^$/],
  ["nothing for long", chunk(header), /^HTTP\/1\.1 408 /],
];

attack("bodies that are no FLV, that lie and that never end", { options }, async (scene) => {
  await Promise.all(
    BAD_BODIES.map(async ([what, bytes, answer], index) => {
      const enemy = scene.attacker();
      await enemy.send(post(`/bad/${index}.flv`), bytes);
      if (what === "a chunk whose length is none") return enemy.closed;
      await enemy.said(answer);
      await enemy.closed;
    }),
  );
  const second = scene.attacker();
  await second.send(post("/live/neighbour.flv"), chunk(header));
  await second.said(/^HTTP\/1\.1 409 /);
  const endless = scene.attacker();
  await endless.send(post("/bad/endless.flv"));
  const garbage = chunk(new Uint8Array(60_000).fill(1));
  ok((await endless.flood(10_000, () => garbage)) < 10_000, "it was read to its end");
  // A tag of the most bytes that its length can say, of which all but the last come: it is held in a buffer that doubles.
  const most = encodeFlvTag(TagType.Video, 0, new Uint8Array(16 * MIB - 1));
  const large = await Promise.all(Array.from({ length: 4 }, (_, index) => publishLarge(scene, index, most)));
  await scene.holdsAtMost(4 * 34 * MIB);
  for (const enemy of large) enemy.reset();
});

async function publishLarge(scene: Scene, index: number, most: Uint8Array): Promise<Attacker> {
  const enemy = scene.attacker();
  await enemy.send(post(`/large/${index}.flv`), chunk(header));
  for (let at = 0; at < most.length - 100; at += 500_000) {
    await enemy.send(chunk(most.subarray(at, Math.min(at + 500_000, most.length - 100))));
  }
  return enemy;
}

const SMUGGLED = get("/live/smuggled.flv");

attack("requests behind a viewer, inside of one, and between two readings of one", { options }, async (scene) => {
  for (const bytes of [
    concatBytes([get("/live/neighbour.flv"), SMUGGLED]),
    concatBytes([get("/live/neighbour.flv", "Content-Length: 60"), SMUGGLED]),
    concatBytes([upgrade("/live/neighbour.flv"), SMUGGLED]),
    requestBytes(["POST /a/b.flv HTTP/1.1", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
    requestBytes(["POST /a/b.flv HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 6"], "abcdef"),
    requestBytes(["POST /a/b.flv HTTP/1.1", "Host: a", "Transfer-Encoding: xchunked"], "0\r\n\r\n"),
    requestBytes(["GET /live/neighbour.flv HTTP/1.1", "Host: a", `X: ${"x".repeat(20_000)}`]),
    requestBytes(["GET /live/neighbour/index.m3u8 HTTP/1.1"]),
    latin1("GET /live/neighbour.flv HTTP/1.1\r\nHost: a\r\nX-Slow: "),
  ]) {
    const enemy = scene.attacker();
    await enemy.send(bytes);
    await enemy.began(/^HTTP\/1\.1 (?:101|200|400|408|431) /);
    enemy.destroy();
  }
  equal(scene.server.logged("smuggled"), 0);
  for (const method of ["DELETE", "TRACE", "PATCH"]) {
    const enemy = scene.attacker();
    await enemy.send(requestBytes([`${method} /live/neighbour.flv HTTP/1.1`, "Host: a"]));
    await enemy.said(/^HTTP\/1\.1 405 /);
  }
});
