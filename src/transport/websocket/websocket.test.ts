import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { test } from "node:test";
import type { CleanUp } from "../../../test/support/peer-process.ts";
import { closeFrameOf, encodeFrame, Opcode, openRawWebSocket } from "../../../test/support/raw-websocket.ts";
import { startWebSocketPort } from "../../../test/support/websocket-port.ts";
import { AddressList } from "../address-list.ts";
import type { ByteStream } from "../byte-stream.ts";
import { parseRtmpUrl } from "../rtmp-url.ts";
import { type SocketOrigin, setOrigin } from "../socket-origin.ts";
import { MAX_WEBSOCKET_MESSAGE_BYTES } from "./node-websocket-port.ts";
import { connectWebSocket } from "./websocket-connect.ts";
import { WebSocketServerRoute } from "./websocket-server.ts";

/** A stream with an owner that writes down what happens. */
class Owner {
  readonly stream: ByteStream;
  readonly log: string[] = [];
  readonly closed: Promise<Error | undefined>;
  #received: Uint8Array[] = [];
  #looks = new Set<() => void>();

  constructor(stream: ByteStream, onBytes: (bytes: Uint8Array, stream: ByteStream) => void = () => {}) {
    this.stream = stream;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    stream.start({
      onBytes: (bytes) => {
        this.#received.push(bytes.slice());
        onBytes(bytes, stream);
        this.#look();
      },
      onDrain: () => this.#note("drain"),
      onEnd: () => this.#note("end"),
      onClose: (error) => {
        this.#note("close");
        resolve(error);
      },
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** Resolves when it is so; looked at whenever something happens. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  #note(line: string): void {
    this.log.push(line);
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}

function dial(port: number): Promise<ByteStream> {
  return dialWith(port, new AbortController().signal);
}

async function dialWith(port: number, signal: AbortSignal): Promise<ByteStream> {
  const socket = connect(port, "127.0.0.1");
  return await connectWebSocket(socket, parseRtmpUrl(`ws://127.0.0.1:${port}/live/key`), { signal });
}

async function joined(owner: CleanUp): Promise<readonly [client: Owner, server: Owner]> {
  const accepted = Promise.withResolvers<Owner>();
  const port = await startWebSocketPort(owner, (stream) => accepted.resolve(new Owner(stream)));
  const client = new Owner(await dial(port));
  const server = await accepted.promise;
  owner.after(async () => {
    client.stream.destroy();
    server.stream.destroy();
  });
  return [client, server];
}

/** Different bytes at each place. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

test("what one side writes the other reads, at every length where the frame's header changes", async (t) => {
  const [client, server] = await joined(t);
  const lengths = [1, 125, 126, 127, 65_535, 65_536, 65_537, 1024 * 1024 + 1, 5 * 1024 * 1024];
  const pieces = lengths.map(pattern);
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    for (const piece of pieces) from.stream.write([piece]);
    from.stream.write(pieces);
    const whole = Buffer.concat([...pieces, ...pieces]);
    await to.until(() => to.stream.bytesRead === whole.length);
    ok(to.received.equals(whole));
    equal(from.stream.bytesWritten, whole.length);
    await from.until(() => from.stream.unsentBytes === 0);
  }
  // Neither a mask nor anything else was put into what others may share.
  for (const [index, piece] of pieces.entries()) deepEqual(piece, pattern(lengths[index] ?? 0));
  deepEqual([client.stream.transport, server.stream.transport], ["ws", "ws"]);
  match(server.stream.remoteAddress, /^127\.0\.0\.1:\d+$/);
});

test("who does not read holds up the writer, and loses nothing", async (t) => {
  const [client, server] = await joined(t);
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    to.stream.pause();
    const piece = pattern(1024 * 1024);
    let count = 0;
    // More than any kernel takes for a peer that does not read.
    for (; count < 64; count++) from.stream.write([piece]);
    ok(from.stream.unsentBytes > 16 * 1024 * 1024, `${from.stream.unsentBytes} bytes wait`);
    ok(!from.log.includes("drain"));
    to.stream.resume();
    await from.until(() => from.log.includes("drain"));
    equal(from.stream.unsentBytes, 0);
    await to.until(() => to.stream.bytesRead === count * piece.length);
    ok(to.received.subarray(-piece.length).equals(piece));
  }
});

for (const closer of ["client", "server"] as const) {
  test(`what the ${closer} wrote before it closed arrives, and both see an end in order`, async (t) => {
    const [client, server] = await joined(t);
    const [from, to] = closer === "client" ? [client, server] : [server, client];
    const words = pattern(3 * 1024 * 1024);
    from.stream.write([words]);
    from.stream.close();
    from.stream.write([words]);
    equal(await to.closed, undefined);
    equal(await from.closed, undefined);
    ok(to.received.equals(words));
    deepEqual(to.log.slice(-2), ["end", "close"]);
    ok(!from.log.includes("end"));
  });

  test(`the other side of a ${closer} that drops the connection gets an error`, async (t) => {
    const [client, server] = await joined(t);
    const [from, to] = closer === "client" ? [client, server] : [server, client];
    from.stream.destroy();
    match(String(await to.closed), /broke off without a close frame/);
    equal(await from.closed, undefined);
    deepEqual([from.log, to.log], [["close"], ["close"]]);
  });
}

test("a peer that reads nothing is dropped when the time for the last words is over", async (t) => {
  const [client, server] = await joined(t);
  client.stream.pause();
  server.stream.write(Array.from({ length: 64 }, () => new Uint8Array(1024 * 1024)));
  server.stream.close(20);
  equal(await server.closed, undefined);
  client.stream.resume();
  match(String(await client.closed), /broke off/);
});

test("frames in pieces, empty ones, and pings between them are nothing but bytes in a row", async (t) => {
  const accepted = Promise.withResolvers<Owner>();
  const port = await startWebSocketPort(t, (stream) => accepted.resolve(new Owner(stream)));
  const raw = await openRawWebSocket(t, port);
  match(raw.answer, /^HTTP\/1\.1 101 /);
  const server = await accepted.promise;
  const bytes = Buffer.concat(
    [
      { opcode: Opcode.Binary, payload: pattern(3), isFinal: false },
      { opcode: Opcode.Ping, payload: pattern(125) },
      { opcode: Opcode.Continuation, isFinal: false },
      { opcode: Opcode.Continuation, payload: pattern(200) },
      { opcode: Opcode.Binary },
      { opcode: Opcode.Binary, payload: pattern(70_000) },
      { opcode: Opcode.Pong },
    ].map(encodeFrame),
  );
  for (let at = 0; at < bytes.length; at += 997) raw.socket.write(bytes.subarray(at, at + 997));
  const whole = Buffer.concat([pattern(3), pattern(200), pattern(70_000)]);
  await server.until(() => server.stream.bytesRead === whole.length);
  ok(server.received.equals(whole));
  raw.send({ opcode: Opcode.Close, payload: Buffer.of(0x03, 0xe9) });
  equal(await server.closed, undefined);
  deepEqual(server.log, ["end", "close"]);
  const answer = await raw.rest();
  deepEqual([answer[0], answer[1]], [0x8a, 125]); // the pong comes first
  deepEqual(closeFrameOf(answer), { code: 1001, reason: "" });
});

type Violation = Parameters<typeof encodeFrame>[0][];
const tooMany = { opcode: Opcode.Continuation, payload: pattern(1), isFinal: false };
const VIOLATIONS: Readonly<Record<string, readonly [frames: Violation, code: number]>> = {
  "a text frame": [[{ opcode: Opcode.Text, payload: Buffer.from("hello") }], 1003],
  "a frame without a mask": [[{ opcode: Opcode.Binary, payload: pattern(5), isMasked: false }], 1002],
  "an unknown opcode": [[{ opcode: 3 }], 1002],
  "an unknown control frame": [[{ opcode: 11 }], 1002],
  "a reserved bit": [[{ opcode: Opcode.Binary, reserved: 4 }], 1002],
  "a continuation of nothing": [[{ opcode: Opcode.Continuation, payload: pattern(1) }], 1002],
  "a frame in the middle of another": [[{ opcode: Opcode.Binary, isFinal: false }, { opcode: Opcode.Binary }], 1002],
  "a ping in pieces": [[{ opcode: Opcode.Ping, isFinal: false }], 1002],
  "a ping of 126 bytes": [[{ opcode: Opcode.Ping, payload: pattern(126) }], 1002],
  "a frame longer than the limit": [[{ opcode: Opcode.Binary, length: BigInt(MAX_WEBSOCKET_MESSAGE_BYTES + 1) }], 1009],
  "a frame of 2^63 - 1 bytes": [[{ opcode: Opcode.Binary, length: 2n ** 63n - 1n }], 1009],
  "pieces that are too long together": [
    [
      { opcode: Opcode.Binary, payload: new Uint8Array(MAX_WEBSOCKET_MESSAGE_BYTES), isFinal: false },
      { opcode: Opcode.Continuation, payload: pattern(1) },
    ],
    1009,
  ],
  "more than 1024 pieces": [
    [{ opcode: Opcode.Binary, isFinal: false }, ...Array<typeof tooMany>(1024).fill(tooMany)],
    1008,
  ],
  "a close frame of one byte": [[{ opcode: Opcode.Close, payload: pattern(1) }], 1002],
  "a close frame with a code that there is not": [[{ opcode: Opcode.Close, payload: Buffer.of(0, 1) }], 1002],
  "a close frame with a reason that is no text": [
    [{ opcode: Opcode.Close, payload: Buffer.of(0x03, 0xe8, 0xc3, 0x28) }],
    1007,
  ],
};
for (const [name, [frames, code]] of Object.entries(VIOLATIONS)) {
  test(`${name} ends the connection with ${code}, and what came before counts`, async (t) => {
    const accepted = Promise.withResolvers<Owner>();
    const port = await startWebSocketPort(t, (stream) => accepted.resolve(new Owner(stream)));
    const raw = await openRawWebSocket(t, port);
    raw.send({ opcode: Opcode.Binary, payload: pattern(10) }, ...frames, {
      opcode: Opcode.Binary,
      payload: pattern(9),
    });
    const server = await accepted.promise;
    ok((await server.closed) instanceof Error);
    ok(server.received.equals(pattern(10)));
    deepEqual(server.log, ["close"]);
    equal(closeFrameOf(await raw.rest())?.code, code);
  });
}

test("the longest message that is accepted arrives, in as many pieces as are accepted", async (t) => {
  const accepted = Promise.withResolvers<Owner>();
  const port = await startWebSocketPort(t, (stream) => accepted.resolve(new Owner(stream)));
  const raw = await openRawWebSocket(t, port);
  const server = await accepted.promise;
  raw.send({ opcode: Opcode.Binary, payload: pattern(MAX_WEBSOCKET_MESSAGE_BYTES) });
  await server.until(() => server.stream.bytesRead === MAX_WEBSOCKET_MESSAGE_BYTES);
  raw.send({ opcode: Opcode.Binary, payload: pattern(1), isFinal: false });
  for (let count = 2; count <= 1024; count++) {
    raw.send({ opcode: Opcode.Continuation, payload: pattern(1), isFinal: count === 1024 });
  }
  await server.until(() => server.stream.bytesRead === MAX_WEBSOCKET_MESSAGE_BYTES + 1024);
  raw.socket.destroy();
  ok((await server.closed) instanceof Error);
});

test("who asks by pings and does not read the answers is dropped", async (t) => {
  const accepted = Promise.withResolvers<Owner>();
  const port = await startWebSocketPort(t, (stream) => accepted.resolve(new Owner(stream)));
  const raw = await openRawWebSocket(t, port);
  const server = await accepted.promise;
  raw.socket.pause();
  // The kernel takes no more from the server; only then can answers wait.
  server.stream.write(Array.from({ length: 64 }, () => new Uint8Array(1024 * 1024)));
  for (let count = 0; count < 1000; count++) raw.send({ opcode: Opcode.Ping, payload: pattern(125) });
  match(String(await server.closed), /broke off/);
});

test("thousands of tiny frames leave turns of the loop to the others", async (t) => {
  const accepted = Promise.withResolvers<Owner>();
  const port = await startWebSocketPort(t, (stream) => accepted.resolve(new Owner(stream)));
  const raw = await openRawWebSocket(t, port);
  const { stream, closed } = await accepted.promise;
  const count = 60_000;
  const frame = encodeFrame({ opcode: Opcode.Binary, payload: pattern(1) });
  raw.socket.write(Buffer.concat(Array<Buffer>(count).fill(frame)));
  let turns = 0;
  for (let isClosed = false; stream.bytesRead < count && !isClosed; ) {
    isClosed = await Promise.race([
      closed.then(() => true),
      new Promise<false>((resolve) => setImmediate(resolve, false)),
    ]);
    if (stream.bytesRead > 0) turns++;
  }
  // Of the 420 kB no read takes more than 64 KiB, and Node would read on and on while there is more.
  ok(turns >= 6, `${turns} turns`);
  raw.send({ opcode: Opcode.Close });
  equal(await closed, undefined);
});

const REFUSALS: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp, string?]>> = {
  "another version": [{ "Sec-WebSocket-Version": "7" }, /^HTTP\/1\.1 400 [\s\S]*Sec-WebSocket-Version: 13/],
  "no key": [{ "Sec-WebSocket-Key": "" }, /^HTTP\/1\.1 400 /],
  "a key that is none": [{ "Sec-WebSocket-Key": "abc" }, /^HTTP\/1\.1 400 /],
  "a protocol that is no word": [{ "Sec-WebSocket-Protocol": "a b" }, /^HTTP\/1\.1 400 /],
  "a POST": [{}, /^HTTP\/1\.1 405 /, "POST /live HTTP/1.1"],
  "another page": [{ Origin: "https://evil.example" }, /^HTTP\/1\.1 403 /],
};
for (const [name, [headers, expected, requestLine]] of Object.entries(REFUSALS)) {
  test(`a request with ${name} is refused by HTTP`, async (t) => {
    const onStream = (): void => ok(false, "a refused request became a stream");
    const port = await startWebSocketPort(t, onStream, { allowedOrigins: ["https://example.org"] });
    const raw = await openRawWebSocket(t, port, headers, requestLine);
    match(raw.answer, expected);
    await raw.rest();
  });
}

test("pages that are allowed, and programs, may connect; a protocol is named if one is offered that we know", async (t) => {
  const onStream = (stream: ByteStream): void => void new Owner(stream);
  const port = await startWebSocketPort(t, onStream, { allowedOrigins: ["https://example.org"] });
  const offered: readonly (readonly [offer: string, chosen: string | undefined])[] = [
    ["", undefined],
    ["binary", "binary"],
    ["binary, rtmp", "rtmp"],
    ["chat", undefined],
  ];
  for (const [offer, chosen] of offered) {
    const raw = await openRawWebSocket(t, port, { Origin: "https://example.org", "Sec-WebSocket-Protocol": offer });
    match(raw.answer, /^HTTP\/1\.1 101 /);
    equal(/^Sec-WebSocket-Protocol: (.*)\r$/im.exec(raw.answer)?.[1], chosen);
    // Nothing is compressed, and no extension agreed on.
    ok(!/Sec-WebSocket-Extensions/i.test(raw.answer));
    raw.socket.destroy();
  }
  (await openRawWebSocket(t, port)).socket.destroy();
});

test("bytes that come with the request are not lost", async (t) => {
  const accepted = Promise.withResolvers<Owner>();
  const port = await startWebSocketPort(t, (stream) => accepted.resolve(new Owner(stream)));
  const socket = connect(port, "127.0.0.1");
  const head = [
    "GET / HTTP/1.1",
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: WebSocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  const frame = encodeFrame({ opcode: Opcode.Binary, payload: pattern(1537) });
  socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), frame]));
  const server = await accepted.promise;
  await server.until(() => server.stream.bytesRead === 1537);
  ok(server.received.equals(pattern(1537)));
  socket.destroy();
  await server.closed;
});

test("what is no WebSocket is left to other routes, and what is one has its origin", async (t) => {
  const accepted = Promise.withResolvers<readonly [ByteStream, SocketOrigin | undefined]>();
  const route = new WebSocketServerRoute({
    clientAddress: () => "192.0.2.1:5",
    onStream: (stream, origin) => accepted.resolve([stream, origin]),
  });
  const expected: SocketOrigin = {
    remoteAddress: "192.0.2.7:9",
    accept: new Set(["ws"]),
    forwardedFrom: new AddressList([]),
  };
  const server = createServer();
  server.on("connection", (socket: Socket) => setOrigin(socket, expected));
  server.on("upgrade", (request, socket, head) => {
    if (!route.upgrade(request, socket, head)) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
  });
  const port = await listening(t, server);
  match((await openRawWebSocket(t, port, { Upgrade: "h2c" })).answer, /^HTTP\/1\.1 404 /);
  match((await openRawWebSocket(t, port, {}, "GET / HTTP/1.0")).answer, /^HTTP\/1\.1 404 /);
  match((await openRawWebSocket(t, port)).answer, /^HTTP\/1\.1 101 /);
  const [stream, origin] = await accepted.promise;
  equal(origin, expected);
  equal(stream.remoteAddress, "192.0.2.1:5");
  stream.destroy();
});

async function listening(owner: CleanUp, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  owner.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

test("the client says in words why a server opens no WebSocket", async (t) => {
  const refusing = createServer((_, response) => response.writeHead(403).end("no"));
  const port = await listening(t, refusing);
  await rejects(dial(port), {
    message: `cannot connect to 127.0.0.1:${port}: it answered 403 Forbidden where a WebSocket was asked for. Check the port and the path.`,
  });

  const deaf = createServer();
  deaf.on("upgrade", (_, socket) =>
    socket.end("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
  );
  await rejects(dial(await listening(t, deaf)), /Invalid Sec-WebSocket-Accept header/);

  const closing = createServer();
  closing.on("upgrade", (_, socket) => socket.destroy());
  await rejects(dial(await listening(t, closing)), /it dropped the connection at once/);
});

test("the client gives up when it is told to", async (t) => {
  const silent = createTcpServer();
  const connected = Promise.withResolvers<Socket>();
  silent.on("connection", (socket) => connected.resolve(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const controller = new AbortController();
  const dialled = dialWith(port, controller.signal);
  const gone = connected.promise.then(
    (socket) => new Promise((resolve) => socket.on("error", resolve).once("close", resolve)),
  );
  await connected.promise;
  controller.abort(new Error("changed my mind"));
  await rejects(dialled, /changed my mind/);
  await gone;
  await rejects(dialWith(port, AbortSignal.abort(new Error("never wanted"))), /never wanted/);
});

test("the client asks for the app as path, and for nothing else", async (t) => {
  const asked = Promise.withResolvers<readonly [string | undefined, string[]]>();
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    asked.resolve([request.url, Object.keys(request.headers).sort()]);
    socket.destroy();
  });
  const port = await listening(t, server);
  const socket = connect(port, "127.0.0.1");
  const url = parseRtmpUrl(`ws://user:secret@127.0.0.1:${port}/live/in#stance/key?token=1`);
  await rejects(connectWebSocket(socket, url, new AbortController()));
  deepEqual(await asked.promise, [
    "/live/in%23stance",
    ["connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade"],
  ]);
});
