import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { AddressList } from "./address-list.ts";
import { HttpPort, type HttpPortOptions, MAX_WAITING_REQUESTS } from "./http-port.ts";
import { type HttpRoute, routeWhereTaken } from "./http-route.ts";
import type { RtmpScheme } from "./rtmp-url.ts";

type Scene = {
  /** Sends text on a new connection, and resolves with all that comes back until it is closed. */
  exchange(text: string): Promise<string>;
  open(): Promise<Socket>;
  /** Codes of what was refused. */
  readonly refusals: string[];
};

type SceneOptions = Partial<Omit<HttpPortOptions, "onRefused">> & { readonly accept?: readonly RtmpScheme[] };

async function scene(context: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const { accept = ["rtmp", "rtmpt", "ws"], routes = [], requestMs = 15_000, holdMs = 0, idleMs = 30_000 } = options;
  const refusals: string[] = [];
  const onRefused: HttpPortOptions["onRefused"] = (remoteAddress, { code, message }) => {
    refusals.push(`${remoteAddress} ${code} ${message}`);
  };
  const port = new HttpPort({ routes, requestMs, holdMs, idleMs, onRefused });
  const sockets = new Set<Socket>();
  const origin = { remoteAddress: "192.0.2.7:5000", accept: new Set(accept), forwardedFrom: new AddressList([]) };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    port.serve(socket, origin);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    port.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  const open = async (): Promise<Socket> => {
    const socket = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1");
    context.after(() => socket.destroy());
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };
  const exchange = async (text: string): Promise<string> => {
    const socket = await open();
    const pieces: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => pieces.push(bytes));
    socket.write(text);
    await once(socket, "close");
    return Buffer.concat(pieces).toString();
  };
  return { exchange, open, refusals };
}

/** One request, after which the connection is closed. */
function request(line: string, ...headers: readonly string[]): string {
  return [line, "Host: test", "Connection: close", ...headers, "", ""].join("\r\n");
}

test("the first route that takes a request has it", async (context) => {
  const asked: string[] = [];
  const route = (name: string, isTaken: boolean): HttpRoute => ({
    handle(request, response) {
      asked.push(`${name} ${request.url}`);
      if (isTaken) response.end(name);
      return isTaken;
    },
  });
  const { exchange } = await scene(context, { routes: [{}, route("a", false), route("b", true), route("c", true)] });
  match(await exchange(request("GET /here HTTP/1.1")), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nb$/s);
  deepEqual(asked, ["a /here", "b /here"]);
});

test("what nobody takes is answered with the URLs that work, and nothing of the request", async (context) => {
  const { exchange } = await scene(context);
  const answer = await exchange(request("GET /<script> HTTP/1.1"));
  match(answer, /^HTTP\/1\.1 404 Not Found\r\n/);
  match(answer, /content-type: text\/plain/i);
  match(answer, /rtmp:\/\/HOST:\d+\/APP\/KEY\n {2}rtmpt:\/\/HOST:\d+\/APP\/KEY\n {2}ws:\/\/HOST/);
  equal(answer.includes("script"), false);
});

test("a body to nobody's address is not waited for, and others keep their connection", async (context) => {
  const { exchange, refusals } = await scene(context);
  for (const line of ["Content-Length: 1000000", "Transfer-Encoding: chunked"]) {
    const answer = await exchange(`POST /nobody HTTP/1.1\r\nHost: test\r\n${line}\r\n\r\n`);
    match(answer, /^HTTP\/1\.1 404 Not Found\r\n.*Connection: close\r\n/is);
  }
  const without = "POST /nobody HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n";
  equal((await exchange(`${without}${request("GET / HTTP/1.1")}`)).split("HTTP/1.1 404").length, 3);
  deepEqual(refusals, []);
});

test("HEAD gets the head alone, OPTIONS what is allowed", async (context) => {
  const { exchange } = await scene(context);
  match(
    await exchange(request("HEAD / HTTP/1.1")),
    /^HTTP\/1\.1 404 Not Found\r\n.*content-length: \d\d+\r\n.*\r\n\r\n$/is,
  );
  match(
    await exchange(request("OPTIONS * HTTP/1.1")),
    /^HTTP\/1\.1 204 No Content\r\nAllow: GET, HEAD, OPTIONS, POST\r\n/,
  );
});

