import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { type WebSocket, WebSocketServer } from "ws";
import { closeFrameOf, encodeFrame, Opcode } from "../../../test/support/raw-websocket.ts";
import { NodeWebSocketPort, WEBSOCKET_LIMITS } from "./node-websocket-port.ts";
import { WebSocketStream } from "./websocket-stream.ts";

/** Takes one write at a time, and is done with it when the test says so: as TLS, which is never done at once. */
class LateSocket extends Duplex {
  readonly written: Buffer[] = [];
  #done: (() => void) | undefined;

  override _read(): void {}

  override _write(bytes: Buffer, _: unknown, done: () => void): void {
    this.written.push(bytes);
    this.#done = done;
  }

  /** The write under way is done; what waits behind it begins. */
  async finishWrite(): Promise<void> {
    const done = this.#done;
    this.#done = undefined;
    ok(done !== undefined, "no write is under way");
    done();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get isWriting(): boolean {
    return this.#done !== undefined;
  }
}

async function openPort(): Promise<{ readonly socket: LateSocket; readonly stream: WebSocketStream }> {
  const socket = new LateSocket();
  const request = Object.assign(new IncomingMessage(new Socket()), {
    method: "GET",
    headers: {
      upgrade: "websocket",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-version": "13",
    },
  });
  const server = new WebSocketServer({ ...WEBSOCKET_LIMITS, noServer: true, clientTracking: false });
  const webSocket = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request, socket, Buffer.alloc(0), resolve);
  });
  const stream = new WebSocketStream(new NodeWebSocketPort(webSocket, socket), {
    transport: "wss",
    remoteAddress: "192.0.2.1:443",
  });
  await socket.finishWrite();
  socket.written.length = 0;
  return { socket, stream };
}

/** Writes a frame, and behind it the answer to a ping. */
async function writeBeforePong(socket: LateSocket, stream: WebSocketStream): Promise<void> {
  stream.write([Uint8Array.of(1)]);
  const { bytesRead } = stream;
  socket.push(encodeFrame({ opcode: Opcode.Ping }));
  socket.push(encodeFrame({ opcode: Opcode.Binary, payload: Uint8Array.of(2) }));
  // ws gives one frame a turn of the microtasks.
  while (stream.bytesRead === bytesRead) await new Promise((resolve) => setImmediate(resolve));
}

test("the answer to a ping that is sent last swallows no drain", async () => {
  const { socket, stream } = await openPort();
  let drains = 0;
  stream.start({ onBytes() {}, onDrain: () => drains++, onEnd() {}, onClose() {} });
  for (const expected of [1, 2]) {
    await writeBeforePong(socket, stream);
    while (socket.isWriting) await socket.finishWrite();
    equal(stream.unsentBytes, 0);
    equal(drains, expected);
  }
  deepEqual(Buffer.concat(socket.written), Buffer.from("820101" + "8a00" + "820101" + "8a00", "hex"));
  stream.destroy();
});

test("the answer to a ping that is sent last holds up no close frame", async () => {
  const { socket, stream } = await openPort();
  const closed = Promise.withResolvers<Error | undefined>();
  stream.start({ onBytes() {}, onDrain() {}, onEnd() {}, onClose: closed.resolve });
  await writeBeforePong(socket, stream);
  stream.close(20_000);
  while (socket.isWriting) await socket.finishWrite();
  equal(closeFrameOf(Buffer.concat(socket.written))?.code, 1000);
  socket.push(encodeFrame({ opcode: Opcode.Close, payload: Buffer.of(0x03, 0xe8) }));
  socket.push(null);
  await once(socket, "close");
  equal(await closed.promise, undefined);
});
