import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { createCertificate } from "../../../test/support/certificates.ts";
import { startHttpProxy } from "../../../test/support/http-proxy.ts";
import {
  type ScriptedRequest,
  type ScriptedTunnel,
  startScriptedTunnel,
} from "../../../test/support/scripted-tunnel.ts";
import { StreamRecorder } from "../../../test/support/stream-recorder.ts";
import { hex } from "../../bytes/hex.ts";
import type { ByteStream } from "../byte-stream.ts";
import { parseHttpProxy } from "../proxy-settings.ts";
import { connectRtmpt, pathSegment, type RtmptConnectOptions } from "./rtmpt-client.ts";
import { MAX_ANSWER_BYTES, PostConnection } from "./rtmpt-client-connection.ts";
import { MAX_REQUEST_BYTES, pollDelayMs, RtmptStream } from "./rtmpt-client-stream.ts";

const LOOPBACK = "127.0.0.1";

type Opened = { readonly tunnel: ScriptedTunnel; readonly stream: ByteStream };

/** A session `id` at a server of which the test gives every answer. */
async function opened(context: TestContext, options: Partial<RtmptConnectOptions> = {}): Promise<Opened> {
  const tunnel = await startScriptedTunnel(context);
  const connecting = connectRtmpt({ host: LOOPBACK, port: tunnel.port, isSecure: false, ...options });
  (await tunnel.next()).answer("id\n");
  const stream = await connecting;
  context.after(() => stream.destroy());
  return { tunnel, stream };
}

/** The next request, which must be this one. */
async function expect(tunnel: ScriptedTunnel, url: string, body: Uint8Array = hex`00`): Promise<ScriptedRequest> {
  const request = await tunnel.next();
  deepEqual([request.method, request.url, request.body], ["POST", url, body]);
  return request;
}

/** A server that says to each connection what the test says, whatever it is asked. */
async function rawServer(
  context: TestContext,
  onData: (socket: Socket, text: string, count: number) => void,
): Promise<{ readonly port: number; readonly closed: Promise<void> }> {
  const closed = Promise.withResolvers<void>();
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => closed.resolve());
    socket.on("data", (bytes) => onData(socket, bytes.toString("latin1"), ++count));
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  ok(typeof address === "object" && address !== null);
  return { port: address.port, closed: closed.promise };
}

async function failure(options: Partial<RtmptConnectOptions> & { readonly port: number }): Promise<string> {
  const error: unknown = await connectRtmpt({ host: LOOPBACK, isSecure: false, ...options }).catch((reason) => reason);
  ok(error instanceof Error, "a tunnel came about");
  return error.message;
}

