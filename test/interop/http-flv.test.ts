import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import { type ClipName, clip } from "../fixtures/media.ts";
import { compareTags } from "../support/compare-tags.ts";
import { ffmpegPlay, ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags, parseFlv, roleOf } from "../support/flv-tags.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, startPeer } from "../support/peer-process.ts";
import { requirePeer } from "../support/require-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** An answer whose body comes bit by bit. */
type Answer = { readonly response: IncomingMessage; readonly body: () => Uint8Array; readonly ended: Promise<void> };

function httpUrl(live: LiveServer, name = "live/key.flv"): string {
  return `http://127.0.0.1:${live.port}/${name}`;
}

async function ask(t: TestContext, url: string, options: RequestOptions = {}): Promise<Answer> {
  const asking = request(url, { agent: false, ...options });
  t.after(() => asking.destroy());
  const answered = Promise.withResolvers<IncomingMessage>();
  asking.on("response", answered.resolve).on("error", answered.reject).end();
  const response = await answered.promise;
  const pieces: Buffer[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  response.on("data", (bytes: Buffer) => pieces.push(bytes));
  response.on("error", () => {}).once("close", resolve);
  return { response, body: () => Buffer.concat(pieces), ended };
}

/** The status, and what an error says. */
async function refusal(t: TestContext, url: string, options?: RequestOptions): Promise<string> {
  const { response, body, ended } = await ask(t, url, options);
  await ended;
  return `${response.statusCode} ${Buffer.from(body()).toString().trim()}`;
}

async function untilTags(answer: Answer, count: number): Promise<readonly FlvTag[]> {
  for (;;) {
    const tags = parseFlv(answer.body());
    if (tags.length >= count) return tags;
    await new Promise<void>((resolve) => answer.response.once("data", () => resolve()));
  }
}

/** A viewer that waits is none that anybody is told of. */
async function untilViewers(live: LiveServer, count: number): Promise<void> {
  while (live.server.broadcasts.get("live/key")?.viewerCount !== count) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Gets what is played to it by WebSocket, until its end. */
async function watchBySocket(
  t: TestContext,
  live: LiveServer,
  name = "live/key.flv",
): Promise<() => Promise<FlvTag[]>> {
  const socket = new WebSocket(`ws://127.0.0.1:${live.port}/${name}`);
  t.after(() => socket.terminate());
  const pieces: Buffer[] = [];
  socket.on("message", (bytes: Buffer, isBinary) => {
    ok(isBinary);
    pieces.push(bytes);
  });
  const closed = Promise.withResolvers<number>();
  socket.on("close", closed.resolve).on("error", closed.reject);
  return async () => {
    equal(await closed.promise, 1000);
    return parseFlv(Buffer.concat(pieces));
  };
}

describe("FFmpeg publishes by RTMP, and viewers by HTTP and WebSocket get that bit by bit", { concurrency: 3 }, () => {
  const clips: readonly (readonly [ClipName, number])[] = [
    ["h264-aac", 5],
    ["h264-only", 1],
    ["aac-only", 4],
    ["h264-mp3", 5],
    ["flv1-mp3", 5],
  ];
  for (const [name, flags] of clips) {
    it(name, async (t) => {
      const live = await startLiveServer(t, { http: { flv: { waitMs: 60_000 } } });
      const out = join(temporaryFolder(t), "played.flv");
      const player = ffmpegPlay(t, httpUrl(live), out);
      const socket = await watchBySocket(t, live);
      const asked = ask(t, httpUrl(live));
      await untilViewers(live, 3);
      const publisher = ffmpegPublish(t, live.url(), clip(name));
      assertEndedWell(publisher, await publisher.done);
      assertEndedWell(player, await player.done);
      const published = flvTags(clip(name));
      const answer = await asked;
      await answer.ended;
      for (const received of [flvTags(out), await socket(), parseFlv(answer.body())]) {
        compareTags(published, received, { untilEnd: true });
      }
      equal(answer.response.headers["content-type"], "video/x-flv");
      equal(answer.response.headers["access-control-allow-origin"], "*");
      equal(answer.body()[4], flags, "the flags say which tracks there are");
      deepEqual(await live.server.monitor.connections(), []);
    });
  }
});

describe("FFmpeg publishes by HTTP, and players by RTMP and HTTP get that bit by bit", { concurrency: 2 }, () => {
  for (const chunked of ["1", "0"]) {
    it(chunked === "1" ? "in chunks" : "after a 100 Continue", async (t) => {
      const live = await startLiveServer(t, { http: { flv: { waitMs: 60_000 } } });
      const folder = temporaryFolder(t);
      const outs = ["http.flv", "rtmp.flv"].map((name) => join(folder, name));
      const players = [httpUrl(live), live.url()].map((url, index) => ffmpegPlay(t, url, outs[index] ?? ""));
      await untilViewers(live, 2);
      const input = ["-re", "-i", clip("h264-aac"), "-c", "copy"];
      const http = chunked === "1" ? ["-chunked_post", "1"] : ["-send_expect_100", "1"];
      const output = ["-method", "POST", ...http, "-f", "flv", httpUrl(live)];
      const publisher = startPeer(t, requirePeer("ffmpeg"), ["-nostdin", ...input, ...output]);
      assertEndedWell(publisher, await publisher.done);
      for (const [index, player] of players.entries()) {
        if (index === 0) assertEndedWell(player, await player.done);
        else await player.stop();
        compareTags(flvTags(clip("h264-aac")), flvTags(outs[index] ?? ""), { untilEnd: true });
      }
    });
  }

  it("a whole file with its length, which is answered when it has been read", async (t) => {
    const live = await startLiveServer(t);
    const file = readFileSync(clip("h264-aac"));
    const watching = ask(t, httpUrl(live));
    await untilViewers(live, 1);
    const answered = Promise.withResolvers<IncomingMessage>();
    const post = request(httpUrl(live), { method: "PUT", headers: { "Content-Length": file.length } });
    post.on("response", answered.resolve).end(file);
    const response = await answered.promise;
    response.resume();
    equal(response.statusCode, 200);
    const answer = await watching;
    await answer.ended;
    compareTags(flvTags(clip("h264-aac")), parseFlv(answer.body()), { untilEnd: true });
  });
});

it("ffprobe reads the tracks", async (t) => {
  const live = await startLiveServer(t);
  ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
  await live.untilOf("live/key", "publishing");
  const show = "-v error -show_entries stream=codec_name -of csv=p=0".split(" ");
  const { stdout } = await promisify(execFile)(requirePeer("ffprobe"), [...show, httpUrl(live)]);
  deepEqual(stdout.trim().split(/\s+/).sort(), ["aac", "h264"]);
});

it("a viewer goes on when its publisher has come back", async (t) => {
  const live = await startLiveServer(t);
  const first = ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
  await live.untilOf("live/key", "publishing");
  const answer = await ask(t, httpUrl(live));
  const before = (await untilTags(answer, 20)).length;
  await first.kill();
  ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
  await live.untilOf("live/key", "the publisher is back");
  const tags = await untilTags(answer, before + 200);
  const frames = tags.filter(({ type }) => type === "video");
  ok(frames.every((tag, index) => index === 0 || tag.timestamp >= (frames[index - 1]?.timestamp ?? 0)));
});

for (const [query, types] of [
  ["audio=0", ["video"]],
  ["a=1&video=0", ["audio"]],
] as const) {
  it(`?${query} leaves the other track out, its configuration too`, async (t) => {
    const live = await startLiveServer(t);
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.untilOf("live/key", "publishing");
    const answer = await ask(t, `${httpUrl(live)}?${query}`);
    const tags = await untilTags(answer, 60);
    deepEqual([...new Set(tags.map(({ type }) => type).filter((type) => type !== "script"))], types);
    equal(answer.body()[4], types[0] === "video" ? 1 : 4);
    ok(tags.some((tag) => roleOf(tag) === "configuration"));
  });
}

it("HEAD, OPTIONS and other methods", async (t) => {
  const live = await startLiveServer(t);
  match(await refusal(t, httpUrl(live), { method: "HEAD" }), /^404/);
  ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
  await live.untilOf("live/key", "publishing");
  const { response, ended, body } = await ask(t, httpUrl(live), { method: "HEAD" });
  await ended;
  equal(response.statusCode, 200);
  equal(response.headers["content-type"], "video/x-flv");
  equal(body().length, 0);
  const preflight = await ask(t, httpUrl(live), {
    method: "OPTIONS",
    headers: { Origin: "https://page.example", "Access-Control-Request-Method": "GET" },
  });
  await preflight.ended;
  equal(preflight.response.statusCode, 204);
  equal(preflight.response.headers["access-control-allow-origin"], "*");
  match(String(preflight.response.headers["access-control-allow-methods"]), /GET, HEAD, OPTIONS, POST, PUT/);
  match(await refusal(t, httpUrl(live), { method: "DELETE" }), /^405 This address takes GET/);
});

describe("who may not is told why", () => {
  const hooks = {
    onPlay: () => ({ allow: false, reason: "Buy a ticket." }) as const,
    onPublish: () => ({ allow: false, reason: "Nobody sings here." }) as const,
  };

  it("by the application's hooks", async (t) => {
    const live = await startLiveServer(t, { hooks });
    equal(await refusal(t, httpUrl(live)), "403 Buy a ticket.");
    equal(await refusal(t, httpUrl(live), { method: "POST" }), "403 Nobody sings here.");
    const socket = new WebSocket(`ws://127.0.0.1:${live.port}/live/key.flv`);
    const refused = Promise.withResolvers<IncomingMessage>();
    socket.on("unexpected-response", (_, answer) => refused.resolve(answer));
    const response = await refused.promise;
    equal(response.statusCode, 403);
    response.resume();
    const kinds = live.server.monitor.events().map(({ kind }) => kind);
    deepEqual(
      kinds.filter((kind) => kind.endsWith("refused")),
      ["play-refused", "publish-refused", "play-refused"],
    );
  });

  it("by user and password", async (t) => {
    const authentication = { users: new Map([["anna", "secret"]]), appliesTo: "all" } as const;
    const live = await startLiveServer(t, { authentication, http: { flv: { waitMs: 0 } } });
    const { response, ended } = await ask(t, httpUrl(live));
    await ended;
    equal(response.statusCode, 401);
    match(response.headers["www-authenticate"] ?? "", /^Basic realm=/);
    match(await refusal(t, httpUrl(live), { auth: "anna:wrong" }), /^401 User or password is wrong/);
    match(await refusal(t, httpUrl(live), { auth: "bob:secret" }), /^401 User or password is wrong/);
    match(await refusal(t, httpUrl(live), { auth: "anna:secret" }), /^404 Nobody publishes/);
    match(await refusal(t, httpUrl(live), { method: "POST", auth: "anna:wrong" }), /^401/);
    match(await refusal(t, httpUrl(live), { method: "POST", auth: "anna:secret" }), /^200/);
  });

  it("by limits, which hold for each client behind a proxy", async (t) => {
    const listener = { forwardedFrom: ["127.0.0.1"] };
    const live = await startLiveServer(t, { listener, limits: { maxConnectionsPerAddress: 2 } });
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.untilOf("live/key", "publishing");
    const headers = { "X-Forwarded-For": "192.0.2.7" };
    await ask(t, httpUrl(live), { headers });
    await ask(t, httpUrl(live), { headers });
    match(await refusal(t, httpUrl(live), { headers }), /^429 Too many connections from your address/);
  });

  it("because the name is in use", async (t) => {
    const live = await startLiveServer(t, { publish: { busyName: "refuse" } });
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.untilOf("live/key", "publishing");
    match(await refusal(t, httpUrl(live), { method: "POST" }), /^409 live\/key is already being published/);
  });

  it("because its page is another's", async (t) => {
    const live = await startLiveServer(t, { http: { allowedOrigins: ["https://good.example"], flv: { waitMs: 0 } } });
    const from = (origin: string) => ({ headers: { Origin: origin } });
    match(await refusal(t, httpUrl(live), { method: "POST", ...from("https://bad.example") }), /^403 This page/);
    for (const origin of ["https://good.example", "https://bad.example"]) {
      const { response, ended } = await ask(t, httpUrl(live), from(origin));
      await ended;
      equal(response.headers["access-control-allow-origin"], origin.includes("good") ? origin : undefined);
      equal(response.headers["vary"], "Origin");
    }
  });
});

it("a kick ends viewer and publisher, and the log says why", async (t) => {
  const live = await startLiveServer(t);
  const publisher = startPeer(t, requirePeer("ffmpeg"), [
    ...["-nostdin", "-re", "-stream_loop", "-1", "-i", clip("h264-aac"), "-c", "copy", "-method", "POST"],
    ...["-f", "flv", httpUrl(live)],
  ]);
  await live.untilOf("live/key", "publishing");
  const answer = await ask(t, httpUrl(live));
  await untilTags(answer, 5);
  const { monitor } = live.server;
  const connections = await monitor.connections();
  deepEqual(
    connections.map(({ protocol, publishing, playing }) => [protocol, publishing.length, playing.length]),
    [
      ["http-flv", 1, 0],
      ["http-flv", 0, 1],
    ],
  );
  equal(await monitor.kick(connections[1]?.id ?? "", "enough"), true);
  await answer.ended;
  equal(await monitor.kick(connections[0]?.id ?? "", "enough"), true);
  await publisher.done;
  await live.until("connection closed", 2);
  const closed = live.lines.filter(({ message }) => message === "connection closed");
  deepEqual(
    closed.map(({ details }) => details["reason"]),
    ["ended by an operator: enough", "ended by an operator: enough"],
  );
});

describe("what is hostile is refused, and harms nobody", () => {
  /** Sends text on a connection of its own, and resolves with what comes back until that is closed. */
  async function say(t: TestContext, live: LiveServer, text: string | Uint8Array): Promise<string> {
    const socket = connect(live.port, "127.0.0.1");
    t.after(() => socket.destroy());
    let said = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      said += part;
    });
    socket.on("error", () => {});
    socket.write(text);
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    return said;
  }

  it("names that are none, and names that are odd", async (t) => {
    const live = await startLiveServer(t, { http: { flv: { waitMs: 0 } } });
    for (const [path, status] of [
      ["/live/%.flv", 400],
      ["/live/%ff.flv", 400],
      ["/../../etc/passwd.flv", 400],
      ["/live/%2e%2e/key.flv", 400],
      ["/live/%00.flv", 400],
      ["/live/%0d%0aX: y.flv", 400],
      [`/live/${"x".repeat(2000)}.flv`, 400],
      [`/live/key.flv?${"x".repeat(9000)}`, 414],
      ["/live/key.flv?audio=0&video=0", 400],
      ["/live/%F0%9F%8E%A5.flv", 404],
      ["/.flv", 404],
      ["/live/.flv", 404],
    ] as const) {
      const answer = await say(
        t,
        live,
        `GET ${path.replaceAll(" ", "%20")} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      match(answer, new RegExp(`^HTTP/1.1 ${status} `), path.slice(0, 40));
    }
    const head = `GET /live/key.flv HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`;
    match(await say(t, live, head), /^HTTP\/1\.1 431 /);
  });

  it("upgrades that are none", async (t) => {
    const live = await startLiveServer(t, { http: { flv: { waitMs: 0 } } });
    const line = "GET /live/key.flv HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n";
    match(await say(t, live, `${line}Upgrade: h2c\r\n\r\n`), /^HTTP\/1\.1 404 /);
    match(await say(t, live, `${line}Upgrade: websocket\r\n\r\n`), /^HTTP\/1\.1 404 /);
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.untilOf("live/key", "publishing");
    // Without a key it is no WebSocket.
    match(await say(t, live, `${line}Upgrade: websocket\r\n\r\n`), /^HTTP\/1\.1 400 /);
  });

  it("a second request on a connection that plays", async (t) => {
    const live = await startLiveServer(t);
    ffmpegPublish(t, live.url(), clip("h264-aac"), { loops: -1 });
    await live.untilOf("live/key", "publishing");
    const socket = connect(live.port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => {});
    socket.write("GET /live/key.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write("GET /live/key.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    await live.until("connection closed");
  });

  it("bodies that are no FLV, and one that stops", async (t) => {
    const live = await startLiveServer(t, { timeouts: { publisherSilenceMs: 100 } });
    const post = (body: string) => `POST /live/key.flv HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${body}`;
    match(await say(t, live, post("x".repeat(100))), /^HTTP\/1\.1 400 [\s\S]*flv\.signature/);
    const header = "FLV\x01\x05\0\0\0\x09\0\0\0\0";
    match(await say(t, live, post(`${header}${"\x07".repeat(100)}`)), /^HTTP\/1\.1 400 [\s\S]*flv\.tag/);
    match(await say(t, live, post(header)), /^HTTP\/1\.1 408 [\s\S]*timeout\.publisher/);
    equal((await live.server.monitor.connections()).length, 0);
  });

  it("one that reads nothing: it is bounded, and closed", async (t) => {
    const play = { blockedTimeoutMs: 500, maxLagBytes: 200_000 };
    const live = await startLiveServer(t, { play });
    const broadcast = live.server.broadcasts.open("live/key", "publish");
    const result = broadcast?.publish({ description: "test", replaced() {} }, performance.now());
    ok(result?.kind === "accepted" && broadcast !== undefined);
    const write = (timestamp: number): void => {
      const payload = new Uint8Array(60_000).fill(timestamp);
      payload.set([timestamp % 5 === 0 ? 0x17 : 0x27, 1, 0, 0, 0]);
      result.publication.write(classifyMedia("video", timestamp, payload), performance.now());
    };
    write(0);
    const socket = connect(live.port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => {}).pause();
    socket.write("GET /live/key.flv?audio=0 HTTP/1.1\r\nHost: a\r\n\r\n");
    await untilViewers(live, 1);
    let most = 0;
    for (let time = 1; broadcast.viewerCount > 0; time++) {
      write(time);
      most = Math.max(most, broadcast.heldBytes);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    ok(most < 8_000_000, `${most} bytes were held`);
    const line = live.lines.find(({ details }) => details["code"] === "viewer.slow");
    match(line?.message ?? "", /took nothing for/);
  });
});
