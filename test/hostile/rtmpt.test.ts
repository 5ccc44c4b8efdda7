import { equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { concatBytes } from "../../src/bytes/concat.ts";
import { attack, type Scene } from "./attack.ts";
import type { Attacker } from "./attacker.ts";
import { connectBytes, latin1, openTunnel, postBytes, requestBytes } from "./http-bytes.ts";

const MIB = 1024 * 1024;
/** The neighbours come by tunnels as well. */
const scheme = "rtmpt";
const short = { timeouts: { requestMs: 400, handshakeMs: 400, connectMs: 400, tunnelMs: 1500 } };
const CHUNKED = "Transfer-Encoding: chunked";

/** What parsers of HTTP have read in different ways: each is refused, and its connection closed. */
const SMUGGLED: readonly (readonly [string, Uint8Array])[] = [
  ["both lengths", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 5", CHUNKED], "0\r\n\r\n")],
  ["both, other order", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED, "Content-Length: 5"], "0\r\n\r\n")],
  ["two lengths", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 2"], "ab")],
  ["the same twice", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 1"], "a")],
  ["a list of lengths", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 1, 1"], "a")],
  ["a length in hex", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 0x1"], "a")],
  ["a signed length", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: +1"], "a")],
  ["a length of 2^64", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 18446744073709551616"])],
  ["xchunked", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Transfer-Encoding: xchunked"], "0\r\n\r\n")],
  ["chunked first", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Transfer-Encoding: chunked, gzip"])],
  ["chunked with a tab", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Transfer-Encoding: \x0bchunked"])],
  ["a space before the colon", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length : 1"], "a")],
  ["obs-fold", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "X: 1", " Content-Length: 1"], "a")],
  ["a fold in front", requestBytes(["POST /open/1 HTTP/1.1", " Host: a", "Content-Length: 1"], "a")],
  ["a bare line feed", latin1("POST /open/1 HTTP/1.1\nHost: a\nContent-Length: 1\n\na")],
  ["one bare line feed", latin1("POST /open/1 HTTP/1.1\r\nHost: a\nContent-Length: 1\r\n\r\na")],
  ["a bare carriage return", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "X: 1\rContent-Length: 1"], "a")],
  ["a NUL in a header", requestBytes(["POST /open/1 HTTP/1.1", "Host: a\0b", "Content-Length: 1"], "a")],
  ["a NUL in the path", requestBytes(["POST /open/\x001 HTTP/1.1", "Host: a", "Content-Length: 1"], "a")],
  ["a space in the path", requestBytes(["POST /open/1 x HTTP/1.1", "Host: a", "Content-Length: 1"], "a")],
  ["a chunk size of 2^68", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED], "100000000000000001\r\n")],
  ["a chunk size with a sign", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED], "-1\r\na\r\n0\r\n\r\n")],
  ["a chunk without its end", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED], "1\r\nabc\r\n0\r\n\r\n")],
  ["a chunk size with a bare line feed", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED], "1\na\n0\n\n")],
  ["an extension of 40 kB", requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED], `1;${"x".repeat(40_000)}`)],
  ["a header of 20 kB", requestBytes(["POST /open/1 HTTP/1.1", `Host: ${"a".repeat(20_000)}`])],
  ["a path of 20 kB", requestBytes([`POST /open/${"1".repeat(20_000)} HTTP/1.1`, "Host: a"])],
  ["HTTP/2", latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")],
  ["HTTP/0.9", latin1("GET /\r\n")],
  ["HTTP/9.9", requestBytes(["POST /open/1 HTTP/9.9", "Host: a", "Content-Length: 1"], "a")],
  ["no host", requestBytes(["POST /open/1 HTTP/1.1", "Content-Length: 0", "Connection: close"])],
];

attack("requests that parsers have read in different ways", { scheme, options: short }, async (scene) => {
  const before = scene.server.logged("http.request");
  for (const [name, bytes] of SMUGGLED) {
    const enemy = scene.attacker();
    await enemy.send(bytes, postBytes("/open/1"));
    const [, status] = await enemy.said(/^HTTP\/1\.1 (\d\d\d)/);
    match(status ?? "", /^4/, `${name} is answered with ${status}`);
    await enemy.closed;
  }
  // Node refuses a request without a host by itself.
  await scene.server.untilLogged("http.request", before + SMUGGLED.length - 1);
  equal((await scene.server.measure()).connections, 2, "a request that is none opened a tunnel");
});