test("a tunnel through us to elsewhere is not opened, and told", async (context) => {
  const { exchange, refusals } = await scene(context);
  const answer = await exchange("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\nmore");
  match(answer, /^HTTP\/1\.1 405 Method Not Allowed\r\nConnection: close\r\n/);
  match(refusals.join(), /^192\.0\.2\.7:5000 http\.request the client asks by CONNECT for a way to another server$/);
});

test("an upgrade that nobody takes is refused, and the connection closed", async (context) => {
  const { exchange, refusals } = await scene(context, { routes: [{ upgrade: () => false }, {}] });
  const answer = await exchange("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  match(answer, /^HTTP\/1\.1 404 Not Found\r\nConnection: close\r\n.*rtmp:\/\//s);
  match(refusals.join(), /http\.request the HTTP request asks for an upgrade that is not made here$/);
});

test("an upgrade that its route refuses is told", async (context) => {
  const refuse: HttpRoute = {
    upgrade: (_request, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n") !== undefined,
  };
  const { exchange, refusals } = await scene(context, { routes: [refuse] });
  match(await exchange("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), /^HTTP\/1\.1 400/);
  match(refusals.join(), /http\.request the HTTP request is no good request for a WebSocket$/);
});

test("an upgrade goes to its route with what came behind it", async (context) => {
  const { exchange } = await scene(context, {
    routes: [
      {
        upgrade(_request: IncomingMessage, socket, head) {
          socket.end(`taken ${Buffer.from(head).toString()}`);
          return true;
        },
      },
    ],
  });
  equal(await exchange("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nmore"), "taken more");
});

test("a route is closed to what came by a listener that does not take its transport", async (context) => {
  const route = routeWhereTaken({ handle: (_, response) => response.end("tunnel") !== undefined }, "http", "https");
  const { exchange } = await scene(context, { routes: [route], accept: ["ws"] });
  match(await exchange(request("POST /open/1 HTTP/1.1", "Content-Length: 0")), /^HTTP\/1\.1 404/);
  const taking = await scene(context, { routes: [route], accept: ["rtmpte"] });
  match(await taking.exchange(request("POST /open/1 HTTP/1.1", "Content-Length: 0")), /\r\n\r\ntunnel$/);
});

const CHUNKED = "Transfer-Encoding: chunked";
for (const [name, text] of [
  ["both lengths", request("POST / HTTP/1.1", "Content-Length: 5", CHUNKED)],
  ["both lengths, the other way round", request("POST / HTTP/1.1", CHUNKED, "Content-Length: 5")],
  ["two lengths", request("POST / HTTP/1.1", "Content-Length: 5", "Content-Length: 6")],
  ["a length with a sign", request("POST / HTTP/1.1", "Content-Length: +5")],
  ["a negative length", request("POST / HTTP/1.1", "Content-Length: -5")],
  ["a length beyond all numbers", request("POST / HTTP/1.1", "Content-Length: 99999999999999999999999")],
  ["chunked not last", request("POST / HTTP/1.1", "Transfer-Encoding: chunked, identity")],
  ["an unknown transfer encoding", request("POST / HTTP/1.1", "Transfer-Encoding: xchunked")],
  ["a space before the colon", request("POST / HTTP/1.1", "Content-Length : 5")],
  ["a folded header", request("POST / HTTP/1.1", "X-One: 1", " Content-Length: 5")],
  ["a bare carriage return", request("POST / HTTP/1.1", "X-One: 1\rContent-Length: 5")],
  ["a null in a header", request("POST / HTTP/1.1", "X-One: \0")],
  ["no header name", request("POST / HTTP/1.1", ": 1")],
  ["a bad chunk", `${request("POST / HTTP/1.1", CHUNKED)}5g\r\nhello\r\n0\r\n\r\n`],
  ["version 3", request("POST / HTTP/3.0")],
  ["no method", "lowercase garbage\r\n\r\n"],
] as const) {
  test(`${name}: refused by the parser, told and closed`, async (context) => {
    const routes = [{ handle: (request: IncomingMessage) => request.resume() === undefined }];
    const { exchange, refusals } = await scene(context, { routes });
    match(await exchange(text), /(^|\r\n\r\n.*)HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n/s);
    equal(refusals.length, 1);
    match(refusals[0] ?? "", /^192\.0\.2\.7:5000 http\.request the HTTP request cannot be read: /);
  });
}

test("a request without a host is refused", async (context) => {
  const { exchange } = await scene(context);
  match(await exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 400/);
});

test("16 KiB of headers are read, and not more", async (context) => {
  const { exchange, refusals } = await scene(context);
  const padding = (length: number): string => `X-Padding: ${"x".repeat(length)}`;
  match(await exchange(request("GET / HTTP/1.1", padding(16_000))), /^HTTP\/1\.1 404/);
  deepEqual(refusals, []);
  match(await exchange(request("GET / HTTP/1.1", padding(16_400))), /^HTTP\/1\.1 431/);
  match(refusals.join(), /http\.request/);
});

for (const [name, text] of [
  ["no more than its first letters", "PO"],
  ["half a header", "GET / HTTP/1.1\r\nHost: te"],
  ["half a body", request("POST / HTTP/1.1", "Content-Length: 100")],
  ["half a body in chunks", `${request("POST / HTTP/1.1", CHUNKED)}5\r\nhe`],
] as const) {
  test(`${name}: closed when the time for a request is over, and told`, async (context) => {
    const routes = [{ handle: (request: IncomingMessage) => request.resume() !== undefined }];
    const { exchange, refusals } = await scene(context, { routes, requestMs: 50 });
    match(await exchange(text), /^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n/);
    match(refusals.join(), /^192\.0\.2\.7:5000 timeout\.request an HTTP request was not whole within 50 ms$/);
  });
}

test("a body that a route does not read yet has more time", async (context) => {
  const handle: HttpRoute["handle"] = (request, response) => {
    // Ten times as long as a request may take.
    setTimeout(() => request.resume(), 500);
    request.on("end", () => response.end("read"));
    return true;
  };
  const { open, refusals } = await scene(context, { routes: [{ handle }], requestMs: 50, holdMs: 60_000, idleMs: 100 });
  const socket = await open();
  const body = Buffer.alloc(8 * 1024 * 1024);
  socket.write(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
  match((await once(socket, "data")).join(), /^HTTP\/1\.1 200/);
  deepEqual(refusals, []);
});

test("a second request on a connection has its own time", async (context) => {
  const { open, refusals } = await scene(context, { requestMs: 200 });
  const socket = await open();
  socket.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  match((await once(socket, "data")).join(), /^HTTP\/1\.1 404/);
  deepEqual(refusals, []);
  socket.write("GET / HT");
  match((await once(socket, "data")).join(), /^HTTP\/1\.1 408/);
  await once(socket, "close");
  match(refusals.join(), /timeout\.request/);
});

test("a connection without a further request is closed after its idle time", async (context) => {
  const { open, refusals } = await scene(context, { idleMs: 50 });
  const socket = await open();
  socket.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  socket.resume();
  await once(socket, "close");
  deepEqual(refusals, []);
});

test("a connection that breaks is nobody's fault here", async (context) => {
  const gone = Promise.withResolvers<void>();
  const routes: HttpRoute[] = [
    {
      handle(request) {
        request.once("close", gone.resolve);
        return true;
      },
    },
  ];
  const { open, refusals } = await scene(context, { routes });
  const socket = await open();
  socket.write(request("POST / HTTP/1.1", "Content-Length: 100"), () => socket.resetAndDestroy());
  await gone.promise;
  deepEqual(refusals, []);
});

test("so many requests may wait for their answers, and not one more; answered ones do not count", async (context) => {
  const waiting: (() => void)[] = [];
  let arrived = Promise.withResolvers<void>();
  const routes: HttpRoute[] = [
    {
      handle(_request, response) {
        waiting.push(() => response.end("x"));
        if (waiting.length === MAX_WAITING_REQUESTS) arrived.resolve();
        return true;
      },
    },
  ];
  const { open, refusals } = await scene(context, { routes });
  const socket = await open();
  const ask = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";
  let answers = 0;
  socket.on("data", (bytes: Buffer) => {
    answers += bytes.toString().split("HTTP/1.1 200").length - 1;
  });
  for (let round = 0; round < 2; round++) {
    socket.write(ask.repeat(MAX_WAITING_REQUESTS));
    await arrived.promise;
    arrived = Promise.withResolvers();
    for (const answer of waiting.splice(0)) answer();
    while (answers < (round + 1) * MAX_WAITING_REQUESTS) await once(socket, "data");
  }
  deepEqual(refusals, []);
  socket.write(ask.repeat(MAX_WAITING_REQUESTS + 1000));
  await once(socket, "close");
  equal(waiting.length, MAX_WAITING_REQUESTS);
  equal(refusals.length, 1);
  match(refusals[0] ?? "", /^192\.0\.2\.7:5000 http\.request more than 512 requests wait for answers$/);
});
