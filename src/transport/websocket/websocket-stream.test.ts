import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { ByteStreamEvents } from "../byte-stream.ts";
import type { WebSocketPort, WebSocketPortEvents } from "./websocket-port.ts";
import { MAX_HELD_BYTES, WebSocketStream } from "./websocket-stream.ts";

/** A port that does nothing by itself, as one in a browser that cannot be paused. */
class ScriptedPort implements WebSocketPort {
  bufferedBytes = 0;
  readonly sent: Uint8Array[] = [];
  readonly calls: string[] = [];
  #events: WebSocketPortEvents | undefined;

  get events(): WebSocketPortEvents {
    if (this.#events === undefined) throw new Error("nobody listens");
    return this.#events;
  }

  listen(events: WebSocketPortEvents): void {
    this.#events = events;
  }

  send(frames: readonly Uint8Array[]): void {
    this.sent.push(...frames);
  }

  close(code: number, reason: string): void {
    this.calls.push(`close ${code} ${reason}`.trimEnd());
  }

  terminate(): void {
    this.calls.push("terminate");
    this.events.onClose(1006, "");
  }

  pause(): void {}

  resume(): void {}
}

type Opened = { readonly port: ScriptedPort; readonly stream: WebSocketStream; readonly log: string[] };

function open(overrides: Partial<ByteStreamEvents> = {}): Opened {
  const port = new ScriptedPort();
  const stream = new WebSocketStream(port, { transport: "ws", remoteAddress: "192.0.2.1:80" });
  const log: string[] = [];
  stream.start({
    onBytes: (bytes) => log.push(`bytes ${bytes.join(" ")}`),
    onDrain: () => log.push("drain"),
    onEnd: () => log.push("end"),
    onClose: (error) => log.push(`close ${error?.message ?? ""}`.trimEnd()),
    ...overrides,
  });
  return { port, stream, log };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("small pieces go out as one frame, large ones as they are, and none longer than 1 MiB", () => {
  const { port, stream } = open();
  const small = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)];
  stream.write(small);
  deepEqual(port.sent, [Uint8Array.of(1, 2, 3)]);
  const large = [new Uint8Array(4096), Uint8Array.of(9)];
  stream.write(large);
  deepEqual(port.sent.slice(1), large);
  equal(port.sent[1], large[0]);
  stream.write([new Uint8Array(1024 * 1024 + 1)]);
  deepEqual(
    port.sent.slice(3).map(({ length }) => length),
    [1024 * 1024, 1],
  );
  stream.write([new Uint8Array(), new Uint8Array()]);
  equal(port.sent.length, 5);
  equal(stream.bytesWritten, 3 + 4097 + 1024 * 1024 + 1);
});

test("what comes before start, and while reading is paused, waits and keeps its order", async () => {
  const port = new ScriptedPort();
  const stream = new WebSocketStream(port, { transport: "wss", remoteAddress: "[2001:db8::1]:443" });
  const taken: number[] = [];
  port.events.onBytes(Uint8Array.of(1));
  stream.start({
    onBytes: (bytes) => taken.push(...bytes),
    onDrain() {},
    onEnd() {},
    onClose() {},
  });
  port.events.onBytes(Uint8Array.of(2));
  deepEqual(taken, []);
  await turn();
  deepEqual(taken, [1, 2]);
  stream.pause();
  port.events.onBytes(Uint8Array.of(3));
  port.events.onBytes(Uint8Array.of(4));
  stream.resume();
  stream.pause();
  await turn();
  deepEqual(taken, [1, 2]);
  stream.resume();
  port.events.onBytes(Uint8Array.of(5));
  await turn();
  port.events.onBytes(Uint8Array.of(6));
  deepEqual(taken, [1, 2, 3, 4, 5, 6]);
  equal(stream.bytesRead, 6);
});

test("the end waits for whoever has not taken everything", async () => {
  const { port, stream, log } = open();
  stream.pause();
  port.events.onBytes(Uint8Array.of(7));
  port.events.onClose(1000, "");
  await turn();
  deepEqual(log, []);
  stream.resume();
  await turn();
  deepEqual(log, ["bytes 7", "end", "close"]);
});

