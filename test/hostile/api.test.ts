import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { startApi, TOKEN } from "../support/api.ts";

const GET = "GET /api/v1/server HTTP/1.1\r\nHost: localhost\r\n";

/** All that comes until the server closes. */
async function answerOf(socket: Socket): Promise<string> {
  let text = "";
  try {
    for await (const bytes of socket) text += String(bytes);
  } catch {
    // Reset is an end, too.
  }
  return text;
}

test("a request that never becomes whole is ended, by its header and by its body", async (t) => {
  const { socket, ask } = await startApi(t, { limits: { requestMs: 100 } });
  const silent = socket();
  const slow = socket();
  slow.write(`${GET}X-Slow: `);
  const body = socket();
  body.write(
    "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
  );
  match(await answerOf(slow), /^HTTP\/1\.1 408 /);
  match(await answerOf(body), /^HTTP\/1\.1 408 /);
  await answerOf(silent);
  equal((await ask("/healthz")).status, 200);
});

test("huge headers, and what is no HTTP, are refused", async (t) => {
  const { socket, ask } = await startApi(t);
  const huge = socket();
  huge.write(`${GET}X-Huge: ${"x".repeat(20_000)}\r\n\r\n`);
  match(await answerOf(huge), /^HTTP\/1\.1 431 /);
  const nonsense = socket();
  nonsense.write("\x03 this is RTMP, or so\r\n\r\n");
  match(await answerOf(nonsense), /^HTTP\/1\.1 400 /);
  const smuggled = socket();
  smuggled.write(`${GET.replace("GET", "POST")}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`);
  match(await answerOf(smuggled), /^HTTP\/1\.1 400 /);
  const hostless = socket();
  hostless.write("GET /api/v1/server HTTP/1.0\r\n\r\n");
  match(await answerOf(hostless), /^HTTP\/1\.[01] 403 /);
  const tunnel = socket();
  tunnel.write("CONNECT 192.0.2.7:22 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  match(await answerOf(tunnel), /^HTTP\/1\.1 405 /);
  for (const path of ["*", "http://evil.example/api/v1/server", "ftp://x/y", "http://["]) {
    const odd = socket();
    odd.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    match(await answerOf(odd), /^HTTP\/1\.1 (?:200|400|404) /, path);
  }
  equal((await ask("/healthz")).status, 200);
});

test("a body that is too long is not waited for", async (t) => {
  const { socket } = await startApi(t, { token: TOKEN });
  const long = socket();
  long.write(
    "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
  );
  match(await answerOf(long), /^HTTP\/1\.1 413 /);
  const wrong = socket();
  wrong.write("PUT /api/v1/server HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n");
  match(await answerOf(wrong), /^HTTP\/1\.1 40[15] /);
});

test("thousands of requests in pipelines are answered from what was made once, or cut at the bound", async (t) => {
  const { socket, ask, monitor } = await startApi(t);
  const before = monitor.made.broadcasts;
  const startedMs = performance.now();
  const pipelines = Array.from({ length: 20 }, async () => {
    const client = socket();
    const request = GET.replace("server", "broadcasts");
    client.write(`${`${request}\r\n`.repeat(99)}${request}Connection: close\r\n\r\n`);
    return (await answerOf(client)).split("HTTP/1.1 200 ").length - 1;
  });
  const answered = await Promise.all(pipelines);
  equal(
    answered.reduce((sum, count) => sum + count, 0),
    2000,
  );
  const quarters = (performance.now() - startedMs) / 250 + 2;
  ok(monitor.made.broadcasts - before <= quarters, `made ${monitor.made.broadcasts - before} times`);

  const flood = socket();
  flood.write(`${`${GET}\r\n`.repeat(600)}${GET}Connection: close\r\n\r\n`);
  await answerOf(flood);
  equal((await ask("/healthz")).status, 200);
});

test("one connection more than may be is refused, and there is room again when one leaves", async (t) => {
  const { socket, ask } = await startApi(t, { limits: { maxConnections: 2 } });
  const [one, two] = [socket(), socket()];
  for (const client of [one, two]) {
    client.write(`${GET.replace("server", "stream")}\r\n`);
    await once(client, "data");
  }
  const three = socket();
  three.write(`${GET}\r\n`);
  equal(await answerOf(three), "");
  const left = once(one, "close");
  one.resume().end();
  await left;
  equal((await ask("/healthz")).status, 200);
});

test("connections that only wait give way to one that asks; streams of events do not", async (t) => {
  const { socket, ask } = await startApi(t, { limits: { maxConnections: 4 } });
  const listener = socket();
  listener.write(`${GET.replace("server", "stream")}\r\n`);
  await once(listener, "data");
  const [silent, slow, idle] = [socket(), socket(), socket()];
  slow.write(`${GET}X-Slow: `);
  idle.write(`${GET}\r\n`);
  await once(idle, "data");
  const gone = [silent, slow, idle].map((client) => once(client.resume(), "close"));
  for (let round = 0; round < 6; round++) equal((await ask("/healthz")).status, 200);
  const held = [socket(), socket(), socket()];
  for (const client of held) {
    client.write(`${GET.replace("server", "stream")}\r\n`);
    await once(client, "data");
  }
  await Promise.all(gone);
  equal(listener.destroyed, false);
});

test("one connection has one stream of events, however many it asks for", async (t) => {
  const { socket, ask } = await startApi(t, { limits: { maxEventStreams: 3 } });
  const greedy = socket();
  greedy.write(`${GET.replace("server", "stream")}\r\n`.repeat(10));
  await once(greedy, "data");
  equal((await ask("/healthz")).status, 200);
  const another = socket();
  another.write(`${GET.replace("server", "stream")}\r\n`);
  match(String(await once(another, "data")), /^HTTP\/1\.1 200 /);
});

test("what is judged is what is answered, however the path is written", async (t) => {
  const { ask } = await startApi(t, { token: TOKEN });
  const paths = [
    ["/api/v1/connections/x\\..\\..\\session", 200],
    ["/api/v1/server/../session", 200],
    ["/api/v1/session/../server", 401],
    ["/api/v1/session\\..\\server", 401],
    ["/healthz/../api/v1/server", 401],
    ["/api/v1/broadcasts/%2e%2e/session", 200],
    ["/media/../api/v1/server", 401],
    ["//api/v1/server", 404],
    ["/API/v1/server", 404],
  ] as const;
  for (const [path, status] of paths) {
    const answer = await ask(path);
    equal(answer.status, status, path);
    if (status === 200) deepEqual(JSON.parse(answer.text), { needsToken: true, isSignedIn: false }, path);
  }
});