/** Paths that might lead somewhere once somebody has rewritten them: none leads to a tunnel. */
const PATHS = [
  "/send/../open/1",
  "/./open/1",
  "//open/1",
  "/open%2f1",
  "/%6fpen/1",
  "/open/1/",
  "/open/1;a=b",
  "/open\\1",
  "/OPEN/1",
  "/open/-1",
  "/open/1e3",
  "/open/11111111111",
  "/open",
  "/fcs/../open/1",
  "*",
  "http:///../open/1",
  "https://a/send/../open/1",
  "http://a\\open/1",
];

attack("paths that might lead somewhere", { scheme, options: short }, async (scene) => {
  for (const path of PATHS) {
    const enemy = scene.attacker();
    await enemy.send(postBytes(path));
    await enemy.said(/^HTTP\/1\.1 4\d\d/);
    enemy.destroy();
  }
  const enemy = scene.attacker();
  for (const method of ["GET", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "M-SEARCH"]) {
    await enemy.send(requestBytes([`${method} /open/1 HTTP/1.1`, "Host: a", "Content-Length: 0", "X-Secret: 42"]));
    const [answer] = await enemy.said(/^HTTP\/1\.1 405 [\s\S]*?\r\n\r\nRTMPT needs POST\n/);
    ok(!answer.includes("42"), "a request came back");
  }
  equal((await scene.server.measure()).connections, 2);
});