test("so it does for whoever has taken everything, and is not ready for more", async () => {
  const { port, stream, log } = open();
  stream.pause();
  port.events.onClose(1000, "");
  await turn();
  deepEqual(log, []);
  stream.resume();
  deepEqual(log, []);
  stream.pause();
  await turn();
  deepEqual(log, []);
  stream.resume();
  await turn();
  deepEqual(log, ["end", "close"]);
});

test("a connection that breaks off while nobody reads is told at once", () => {
  const { port, stream, log } = open();
  stream.pause();
  port.events.onClose(1006, "");
  deepEqual(log, ["close the connection broke off without a close frame"]);
});

for (const end of ["close", "destroy"] as const) {
  test(`${end} ends a stream that nobody reads, also when the peer has closed`, async () => {
    const { port, stream, log } = open();
    stream.pause();
    port.events.onClose(1000, "");
    stream[end]();
    await turn();
    deepEqual(log, ["close"]);
  });

  test(`${end} drops what is held, also when the peer has closed`, async () => {
    const { port, stream, log } = open();
    stream.pause();
    port.events.onBytes(Uint8Array.of(7));
    port.events.onClose(1000, "");
    stream[end]();
    await turn();
    deepEqual(log, ["close"]);
  });
}

test("what may be held has a limit, in bytes and in frames", async () => {
  for (const frameBytes of [1, 1024 * 1024]) {
    const { port, stream, log } = open();
    stream.pause();
    const count = Math.floor(MAX_HELD_BYTES / (frameBytes + 128));
    for (let index = 0; index < count; index++) port.events.onBytes(new Uint8Array(frameBytes));
    deepEqual(port.calls, []);
    port.events.onBytes(new Uint8Array(frameBytes));
    deepEqual(port.calls, ["close 1008 too slow"]);
    port.events.onClose(1008, "too slow");
    await turn();
    equal(log.length, 1);
    match(log[0] ?? "", /^close more than 16777216 bytes came while nobody read/);
  }
});

test("onDrain comes once all has left, and only if something waited", () => {
  const { port, stream, log } = open();
  stream.write([Uint8Array.of(1)]);
  port.events.onSent();
  deepEqual(log, []);
  port.bufferedBytes = 1;
  stream.write([Uint8Array.of(2)]);
  equal(stream.unsentBytes, 1);
  port.events.onSent();
  deepEqual(log, []);
  port.bufferedBytes = 0;
  port.events.onSent();
  port.events.onSent();
  deepEqual(log, ["drain"]);
});

test("a closed port holds nothing back: bytes that never left do not count", () => {
  const { port, stream, log } = open();
  port.bufferedBytes = 5;
  port.events.onClose(1001, "");
  equal(stream.unsentBytes, 0);
  stream.write([Uint8Array.of(1)]);
  deepEqual(port.sent, []);
  deepEqual(log, ["end", "close"]);
});

test("an end without a close frame, and one that blames us, is an error", () => {
  const broken = open();
  broken.port.events.onClose(1006, "");
  deepEqual(broken.log, ["close the connection broke off without a close frame"]);
  const blamed = open();
  blamed.port.events.onClose(1009, "too big");
  deepEqual(blamed.log, ["close the peer closed the WebSocket with 1009: too big"]);
});

test("text ends the stream with 1003, and nothing is taken from then on", () => {
  const { port, stream, log } = open();
  port.events.onText();
  port.events.onBytes(Uint8Array.of(1));
  port.events.onText();
  stream.write([Uint8Array.of(1)]);
  deepEqual(port.calls, ["close 1003 RTMP takes binary frames"]);
  deepEqual(port.sent, []);
  port.events.onClose(1003, "");
  deepEqual(log, ["close the peer sent text"]);
});

test("a peer that does not answer the close frame is dropped when its time is over", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { port, stream } = open({ onClose: () => resolve() });
  stream.close(1);
  stream.close(1);
  await promise;
  deepEqual(port.calls, ["close 1000", "terminate"]);
});

test("one stream has one owner, and a late one hears of the end", async () => {
  const port = new ScriptedPort();
  const stream = new WebSocketStream(port, { transport: "ws", remoteAddress: "192.0.2.1:80" });
  port.events.onClose(1006, "");
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const events = { onBytes() {}, onDrain() {}, onEnd() {}, onClose: resolve };
  stream.start(events);
  match(String(await promise), /without a close frame/);
  let thrown = "";
  try {
    stream.start(events);
  } catch (error) {
    thrown = String(error);
  }
  equal(thrown, "Error: the stream has an owner already");
});
