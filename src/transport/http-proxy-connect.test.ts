import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { startHttpProxy } from "../../test/support/http-proxy.ts";
import { connectThroughProxy, type ProxiedTarget } from "./http-proxy-connect.ts";
import { parseHttpProxy } from "./proxy-settings.ts";

const LOOPBACK = "127.0.0.1";

async function listening(context: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  ok(typeof address === "object" && address !== null);
  return address.port;
}

async function through(context: TestContext, target: ProxiedTarget, signal?: AbortSignal): Promise<Socket> {
  const deadline = { signal: signal ?? new AbortController().signal, timeoutMs: 10_000 };
  const socket = await connectThroughProxy(target, deadline);
  context.after(() => void socket.destroy());
  return socket;
}

async function failure(context: TestContext, target: ProxiedTarget): Promise<string> {
  const error: unknown = await through(context, target).catch((reason: unknown) => reason);
  ok(error instanceof Error, "a connection came about");
  return error.message;
}

/** A server that answers every request in these words, and tells when its connection is closed. */
async function scriptedProxy(
  context: TestContext,
  answer: (socket: Socket) => void,
): Promise<{ proxy: { host: string; port: number }; closed: Promise<void>; heads: string[] }> {
  const closed = Promise.withResolvers<void>();
  const heads: string[] = [];
  const port = await listening(context, (socket) => {
    socket.on("close", () => closed.resolve());
    socket.once("data", (bytes: Buffer) => {
      heads.push(bytes.toString());
      answer(socket);
    });
  });
  return { proxy: { host: LOOPBACK, port }, closed: closed.promise, heads };
}

test("a proxy leads to the server, with user and password where it wants them", async (context) => {
  const port = await listening(context, (socket) => void socket.pipe(socket));
  for (const credentials of [undefined, "me:secret"]) {
    const proxy = await startHttpProxy(context, { ...(credentials !== undefined && { credentials }) });
    const settings = parseHttpProxy(`http://${credentials === undefined ? "" : `${credentials}@`}${proxy.address}`, "");
    const socket = await through(context, { proxy: settings, host: LOOPBACK, port });
    socket.write("there and back");
    const [bytes] = (await once(socket, "data")) as [Buffer];
    equal(bytes.toString(), "there and back");
    deepEqual(proxy.requests, [`CONNECT 127.0.0.1:${port}`]);
  }
});

test("a proxy that wants user and password says so, and so do we", async (context) => {
  const { address } = await startHttpProxy(context, { credentials: "me:secret" });
  const target = { host: "example.org", port: 443 };
  match(
    await failure(context, { proxy: parseHttpProxy(address, ""), ...target }),
    /^the HTTP proxy 127\.0\.0\.1:\d+ refused example\.org:443: 407 .*It wants a user and password: http:\/\/user:p/,
  );
  const wrong = await failure(context, { proxy: parseHttpProxy(`me:wrong@${address}`, ""), ...target });
  match(wrong, /It wants another user and password/);
  ok(!wrong.includes("wrong"));
});

test("a proxy is asked for addresses of IPv6 in brackets, and what the server says first is not lost", async (context) => {
  const { proxy, heads } = await scriptedProxy(context, (socket) => {
    socket.write("HTTP/1.0 200 Connection established\r\nVia: test\r\n\r\nhello");
  });
  const socket = await through(context, { proxy, host: "2001:db8::1", port: 443 });
  const [bytes] = (await once(socket, "data")) as [Buffer];
  equal(bytes.toString(), "hello");
  match(heads[0] ?? "", /^CONNECT \[2001:db8::1\]:443 HTTP\/1\.1\r\nHost: \[2001:db8::1\]:443\r\n/);
  ok(!/Proxy-Authorization/i.test(heads[0] ?? ""));
});

test("a proxy that refuses, talks nonsense or too much, or goes away, is told", async (context) => {
  for (const [answer, expected] of [
    ["HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", /refused example\.org:443: 403 Forbidden\. Check whether/],
    ["HTTP/1.1 502 \r\n\r\n", /refused example\.org:443: 502\. Check/],
    ["HTTP/1.1 302 Found\r\nLocation: http://other/\r\n\r\n", /refused example\.org:443: 302 Found/],
    ["SSH-2.0-x\r\n", /did not connect to example\.org:443: Parse Error/],
    [`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, /did not connect to example\.org:443: .*(Header|header)/],
    ["", /did not connect to example\.org:443: socket hang up/],
  ] as const) {
    const { proxy, closed } = await scriptedProxy(context, (socket) => void socket.end(answer));
    match(await failure(context, { proxy, host: "example.org", port: 443 }), expected);
    await closed;
  }
});

test("a proxy that cannot be reached is told as such", async (context) => {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  ok(typeof address === "object" && address !== null);
  server.close();
  await once(server, "close");
  const proxy = { host: LOOPBACK, port: address.port };
  match(
    await failure(context, { proxy, host: "example.org", port: 443 }),
    /^the HTTP proxy: cannot connect to 127\.0\.0\.1:\d+: nothing listens there.* Or set httpProxy to false for none\.$/,
  );
});

test("asking can be given up, and nothing stays open", async (context) => {
  const reason = new Error("changed my mind");
  const early = { proxy: { host: LOOPBACK, port: 1 }, host: "example.org", port: 443 };
  await rejects(through(context, early, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const { proxy, closed } = await scriptedProxy(context, () => controller.abort(reason));
  await rejects(through(context, { proxy, host: "example.org", port: 443 }, controller.signal), reason);
  await closed;
});
