import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import type { CleanUp } from "../../../test/support/peer-process.ts";
import { startWebSocketPort } from "../../../test/support/websocket-port.ts";
import type { ByteStream, ByteStreamEvents } from "../byte-stream.ts";
import { parseRtmpUrl, type RtmpUrl } from "../rtmp-url.ts";
import { connectBrowserWebSocket } from "./browser-websocket.ts";

// Node has the WebSocket of browsers as well; test/interop/browser.test.ts tries a browser's own.

function urlOf(port: number): RtmpUrl {
  return parseRtmpUrl(`ws://127.0.0.1:${port}/live/key`);
}

/** Sends back whatever comes. */
async function startEcho(owner: CleanUp, accepted: (stream: ByteStream) => void = () => {}): Promise<number> {
  return await startWebSocketPort(owner, (stream) => {
    accepted(stream);
    start(stream, { onBytes: (bytes) => stream.write([bytes.slice()]) });
  });
}

function start(stream: ByteStream, events: Partial<ByteStreamEvents>): void {
  stream.start({ onBytes() {}, onDrain() {}, onEnd() {}, onClose() {}, ...events });
}

async function listenSilently(owner: CleanUp): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  owner.after(async () => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("what is written comes back, and a drain tells when all has left", async (t) => {
  const port = await startEcho(t);
  const stream = await connectBrowserWebSocket(urlOf(port), { timeoutMs: 10_000 });
  deepEqual([stream.transport, stream.remoteAddress], ["ws", `127.0.0.1:${port}`]);
  const sent = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 13) & 0xff);
  const received: Uint8Array[] = [];
  const drained = Promise.withResolvers<void>();
  const whole = Promise.withResolvers<void>();
  start(stream, {
    onBytes: (bytes) => {
      received.push(bytes);
      if (stream.bytesRead === sent.length) whole.resolve();
    },
    onDrain: drained.resolve,
  });
  stream.write([sent]);
  ok(stream.unsentBytes > 0);
  await Promise.all([drained.promise, whole.promise]);
  equal(stream.unsentBytes, 0);
  ok(Buffer.concat(received).equals(sent));
  stream.close();
});

test("an end in order, ours and theirs, is told from one that is not", async (t) => {
  const accepted: ByteStream[] = [];
  const port = await startEcho(t, (stream) => accepted.push(stream));
  const log: string[] = [];
  for (const end of ["ours", "theirs", "dropped", "destroyed"] as const) {
    const stream = await connectBrowserWebSocket(urlOf(port), { timeoutMs: 10_000 });
    const closed = Promise.withResolvers<Error | undefined>();
    start(stream, { onEnd: () => log.push(`${end}: end`), onClose: closed.resolve });
    if (end === "ours") stream.close();
    if (end === "theirs") accepted.at(-1)?.close();
    if (end === "dropped") accepted.at(-1)?.destroy();
    if (end === "destroyed") stream.destroy();
    log.push(`${end}: ${(await closed.promise)?.message ?? "close"}`);
  }
  deepEqual(log, [
    "ours: close",
    "theirs: end",
    "theirs: close",
    "dropped: the connection broke off without a close frame",
    "destroyed: close",
  ]);
});

test("who cannot be reached, is silent or not wanted any more is told in words", async (t) => {
  const port = await listenSilently(t);
  const within = (timeoutMs: number, signal?: AbortSignal): Promise<ByteStream> =>
    connectBrowserWebSocket(urlOf(port), { timeoutMs, ...(signal !== undefined && { signal }) });
  await rejects(within(20), {
    message: `cannot connect to 127.0.0.1:${port}: no answer within 20 ms. Check the address.`,
  });
  const controller = new AbortController();
  const connecting = within(10_000, controller.signal);
  controller.abort(new Error("changed my mind"));
  await rejects(connecting, /changed my mind/);
  await rejects(within(10_000, AbortSignal.abort(new Error("never wanted"))), /never wanted/);
  const error: unknown = await connectBrowserWebSocket(urlOf(1), { timeoutMs: 10_000 }).catch(
    (reason: unknown) => reason,
  );
  match(String(error), /cannot connect to 127\.0\.0\.1:1: the browser gives no reason\. Check the address/);
});