/** Time for what could happen and must not. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function filled(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 31);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

test("a session is opened, carries bytes both ways, and is closed", async (context) => {
  const tunnel = await startScriptedTunnel(context);
  const connecting = connectRtmpt({ host: LOOPBACK, port: tunnel.port, isSecure: false });
  const open = await expect(tunnel, "/open/1");
  const { host, "user-agent": agent, connection, "cache-control": cache, "content-type": type } = open.headers;
  deepEqual(
    [host, agent, connection, cache, type, open.headers["content-length"], open.headers["transfer-encoding"]],
    [`127.0.0.1:${tunnel.port}`, "Shockwave Flash", "Keep-Alive", "no-cache", "application/x-fcs", "1", undefined],
  );
  open.answer("ABCD1234\n");
  const stream = await connecting;
  deepEqual([stream.transport, stream.remoteAddress], ["http", `127.0.0.1:${tunnel.port}`]);
  stream.write([hex`01 02`, hex``, hex`03`]);
  const recorder = new StreamRecorder(stream);
  equal(stream.unsentBytes, 3);
  const send = await expect(tunnel, "/send/ABCD1234/0", hex`01 02 03`);
  equal(stream.unsentBytes, 3);
  send.answer(hex`01 04 05 06`);
  const idle = await expect(tunnel, "/idle/ABCD1234/1");
  deepEqual(recorder.received, hex`04 05 06`);
  deepEqual([stream.unsentBytes, stream.bytesRead, stream.bytesWritten], [0, 3, 3]);
  stream.close();
  idle.answer(hex`01 07`);
  (await expect(tunnel, "/close/ABCD1234/2")).answer(hex`00`);
  equal(await recorder.closed, undefined);
  await tunnel.untilClosed();
  deepEqual(recorder.events, ["drain 0", "close"]);
  equal(open.connection, idle.connection);
  equal(stream.bytesRead, 3);
});

test("nothing is asked before start, and what is written in one turn goes in one request", async (context) => {
  const { tunnel, stream } = await opened(context);
  stream.write([hex`01`]);
  await turns(5);
  const recorder = new StreamRecorder(stream, () => stream.write([hex`05`]));
  stream.write([hex`02`]);
  queueMicrotask(() => stream.write([hex`03`]));
  (await expect(tunnel, "/send/id/0", hex`01 02 03`)).answer(hex`01 04`);
  (await expect(tunnel, "/send/id/1", hex`05`)).answer(hex`01`);
  await recorder.until(() => recorder.events.length > 0);
});

test("what is written while a request is under way waits for its answer", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const idle = await expect(tunnel, "/idle/id/0");
  stream.write([hex`01`]);
  stream.write([hex`02`]);
  equal(stream.unsentBytes, 2);
  idle.answer(hex`21`);
  const send = await expect(tunnel, "/send/id/1", hex`01 02`);
  stream.write([hex`03`]);
  equal(stream.unsentBytes, 3);
  send.answer(hex`21`);
  const next = await expect(tunnel, "/send/id/2", hex`03`);
  deepEqual(recorder.events, []);
  next.answer(hex`01`);
  await recorder.until(() => recorder.events.length > 0);
  deepEqual(recorder.events, ["drain 0"]);
});

test("a request carries a limited number of bytes", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const bytes = filled(MAX_REQUEST_BYTES + 1);
  stream.write([bytes.subarray(0, 5), bytes.subarray(5)]);
  (await expect(tunnel, "/send/id/0", bytes.subarray(0, MAX_REQUEST_BYTES))).answer(hex`01`);
  const rest = await expect(tunnel, "/send/id/1", bytes.subarray(MAX_REQUEST_BYTES));
  equal(stream.unsentBytes, 1);
  deepEqual(recorder.events, []);
  rest.answer(hex`01`);
  await recorder.until(() => recorder.events.length > 0);
});

test("after an empty answer the next question waits as long as the server says, and a write does not", async (context) => {
  const { tunnel, stream } = await opened(context);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const recorder = new StreamRecorder(stream);
  stream.write([hex`01`]);
  (await expect(tunnel, "/send/id/0", hex`01`)).answer(hex`21`);
  await recorder.until(() => recorder.events.length === 1);
  let isAsked = false;
  const next = expect(tunnel, "/idle/id/1").finally(() => {
    isAsked = true;
  });
  context.mock.timers.tick(499);
  await turns(20);
  equal(isAsked, false);
  context.mock.timers.tick(1);
  (await next).answer(hex`01 02`);
  const idle = await expect(tunnel, "/idle/id/2");
  stream.write([hex`02`]);
  idle.answer(hex`21`);
  (await expect(tunnel, "/send/id/3", hex`02`)).answer(hex`21`);
  await recorder.until(() => recorder.events.length === 2);
  stream.write([hex`03`]);
  await expect(tunnel, "/send/id/4", hex`03`);
});

test("the interval byte counts 64ths of a second, from 20 ms to half a second", () => {
  deepEqual(
    [0x01, 0x03, 0x05, 0x09, 0x11, 0x20, 0x21, 0xff].map(pollDelayMs),
    [20, 46.875, 78.125, 140.625, 265.625, 500, 500, 500],
  );
});

test("a lost answer is asked for again, once, under the same number and on a new connection", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  stream.write([hex`01 02`]);
  const lost = await expect(tunnel, "/send/id/0", hex`01 02`);
  lost.socket.destroy();
  const again = await expect(tunnel, "/send/id/0", hex`01 02`);
  equal(again.connection, lost.connection + 1);
  again.answer(hex`01 03`);
  const idle = await expect(tunnel, "/idle/id/1");
  idle.socket.destroy();
  (await expect(tunnel, "/idle/id/1")).socket.destroy();
  match((await recorder.closed)?.message ?? "", /^the tunnel to http:\/\/127\.0\.0\.1:\d+ broke: it closed the conn/);
  deepEqual(recorder.events, ["drain 0", "close"]);
  deepEqual(recorder.received, hex`03`);
  await tunnel.untilClosed();
});

test("of a repeated answer only what is new counts", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const whole = joined(hex`01`, filled(100_000));
  const lost = await expect(tunnel, "/idle/id/0");
  lost.response.writeHead(200, { "Content-Length": whole.length });
  lost.response.write(whole.subarray(0, 60_000));
  await recorder.untilBytes(59_999);
  lost.socket.destroy();
  (await expect(tunnel, "/idle/id/0")).answer(whole);
  await recorder.untilBytes(100_000);
  deepEqual(recorder.received, whole.subarray(1));
  await expect(tunnel, "/idle/id/1");
});

test("a repeated answer that is shorter than what came before ends the tunnel", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const lost = await expect(tunnel, "/idle/id/0");
  lost.response.writeHead(200, { "Content-Length": 10 });
  lost.response.write(hex`01 02 03`);
  await recorder.untilBytes(2);
  lost.socket.destroy();
  (await expect(tunnel, "/idle/id/0")).answer(hex`01 02`);
  match((await recorder.closed)?.message ?? "", /bytes are lost/);
});

test("a connection that the server closes between requests is no loss", async (context) => {
  const { tunnel, stream } = await opened(context);
  new StreamRecorder(stream);
  for (let sequence = 0; sequence < 3; sequence++) {
    const idle = await expect(tunnel, `/idle/id/${sequence}`);
    equal(idle.connection, sequence + 1);
    idle.response.writeHead(200, { "Content-Length": 2, Connection: "close" }).end(hex`01 02`);
  }
});

test("an HTTP error of the server ends the tunnel with its status; of what is on the way, at the second time", async (context) => {
  for (const [status, expected] of [
    [404, /broke: it answers 404 Not Found$/],
    [400, /broke: it answers 400 Bad Request$/],
    [204, /broke: it answers 204 No Content$/],
    [302, /broke: it answers 302 Found, a redirect to http:\/\/other\/, which RTMPT does not follow: use the server's/],
    [407, /broke: it answers 407 .*: the HTTP proxy wants user and password/],
  ] as const) {
    const { tunnel, stream } = await opened(context);
    const recorder = new StreamRecorder(stream);
    const idle = await expect(tunnel, "/idle/id/0");
    idle.response.writeHead(status, { Location: "http://other/" }).end();
    match((await recorder.closed)?.message ?? "", expected);
    await tunnel.untilClosed();
  }
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  (await expect(tunnel, "/idle/id/0")).response.writeHead(502).end();
  (await expect(tunnel, "/idle/id/0")).answer(hex`01 02`);
  (await expect(tunnel, "/idle/id/1")).response.writeHead(502).end();
  (await expect(tunnel, "/idle/id/1")).response.writeHead(503).end();
  match((await recorder.closed)?.message ?? "", /it answers 503 Service Unavailable$/);
});

test("an interval of 0 is the end, after what came with it", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  stream.write([hex`01`]);
  const send = await expect(tunnel, "/send/id/0", hex`01`);
  stream.write([hex`02`]);
  send.answer(hex`00 03 04`);
  equal(await recorder.closed, undefined);
  deepEqual(recorder.received, hex`03 04`);
  deepEqual(recorder.events, ["end", "close"]);
  await tunnel.untilClosed();
  equal(stream.unsentBytes, 0);
});

test("an answer without its first byte ends the tunnel", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  (await expect(tunnel, "/idle/id/0")).answer("");
  match((await recorder.closed)?.message ?? "", /an answer without its first byte/);
});

test("answers may be chunked, slow, and cut anywhere", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const idle = await expect(tunnel, "/idle/id/0");
  idle.response.writeHead(200);
  for (const [index, part] of [hex`05`, hex`01`, hex`02 03`].entries()) {
    idle.response.write(part);
    await recorder.untilBytes([0, 1, 3][index] ?? 0);
  }
  idle.response.end();
  // Polled at once: data came.
  (await expect(tunnel, "/idle/id/1")).answer(hex`01 04`);
  await recorder.untilBytes(4);
  deepEqual(recorder.received, hex`01 02 03 04`);
});

test("a large answer is handed on as it comes, and one that has no end is not taken", async (context) => {
  const { tunnel, stream } = await opened(context);
  let most = 0;
  const recorder = new StreamRecorder(stream, ({ length }) => {
    most = Math.max(most, length);
  });
  const large = joined(hex`01`, filled(MAX_ANSWER_BYTES - 1));
  (await expect(tunnel, "/idle/id/0")).answer(large);
  const idle = await expect(tunnel, "/idle/id/1");
  equal(Buffer.compare(recorder.received, large.subarray(1)), 0);
  ok(most <= 256 * 1024, `${most} bytes at once`);
  idle.response.writeHead(200);
  idle.response.end(new Uint8Array(MAX_ANSWER_BYTES + 1));
  match((await recorder.closed)?.message ?? "", /an answer of more than 16777216 bytes/);
  await tunnel.untilClosed();
});

test("a second answer to one request is not read", async (context) => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: ";
  let isPolled = false;
  const polled = Promise.withResolvers<void>();
  const { port } = await rawServer(context, (socket, text) => {
    if (text.startsWith("POST /open/1 ")) socket.write(`${head}2\r\n\r\nid`);
    else if (text.startsWith("POST /idle/id/0 ")) socket.write(`${head}2\r\n\r\n\x01a${head}2\r\n\r\n\x01b`);
    else if (text.startsWith("POST /idle/id/1 ") && !isPolled) {
      isPolled = true;
      socket.write(`${head}2\r\n\r\n\x01c`);
    } else polled.resolve();
  });
  const stream = await connectRtmpt({ host: LOOPBACK, port, isSecure: false });
  context.after(() => stream.destroy());
  const recorder = new StreamRecorder(stream);
  await polled.promise;
  equal(Buffer.from(recorder.received).toString(), "ac");
});

test("a request that is not answered is repeated after its time, then the tunnel ends", async (context) => {
  const { tunnel, stream } = await opened(context, { requestTimeoutMs: 5000 });
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const recorder = new StreamRecorder(stream);
  const first = await expect(tunnel, "/idle/id/0");
  const gone = once(first.response, "close");
  context.mock.timers.tick(5000);
  await gone;
  const second = await expect(tunnel, "/idle/id/0");
  // Each part of an answer gives it more time.
  context.mock.timers.tick(4999);
  second.response.writeHead(200, { "Content-Length": 10 });
  second.response.write(hex`01 02`);
  await recorder.untilBytes(1);
  context.mock.timers.tick(4999);
  second.response.write(hex`03`);
  await recorder.untilBytes(2);
  context.mock.timers.tick(5000);
  match((await recorder.closed)?.message ?? "", /broke: no answer in 5000 ms$/);
  await tunnel.untilClosed();
});

test("while reading is paused nothing is asked, and writes go on", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const idle = await expect(tunnel, "/idle/id/0");
  stream.pause();
  idle.answer(hex`01 01 02`);
  stream.write([hex`0a`]);
  const send = await expect(tunnel, "/send/id/1", hex`0a`);
  send.answer(hex`01 03`);
  await recorder.until(() => recorder.events.length > 0);
  await turns(5);
  deepEqual(recorder.received, hex``);
  stream.resume();
  deepEqual(recorder.received, hex`01 02 03`);
  (await expect(tunnel, "/idle/id/2")).answer(hex`01 04`);
  await recorder.untilBytes(4);
});

test("a paused stream reads no more than a little of a large answer", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const idle = await expect(tunnel, "/idle/id/0");
  stream.pause();
  const large = joined(hex`01`, filled(15 * 1024 * 1024));
  idle.answer(large);
  stream.write([hex`01`]);
  await turns(100);
  equal(idle.response.writableFinished, false);
  stream.resume();
  const send = await expect(tunnel, "/send/id/1", hex`01`);
  equal(Buffer.compare(recorder.received, large.subarray(1)), 0);
  send.answer(hex`01`);
});

test("the end of a session is told after what was held", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const idle = await expect(tunnel, "/idle/id/0");
  stream.pause();
  idle.answer(hex`00 01 02`);
  await once(idle.response, "close");
  await turns(20);
  deepEqual(recorder.events, []);
  stream.resume();
  equal(await recorder.closed, undefined);
  deepEqual([recorder.received, recorder.events], [hex`01 02`, ["end", "close"]]);
});

test("closing sends what is left, in as many requests as it takes, also while paused", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  const idle = await expect(tunnel, "/idle/id/0");
  const bytes = filled(MAX_REQUEST_BYTES + 1);
  stream.pause();
  stream.write([bytes]);
  stream.close(60_000);
  stream.write([hex`01`]);
  idle.answer(joined(hex`01`, filled(200_000)));
  (await expect(tunnel, "/send/id/1", bytes.subarray(0, MAX_REQUEST_BYTES))).answer(hex`01 02`);
  (await expect(tunnel, "/send/id/2", bytes.subarray(MAX_REQUEST_BYTES))).answer(hex`01`);
  (await expect(tunnel, "/close/id/3")).answer(hex`00`);
  equal(await recorder.closed, undefined);
  deepEqual([recorder.received, recorder.events], [hex``, ["close"]]);
  await tunnel.untilClosed();
});

test("a server that does not answer a close has the grace time", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  (await expect(tunnel, "/idle/id/0")).answer(hex`01 01`);
  const idle = await expect(tunnel, "/idle/id/1");
  stream.close(1);
  equal(await recorder.closed, undefined);
  await once(idle.response, "close");
  await tunnel.untilClosed();
});

test("a close whose answer is lost is done; one of a stream without owner too", async (context) => {
  const { tunnel, stream } = await opened(context);
  stream.close();
  (await expect(tunnel, "/close/id/0")).socket.destroy();
  await tunnel.untilClosed();
  const recorder = new StreamRecorder(stream);
  equal(await recorder.closed, undefined);
});

test("destroying drops everything at once", async (context) => {
  const { tunnel, stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  stream.write([hex`01`]);
  await expect(tunnel, "/send/id/0", hex`01`);
  stream.destroy();
  stream.destroy();
  stream.close();
  stream.write([hex`02`]);
  stream.resume();
  equal(await recorder.closed, undefined);
  deepEqual(recorder.events, ["close"]);
  deepEqual([stream.unsentBytes, stream.bytesWritten], [0, 1]);
  await tunnel.untilClosed();
});

test("destroying while a connection is made again gives that up, and leaves nothing open", async (context) => {
  for (const isLate of [false, true]) {
    let count = 0;
    const allClosed = Promise.withResolvers<void>();
    const { port } = await rawServer(context, (socket) => void socket.destroy());
    const connect = async (): Promise<PostConnection> => {
      const socket = connectTcp({ host: LOOPBACK, port });
      count++;
      socket.on("close", () => {
        if (--count === 0) allClosed.resolve();
      });
      await once(socket, "connect");
      return new PostConnection(socket, { targetPrefix: "", headers: {}, timeoutMs: 10_000 });
    };
    const started = Promise.withResolvers<AbortSignal>();
    const late = Promise.withResolvers<PostConnection>();
    const stream = new RtmptStream({
      ...{ transport: "http", remoteAddress: "192.0.2.1:80", id: "id", name: "to nowhere" },
      connection: await connect(),
      reconnect(signal) {
        started.resolve(signal);
        if (!isLate) signal.addEventListener("abort", () => late.reject(signal.reason));
        return late.promise;
      },
    });
    const recorder = new StreamRecorder(stream);
    const signal = await started.promise;
    stream.destroy();
    equal(signal.aborted, true);
    equal(await recorder.closed, undefined);
    if (isLate) late.resolve(await connect());
    await allClosed.promise;
    deepEqual(recorder.events, ["close"]);
  }
});

test("a server that cannot be reached again ends the tunnel with the reason", async (context) => {
  const tunnel = await startScriptedTunnel(context);
  const proxy = await startHttpProxy(context, { redirectTo: { host: LOOPBACK, port: tunnel.port } });
  const connecting = connectRtmpt({
    ...{ host: "example.org", port: 80, isSecure: false },
    proxy: parseHttpProxy(proxy.address, "httpProxy"),
  });
  (await tunnel.next()).answer("id\n");
  const stream = await connecting;
  const recorder = new StreamRecorder(stream);
  const idle = await tunnel.next();
  await proxy.stop();
  idle.socket.destroy();
  match(
    (await recorder.closed)?.message ?? "",
    /^the tunnel to http:\/\/example\.org:80 broke: the HTTP proxy: cannot c/,
  );
});

test("a tunnel that cannot be opened says why, and what to do", async (context) => {
  for (const [status, expected] of [
    [
      404,
      /^cannot open a tunnel to http:\/\/127\.0\.0\.1:\d+: it answers 404 Not Found\. Check that it serves RTMPT on/,
    ],
    [301, /it answers 301 Moved Permanently, a redirect to http:\/\/other\/, which RTMPT does not follow/],
    [500, /it answers 500 Internal Server Error\. Check/],
  ] as const) {
    const tunnel = await startScriptedTunnel(context);
    const failed = failure({ port: tunnel.port });
    (await expect(tunnel, "/open/1")).response.writeHead(status, { Location: "http://other/" }).end("<html>");
    match(await failed, expected);
    await tunnel.untilClosed();
  }
  for (const [id, expected] of [
    [" \r\n", /an answer without a session id/],
    ["..", /an answer without a session id/],
    ["x".repeat(1025), /a session id of more than 1024 bytes/],
  ] as const) {
    const tunnel = await startScriptedTunnel(context);
    const failed = failure({ port: tunnel.port });
    (await expect(tunnel, "/open/1")).answer(id);
    match(await failed, expected);
    await tunnel.untilClosed();
  }
  for (const [answer, expected] of [
    ["\x03\0\0\0\0\0\0\0\0", /it does not answer in HTTP\. Check that it serves RTMPT on this port/],
    ["", /it closed the connection without an answer\. Check/],
    ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nid", /it closed the connection/],
  ] as const) {
    const { port, closed } = await rawServer(context, (socket) => void socket.end(answer, "latin1"));
    match(await failure({ port }), expected);
    await closed;
  }
});

test("an id may be long, and goes into the path as it is wherever it can", async (context) => {
  const tunnel = await startScriptedTunnel(context);
  const connecting = connectRtmpt({ host: LOOPBACK, port: tunnel.port, isSecure: false });
  const id = "a=b+c:d@e~".repeat(102);
  (await expect(tunnel, "/open/1")).answer(`${id} \r\n`);
  const stream = await connecting;
  new StreamRecorder(stream);
  await expect(tunnel, `/idle/${id}/0`);
  stream.destroy();
  for (const [text, expected] of [
    ["ABCD1234", "ABCD1234"],
    ["a%2Fb", "a%2Fb"],
    ["a/b?c#d%", "a%2Fb%3Fc%23d%25"],
    ["a b\r\nX: y", "a%20b%0D%0AX:%20y"],
    ["\xe4", "%E4"],
    ["...", "..."],
    [".", undefined],
    ["..", undefined],
    ["", undefined],
  ] as const) {
    equal(pathSegment(text), expected);
  }
});

test("opening ends after its time, and can be given up at each step, and nothing stays open", async (context) => {
  const tunnel = await startScriptedTunnel(context);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const failed = failure({ port: tunnel.port, timeoutMs: 5000 });
  await expect(tunnel, "/open/1");
  context.mock.timers.tick(5000);
  match(await failed, /^no tunnel with 127\.0\.0\.1:\d+ within 5000 ms\. Check/);
  await tunnel.untilClosed();
  const reason = new Error("changed my mind");
  const options = { host: LOOPBACK, port: tunnel.port, isSecure: false };
  await rejects(connectRtmpt({ ...options, signal: AbortSignal.abort(reason) }), reason);
  const early = new AbortController();
  const connecting = connectRtmpt({ ...options, signal: early.signal });
  early.abort(reason);
  await rejects(connecting, reason);
  const late = new AbortController();
  const opening = connectRtmpt({ ...options, signal: late.signal });
  opening.catch(() => {});
  await expect(tunnel, "/open/1");
  late.abort(reason);
  await rejects(opening, reason);
  await tunnel.untilClosed();
});

test("a stream has one owner", async (context) => {
  const { stream } = await opened(context);
  const recorder = new StreamRecorder(stream);
  await rejects(async () => void new StreamRecorder(stream), /has an owner already/);
  stream.destroy();
  await recorder.closed;
});

test("by HTTPS the same, with the certificate verified", async (context) => {
  const certificate = await createCertificate(["localhost"]);
  const tunnel = await startScriptedTunnel(context, certificate);
  match(await failure({ port: tunnel.port, isSecure: true }), /its certificate is self-signed/);
  const options = { host: "localhost", port: tunnel.port, isSecure: true, tls: { ca: certificate.cert } };
  const connecting = connectRtmpt(options);
  const open = await expect(tunnel, "/open/1");
  equal(open.headers.host, `localhost:${tunnel.port}`);
  open.answer("id\n");
  const stream = await connecting;
  context.after(() => stream.destroy());
  equal(stream.transport, "https");
  const recorder = new StreamRecorder(stream);
  (await expect(tunnel, "/idle/id/0")).socket.destroy();
  (await expect(tunnel, "/idle/id/0")).answer(hex`01 02`);
  await recorder.untilBytes(1);
});

test("through a proxy: whole URLs for HTTP, a connection for HTTPS, user and password for both", async (context) => {
  const certificate = await createCertificate(["example.org"]);
  for (const isSecure of [false, true]) {
    const tunnel = await startScriptedTunnel(context, isSecure ? certificate : undefined);
    const redirectTo = { host: LOOPBACK, port: tunnel.port };
    const proxy = await startHttpProxy(context, { credentials: "me:secret", redirectTo });
    const options = { host: "example.org", port: isSecure ? 443 : 80, isSecure, tls: { ca: certificate.cert } };
    match(
      await failure({ ...options, proxy: parseHttpProxy(proxy.address, "httpProxy") }),
      /407 .*(wants user and password|wants a user and password)/,
    );
    const connecting = connectRtmpt({ ...options, proxy: parseHttpProxy(`me:secret@${proxy.address}`, "httpProxy") });
    const open = await expect(tunnel, "/open/1");
    deepEqual([open.headers.host, open.headers["proxy-authorization"]], ["example.org", undefined]);
    open.answer("id\n");
    const stream = await connecting;
    context.after(() => stream.destroy());
    equal(stream.remoteAddress, `example.org:${options.port}`);
    const recorder = new StreamRecorder(stream);
    (await expect(tunnel, "/idle/id/0")).answer(hex`01 02`);
    await recorder.untilBytes(1);
    await expect(tunnel, "/idle/id/1");
    deepEqual(
      proxy.requests,
      isSecure
        ? ["CONNECT example.org:443"]
        : ["/open/1", "/idle/id/0", "/idle/id/1"].map((path) => `POST http://example.org${path}`),
    );
  }
});