attack("requests that ask for other servers", { scheme, options: short }, async (scene) => {
  let visits = 0;
  const elsewhere = createServer((socket) => {
    visits++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  elsewhere.unref();
  await once(elsewhere, "listening");
  const address = elsewhere.address();
  const host = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  for (const lines of [
    [`CONNECT ${host} HTTP/1.1`, `Host: ${host}`],
    [`CONNECT ${host} HTTP/1.0`],
    [`GET http://${host}/ HTTP/1.1`, `Host: ${host}`, "Connection: close"],
    [`POST http://${host}/x HTTP/1.1`, `Host: ${host}`, "Content-Length: 0", "Connection: close"],
    [`TRACE http://${host}/ HTTP/1.1`, `Host: ${host}`, "Connection: close"],
    ["GET / HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    ["GET / HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: TLS/1.0"],
    ["POST /open/1 HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: x/1", "Content-Length: 0"],
  ]) {
    const enemy = scene.attacker();
    await enemy.send(requestBytes(lines));
    await enemy.said(/^HTTP\/1\.1 4\d\d/);
    await enemy.closed;
  }
  equal(visits, 0, "the server connected elsewhere");
});

attack("tunnels that are somebody else's, or nobody's", { scheme, options: short }, async (scene) => {
  const victim = scene.attacker();
  const id = await openTunnel(victim);
  const enemy = scene.attacker();
  const guesses = [
    "0".repeat(32),
    id.slice(0, -1),
    `${id}0`,
    id.toUpperCase(),
    id.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    `%${id}`,
    "__proto__",
    "constructor",
    "undefined",
    "x".repeat(5000),
  ];
  for (const guess of guesses) {
    for (const command of ["send", "idle", "close"]) {
      await enemy.send(postBytes(`/${command}/${guess}/0`));
      await enemy.said(/^HTTP\/1\.1 40[04] [\s\S]*?\r\n\r\n[^\n]*\n/);
    }
  }
  const owner = scene.attacker();
  await owner.send(postBytes(`/send/${id}/0`, connectBytes("live")));
  await owner.said(/NetConnection\.Connect\.Success/);
});

attack("two clients that fight over a tunnel", { scheme, options: short }, async (scene) => {
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
  for (let round = 0; round < 10; round++) {
    const [left, right] = [scene.attacker(), scene.attacker()];
    const id = await openTunnel(left);
    await left.send(postBytes(`/send/${id}/0`, connectBytes("live")));
    await left.said(/NetConnection\.Connect\.Success/);
    await Promise.all([
      left.send(...numbers.map((each) => postBytes(`/send/${id}/${each + 1}`, `left ${each} ${round}`))),
      right.send(...numbers.map((each) => postBytes(`/send/${id}/${each + 1}`, `right ${each} ${round}`))),
    ]);
    await Promise.any([left.said(/HTTP\/1\.1 40\d/), right.said(/HTTP\/1\.1 40\d/)]);
    left.destroy();
    right.destroy();
  }
  await scene.server.untilLogged("connection closed", 10);
});

/** What is wrong with the numbers of a tunnel's requests, and with what it ends. */
const NUMBERS: readonly (readonly [string, readonly (readonly [number, string])[], string])[] = [
  ["another body", [0, 1, 1].map((number, index) => [number, `body ${index}`] as const), "the same number"],
  ["17 missing", [[17, "a"]] as const, "are missing"],
  ["the last of all", [[4_294_967_295, "a"]] as const, "are missing"],
  ["every second one", Array.from({ length: 40 }, (_, index) => [1 + 2 * index, "a"] as const), "are missing"],
];

attack("numbers that are repeated and skipped", { scheme, options: short }, async (scene) => {
  for (const [name, requests, reason] of NUMBERS) {
    const enemy = scene.attacker();
    const id = await openTunnel(enemy);
    await enemy.send(
      ...requests.map(([number, body]) => postBytes(`/send/${id}/${number}`, `${handshakeStart}${body}`)),
    );
    await scene.server.untilLogged(reason);
    await enemy.said(/HTTP\/1\.1 400/).catch(() => ok(false, `${name} was not refused`));
    enemy.destroy();
  }
  // The same request a hundred times, on as many connections: one answer is as good as another.
  const owner = scene.attacker();
  const id = await openTunnel(owner);
  const first = postBytes(`/send/${id}/0`, connectBytes("live"));
  const copies = Array.from({ length: 100 }, () => scene.attacker());
  await Promise.all(copies.map((enemy) => enemy.send(first)));
  await Promise.all(copies.map((enemy) => enemy.said(/^HTTP\/1\.1 [24]00/)));
  await owner.send(postBytes(`/send/${id}/1`));
  await owner.said(/^HTTP\/1\.1 200/);
});

const handshakeStart = "\x03";

attack(
  "10 000 opens",
  { scheme, options: { timeouts: { ...short.timeouts, handshakeMs: 3000 }, limits: { maxTunnels: 1000 } } },
  async (scene) => {
    const enemies = Array.from({ length: 10 }, () => scene.attacker());
    const counts = { opened: 0, refused: 0 };
    const open = async (enemy: Attacker): Promise<void> => {
      await enemy.send(...Array.from({ length: 50 }, () => postBytes("/open/1")));
      for (let count = 0; count < 50; count++) {
        const [, status] = await enemy.said(/^HTTP\/1\.1 (200|503)[\s\S]*?\r\n\r\n[^\n]+\n/);
        counts[status === "200" ? "opened" : "refused"]++;
      }
    };
    for (let round = 0; round < 2; round++) await Promise.all(enemies.map(open));
    const { connections } = await scene.holdsAtMost(1000 * 20_000);
    equal(connections, 1000, "not as many as there may be");
    await Promise.all(
      enemies.map(async (enemy) => {
        for (let round = 0; round < 18; round++) await open(enemy);
      }),
    );
    equal(counts.opened + counts.refused, 10_000);
    await scene.server.untilLogged("too many tunnels", counts.refused);
    await scene.server.untilLogged("connection closed", counts.opened);
  },
);

/** What is begun and never ended, or has no end, and how it is told. */
const SLOW: readonly (readonly [string, (enemy: Attacker, id: string) => Promise<unknown>])[] = [
  ["half a line", (enemy) => enemy.send(latin1("POST /op"))],
  ["half a head", (enemy) => enemy.send(latin1("POST /open/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"))],
  ["no body", (enemy) => enemy.send(requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 1"]))],
  ["half a body", (enemy, id) => enemy.send(postBytes(`/send/${id}/0`, "\x03".repeat(100)).subarray(0, -50))],
  ["half a body of nobody's", (enemy) => enemy.send(postBytes("/send/nobody/0", "x".repeat(100)).subarray(0, -50))],
  ["half a chunk", (enemy) => enemy.send(requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED], "5\r\nab"))],
  ["headers one by one", (enemy) => drip(enemy, latin1("POST /open/1 HTTP/1.1\r\nHost: a\r\n"), "X: 1\r\n")],
  [
    "a body byte by byte",
    (enemy, id) => drip(enemy, postBytes(`/send/${id}/1`, "x".repeat(9999)).subarray(0, -9999), "\x03"),
  ],
  ["a body of nobody's", (enemy) => drip(enemy, postBytes("/idle/nobody/1", "x".repeat(9999)).subarray(0, -9999), "x")],
  [
    "chunks without end",
    (enemy) => drip(enemy, requestBytes(["POST /open/1 HTTP/1.1", "Host: a", CHUNKED]), "1\r\nx\r\n"),
  ],
];

/** Goes on until the connection is closed. */
async function drip(enemy: Attacker, head: Uint8Array, drop: string): Promise<void> {
  await enemy.send(head);
  while (await enemy.send(latin1(drop))) await new Promise((resolve) => setTimeout(resolve, 20));
}

const slow = { timeouts: { ...short.timeouts, handshakeMs: 10_000 } };

attack("requests that come slowly, or half, or have no end", { scheme, options: slow }, async (scene) => {
  const before = scene.server.lines.length;
  await Promise.all(
    SLOW.flatMap((each) => [each, each, each]).map(async ([, run]) => {
      const id = await openTunnel(scene.attacker());
      const enemy = scene.attacker();
      await run(enemy, id);
      await enemy.closed;
    }),
  );
  const told = (): number => scene.server.lines.slice(before).filter(({ code }) => code === "timeout.request").length;
  await scene.server.until("a line for each", () => told() >= 3 * SLOW.length);
});

attack("bodies that are too large", { scheme, options: short }, async (scene) => {
  const large = new Uint8Array(MIB + 1);
  for (const [head, logged] of [
    [["POST /open/1 HTTP/1.1", `Content-Length: ${10 * MIB}`], "http.request"],
    [["POST /open/1 HTTP/1.1", `Content-Length: ${10 * MIB}`, "Expect: 100-continue"], "http.request"],
    [["POST /send/nobody/0 HTTP/1.1", "Content-Length: 9007199254740991"], "http.request"],
    [["POST /open/1 HTTP/1.1", CHUNKED], "http.request"],
    [["POST /send/ID/0 HTTP/1.1", `Content-Length: ${MIB + 1}`], "is longer than 1048576 bytes"],
    [["POST /send/ID/0 HTTP/1.1", CHUNKED], "is longer than 1048576 bytes"],
  ] as const) {
    const before = scene.server.logged(logged);
    const id = await openTunnel(scene.attacker());
    const enemy = scene.attacker();
    const [line, ...others] = head;
    await enemy.send(requestBytes([line.replace("ID", id), "Host: a", ...others]));
    if (others[0] === CHUNKED) await enemy.send(latin1(`${large.length.toString(16)}\r\n`), large);
    await enemy.said(/HTTP\/1\.1 413/);
    await enemy.closed;
    await scene.server.untilLogged(logged, before + 1);
  }
  const enemy = scene.attacker();
  await enemy.send(requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 1", "Expect: a miracle"], "a"));
  await enemy.said(/^HTTP\/1\.1 417/);
});

attack("5 000 requests in one go", { scheme, options: short }, async (scene) => {
  const many = concatBytes(Array.from({ length: 5_000 }, () => requestBytes(["POST /fcs/ident2 HTTP/1.1", "Host: a"])));
  const enemies = Array.from({ length: 10 }, () => scene.attacker());
  for (const enemy of enemies) void enemy.send(many);
  await scene.server.untilLogged("requests wait for answers", 10);
  await scene.holdsAtMost(10 * 2 * MIB);
  await scene.alone();
});

attack("a poller that never reads", { scheme, options: short }, async (scene) => {
  // All of them get in before the first one floods: who comes too late has no time left to open a tunnel. Ten of them hold
  // up everybody for seconds where the cores are busy otherwise: docs/operations.md.
  const enemies = Array.from({ length: 3 }, () => scene.attacker());
  const ids = await Promise.all(enemies.map((enemy) => openTunnel(enemy)));
  await Promise.all(
    enemies.map(async (enemy, at) => {
      await enemy.send(postBytes(`/send/${ids[at]}/0`, connectBytes("live")));
      await enemy.said(/NetConnection\.Connect\.Success/);
      enemy.socket.pause();
    }),
  );
  await Promise.all(
    enemies.map(async (enemy, at) => {
      for (let number = 1; number < 3000; number += 100) {
        const polls = Array.from({ length: 100 }, (_, index) => postBytes(`/idle/${ids[at]}/${number + index}`));
        if (!(await Promise.race([enemy.send(...polls), pause(500).then(() => false)]))) break;
      }
    }),
  );
  await scene.holdsAtMost(20 * MIB);
  await scene.alone();
});

attack("requests that wait for an application, without end", { scheme, options: short }, async (scene) => {
  const enemies = await Promise.all(Array.from({ length: 5 }, () => unanswered(scene)));
  await Promise.all(
    enemies.map(async (id) => {
      const enemy = scene.attacker();
      for (let number = 1; number < 40_000; number += 500) {
        const sends = Array.from({ length: 500 }, (_, index) => postBytes(`/send/${id}/${number + index}`));
        if (!(await Promise.race([enemy.send(...sends), pause(1000).then(() => false)]))) break;
      }
    }),
  );
  await scene.holdsAtMost(5 * 6 * MIB);
});

/** A tunnel whose `connect` waits for the application. */
async function unanswered(scene: Scene): Promise<string> {
  const enemy = scene.attacker();
  const id = await openTunnel(enemy);
  await enemy.send(postBytes(`/send/${id}/0`, connectBytes("unanswered")));
  return id;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
