import { equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { openTransport } from "./open-transport.ts";
import { parseRtmpUrl } from "./rtmp-url.ts";

// What each scheme carries is shown in test/loopback/client-transports.test.ts.

/** A server that takes everything and answers nothing; `onData` is told when the client has spoken. */
async function silentServer(
  context: TestContext,
  onData: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly closed: Promise<void> }> {
  const closed = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => closed.resolve());
    socket.once("data", () => onData(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  ok(typeof address === "object" && address !== null);
  return { port: address.port, closed: closed.promise };
}

test("a server that does not answer costs the time that is given, whatever the scheme, and nothing stays open", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [scheme, expected] of [
    ["rtmps", /^no TLS connection with 127\.0\.0\.1:\d+ within 5000 ms: it says nothing\./],
    ["rtmpt", /^no tunnel with 127\.0\.0\.1:\d+ within 5000 ms\. Check the address, the port and the firewall\.$/],
    ["rtmpte", /^no tunnel with /],
    ["rtmpts", /^no tunnel with /],
    ["ws", /^no WebSocket with 127\.0\.0\.1:\d+ within 5000 ms\./],
    ["wss", /^no WebSocket with /],
  ] as const) {
    const { port, closed } = await silentServer(context, () => context.mock.timers.tick(5000));
    const url = parseRtmpUrl(`${scheme}://127.0.0.1:${port}/live`);
    await rejects(openTransport(url, { timeoutMs: 5000 }), (error) => {
      match(String(error instanceof Error && error.message), expected);
      return true;
    });
    await closed;
  }
});

test("every scheme can be given up while it connects, and nothing stays open", async (context) => {
  const reason = new Error("changed my mind");
  for (const scheme of ["rtmps", "rtmpt", "rtmpte", "rtmpts", "ws", "wss"] as const) {
    const controller = new AbortController();
    const { port, closed } = await silentServer(context, () => controller.abort(reason));
    const url = parseRtmpUrl(`${scheme}://127.0.0.1:${port}/live`);
    await rejects(openTransport(url, { signal: controller.signal }), reason);
    await closed;
  }
  for (const scheme of ["rtmp", "rtmpe", "rtmps", "rtmpt", "rtmpte", "rtmpts", "ws", "wss"] as const) {
    const url = parseRtmpUrl(`${scheme}://127.0.0.1:1/live`);
    await rejects(openTransport(url, { signal: AbortSignal.abort(reason) }), reason);
  }
});

test("a proxy that does not answer is named, and one that is asked gets the time of the whole", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const scheme of ["rtmpt", "rtmpts", "ws", "wss"] as const) {
    const { port, closed } = await silentServer(context, () => context.mock.timers.tick(5000));
    const options = { timeoutMs: 5000, httpProxy: `127.0.0.1:${port}` };
    await rejects(openTransport(parseRtmpUrl(`${scheme}://example.org/live`), options), (error) => {
      const message = String(error instanceof Error && error.message);
      match(
        message,
        new RegExp(`with example\\.org:\\d+ through the HTTP proxy 127\\.0\\.0\\.1:${port} within 5000 ms`),
      );
      return true;
    });
    await closed;
  }
});

test("RTMP and TLS by themselves know no HTTP proxy", async (context) => {
  const { port } = await silentServer(context, () => {});
  for (const scheme of ["rtmp", "rtmpe"] as const) {
    const url = parseRtmpUrl(`${scheme}://127.0.0.1:${port}/live`);
    const stream = await openTransport(url, { httpProxy: "127.0.0.1:1" });
    equal(stream.remoteAddress, `127.0.0.1:${port}`);
    stream.destroy();
  }
});
