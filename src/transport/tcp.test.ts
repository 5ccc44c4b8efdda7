import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import dns from "node:dns";
import { once } from "node:events";
import { connect, createServer, Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { hex } from "../bytes/hex.ts";
import type { ByteStream } from "./byte-stream.ts";
import { socketStream } from "./socket-stream.ts";
import { connectTcp } from "./tcp-connect.ts";
import { listenTcp, type TcpListener, type TcpListenerOptions } from "./tcp-listener.ts";

const LOOPBACK = "127.0.0.1";
const MEBIBYTE = new Uint8Array(1024 * 1024);

/** What happened to a stream, and a way to wait for it. */
class Recorder {
  readonly events: string[] = [];
  readonly closed: Promise<Error | undefined>;
  #received: Uint8Array[] = [];
  #waiting: (() => void)[] = [];

  constructor(stream: ByteStream, onEnd: () => void = () => {}) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    stream.start({
      onBytes: (bytes) => {
        this.#received.push(bytes.slice());
        this.#wake();
      },
      onDrain: () => {
        this.events.push(`drain ${stream.unsentBytes}`);
        this.#wake();
      },
      onEnd: () => {
        this.events.push("end");
        onEnd();
      },
      onClose: (error) => {
        this.events.push("close");
        resolve(error);
      },
    });
  }

  get received(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#received));
  }

  /** Resolves once the condition holds, looked at after every event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

type Pair = { readonly near: ByteStream; readonly far: Socket };

/** Our stream on one side, Node's plain socket on the other; both gone when the test ends. */
async function acceptedPair(context: TestContext): Promise<Pair> {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listen(context, {}, accepted.resolve);
  const far = connect({ port: listener.port, host: LOOPBACK, allowHalfOpen: true });
  far.on("error", () => {});
  const near = await accepted.promise;
  context.after(() => {
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

async function listen(
  context: TestContext,
  options: Partial<TcpListenerOptions>,
  onStream: (stream: ByteStream) => void,
): Promise<TcpListener> {
  const accept = (socket: Socket): void => onStream(socketStream(socket));
  const listener = await listenTcp({ host: LOOPBACK, port: 0, ...options }, accept);
  context.after(() => listener.close());
  return listener;
}

/** A server of Node's own on a port that the kernel chooses. */
async function plainServer(context: TestContext): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  ok(typeof address === "object" && address !== null);
  return { server, port: address.port };
}

/** Writes until the kernel takes no more. */
function fill(stream: ByteStream): void {
  while (stream.unsentBytes === 0) stream.write([MEBIBYTE]);
}

test("client and server exchange bytes, and both count them", async (context) => {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listen(context, {}, accepted.resolve);
  const client = await connectTcp({ host: "localhost", port: listener.port });
  const server = await accepted.promise;
  const [atClient, atServer] = [new Recorder(client), new Recorder(server)];
  client.write([hex`01`, hex``, hex`02 03`, hex`04`]);
  server.write([hex`05 06`]);
  server.write([]);
  await atServer.until(() => server.bytesRead === 4);
  await atClient.until(() => client.bytesRead === 2);
  deepEqual(atServer.received, hex`01 02 03 04`);
  deepEqual(atClient.received, hex`05 06`);
  deepEqual([client.bytesWritten, server.bytesWritten], [4, 2]);
  client.close();
  equal(await atServer.closed, undefined);
  equal(await atClient.closed, undefined);
  deepEqual(atServer.events, ["end", "close"]);
  deepEqual(atClient.events, ["close"]);
});

test("addresses are printable, also after the end, and mapped IPv4 is shown as IPv4", async (context) => {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listen(context, { host: "::" }, accepted.resolve);
  equal(listener.address, "::");
  const client = await connectTcp({ host: LOOPBACK, port: listener.port });
  const server = await accepted.promise;
  const recorder = new Recorder(server);
  equal(client.remoteAddress, `127.0.0.1:${listener.port}`);
  match(server.remoteAddress, /^127\.0\.0\.1:\d+$/);
  client.destroy();
  await recorder.closed;
  match(server.remoteAddress, /^127\.0\.0\.1:\d+$/);
});

test("IPv6 addresses stand in brackets", async (context) => {
  const listener = await listen(context, { host: "::1" }, (stream) => stream.destroy());
  const client = await connectTcp({ host: "::1", port: listener.port });
  context.after(() => client.destroy());
  equal(client.remoteAddress, `[::1]:${listener.port}`);
});

test("nothing is read before start", async (context) => {
  const { near, far } = await acceptedPair(context);
  await new Promise<void>((resolve) => far.write(hex`01 02`, () => resolve()));
  equal(near.bytesRead, 0);
  const recorder = new Recorder(near);
  await recorder.until(() => near.bytesRead === 2);
  throws(() => new Recorder(near), /owner/);
});

test("a drain comes when the peer reads again, with nothing left to send", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  far.pause();
  fill(near);
  deepEqual(recorder.events, []);
  far.resume();
  await recorder.until(() => recorder.events.length > 0);
  deepEqual(recorder.events, ["drain 0"]);
  equal(near.unsentBytes, 0);
});

test("a drain comes also for less than Node's high-water mark, and for writes while it waits", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  far.pause();
  fill(near);
  const stuck = near.unsentBytes;
  near.write([hex`01`, hex`02`]);
  equal(near.unsentBytes, stuck + 2);
  far.resume();
  await recorder.until(() => recorder.events.length > 0);
  deepEqual(recorder.events, ["drain 0"]);
  far.pause();
  while (near.unsentBytes === 0) near.write([MEBIBYTE.subarray(0, 1000)]);
  ok(near.unsentBytes <= 1000);
  far.resume();
  await recorder.until(() => recorder.events.length > 1);
  deepEqual(recorder.events, ["drain 0", "drain 0"]);
});

test("no drain is told for what the kernel takes at once", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  near.write([hex`01`]);
  near.write([hex`02`, hex`03`]);
  equal(near.unsentBytes, 0);
  let received = 0;
  while (received < 3) received += (await once(far, "data"))[0].length;
  deepEqual(recorder.events, []);
});

test("a paused stream does not read, a resumed one does", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  near.pause();
  for (let count = 0; count < 8; count++) far.write(MEBIBYTE);
  // Two turns of the event loop, in which a stream that reads would have read.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  equal(near.bytesRead, 0);
  near.resume();
  await recorder.until(() => near.bytesRead === 8 * MEBIBYTE.length);
});

test("a peer that closes its side still gets the answers of onEnd, then the connection ends", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near, () => near.write([hex`01 02`]));
  far.end(hex`03`);
  const [answer] = await once(far, "data");
  deepEqual(Uint8Array.from(answer), hex`01 02`);
  equal(await recorder.closed, undefined);
  deepEqual(recorder.received, hex`03`);
  deepEqual(recorder.events, ["end", "close"]);
});

test("closing sends what is left to a peer that reads late, and drops what it sends", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  far.pause();
  fill(near);
  near.write([hex`01`]);
  near.close(60_000);
  near.write([hex`02`]);
  const expected = near.bytesWritten;
  far.write(hex`03`);
  let received = 0;
  let last = 0;
  far.on("data", (bytes: Buffer) => {
    received += bytes.length;
    last = bytes[bytes.length - 1] ?? 0;
  });
  far.once("end", () => far.end());
  far.resume();
  equal(await recorder.closed, undefined);
  deepEqual([received, last], [expected, 1]);
  deepEqual(recorder.events, ["close"]);
  equal(near.bytesRead, 0);
});

test("a peer that never reads is dropped after the grace time", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  far.pause();
  fill(near);
  near.close(1);
  equal(await recorder.closed, undefined);
  deepEqual(recorder.events, ["close"]);
});

test("closing and writing again, or after the end, does nothing", async (context) => {
  const { near } = await acceptedPair(context);
  const recorder = new Recorder(near);
  near.destroy();
  near.destroy();
  near.close();
  near.write([hex`01`]);
  equal(await recorder.closed, undefined);
  near.write([hex`01`]);
  near.close();
  near.resume();
  equal(near.bytesWritten, 0);
  deepEqual(recorder.events, ["close"]);
});

test("a reset connection ends in one onClose with its error", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  far.resetAndDestroy();
  match((await recorder.closed)?.message ?? "", /ECONNRESET/);
  deepEqual(recorder.events, ["close"]);
});

test("a reset after our own close is no error", async (context) => {
  const { near, far } = await acceptedPair(context);
  const recorder = new Recorder(near);
  near.close();
  far.resetAndDestroy();
  equal(await recorder.closed, undefined);
});

test("a connection that broke before it had an owner tells its owner", async (context) => {
  const { server, port } = await plainServer(context);
  const socket = connect(port, LOOPBACK);
  const [[peer]] = await Promise.all([once(server, "connection"), once(socket, "connect")]);
  const stream = socketStream(socket);
  const gone = once(socket, "close");
  peer.destroy();
  socket.destroy();
  await gone;
  const recorder = new Recorder(stream);
  equal(await recorder.closed, undefined);
  deepEqual(recorder.events, ["close"]);
});

test("a connection that the system cannot accept is told, and listening goes on", async (context) => {
  const listening = context.mock.method(Server.prototype, "listen");
  const told: string[] = [];
  const onAcceptError = (error: Error): void => void told.push(error.message);
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listen(context, { onAcceptError }, accepted.resolve);
  const server = listening.mock.calls[0]?.this;
  ok(server instanceof Server);
  server.emit("error", new Error("accept EMFILE"));
  deepEqual(told, ["accept EMFILE"]);
  const client = await connectTcp({ host: LOOPBACK, port: listener.port });
  client.destroy();
  (await accepted.promise).destroy();
});

test("a closed listener accepts no more, and its connections live on", async (context) => {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listen(context, {}, accepted.resolve);
  const client = await connectTcp({ host: LOOPBACK, port: listener.port });
  const recorder = new Recorder(client);
  const server = await accepted.promise;
  listener.close();
  listener.close();
  await rejects(connectTcp({ host: LOOPBACK, port: listener.port }), /nothing listens there/);
  server.write([hex`01`]);
  await recorder.until(() => client.bytesRead === 1);
  server.destroy();
  await recorder.closed;
});

test("a listener that cannot listen says why, and what to do", async (context) => {
  const never = (): void => {
    throw new Error("nobody connects");
  };
  const { port } = await plainServer(context);
  await rejects(listenTcp({ host: LOOPBACK, port }, never), {
    message: `cannot listen on 127.0.0.1:${port}: another program has this port. Stop it, or choose another port.`,
  });
  await rejects(listenTcp({ host: "192.0.2.1", port: 0 }, never), /192\.0\.2\.1:0: this machine does not have that/);
  await rejects(listenTcp({ host: LOOPBACK, port: 65_536 }, never), /65536/);
});

test("a connection that cannot be made says why, and what to do", async (context) => {
  const { server, port } = await plainServer(context);
  server.close();
  await rejects(connectTcp({ host: LOOPBACK, port }), {
    message: `cannot connect to 127.0.0.1:${port}: nothing listens there. Start the server, or check the address and the port.`,
  });
  await rejects(connectTcp({ host: "localhost", port }), /localhost:\d+: nothing listens there/);
  await rejects(connectTcp({ host: LOOPBACK, port, localAddress: "192.0.2.1" }), /the local address is not usable/);
  await rejects(connectTcp({ host: LOOPBACK, port: 65_536 }), /65536/);
});

test("connecting can be given up before and while it happens", async (context) => {
  const { port } = await plainServer(context);
  const reason = new Error("no longer wanted");
  await rejects(connectTcp({ host: LOOPBACK, port, signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const connecting = connectTcp({ host: LOOPBACK, port, signal: controller.signal });
  controller.abort(reason);
  await rejects(connecting, reason);
});

test("connecting ends after its time", async (context) => {
  const { port } = await plainServer(context);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const connecting = connectTcp({ host: LOOPBACK, port, timeoutMs: 2000 });
  context.mock.timers.tick(2000);
  await rejects(connecting, {
    message: `cannot connect to 127.0.0.1:${port} within 2000 ms. Check the address and the firewall.`,
  });
});

/** Accepts nothing until told, so that its queue in the kernel fills up. */
const BUSY_SERVER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const server = require("node:net").createServer((socket) => socket.unref()).listen(
    { host: "127.0.0.2", port: 0, backlog: 1 },
    () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(workerData, 0, 0);
    },
  );
`;

test("an address that answers late is not given up for one that does not answer at all", async (context) => {
  const isAccepting = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(BUSY_SERVER, { eval: true, workerData: isAccepting });
  context.after(() => worker.terminate());
  const accept = (): void => {
    Atomics.store(isAccepting, 0, 1);
    Atomics.notify(isAccepting, 0);
  };
  const [port] = await once(worker, "message");
  for (let queued = 0; queued < 2; queued++) {
    const socket = connect(port, "127.0.0.2");
    context.after(() => socket.destroy());
    await once(socket, "connect");
  }
  // Nothing listens at the second address.
  const addresses = ["127.0.0.2", "127.0.0.3"].map((address) => ({ address, family: 4 }));
  context.mock.method(dns, "lookup", (_host: string, _options: object, found: (...result: unknown[]) => void) =>
    found(null, addresses),
  );
  // The kernel drops the first attempt, and tries again after a second.
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.once("connectionAttempt", () => setImmediate(accept));
  };
  subscribe("net.client.socket", onSocket);
  context.after(() => unsubscribe("net.client.socket", onSocket));
  const stream = await connectTcp({ host: "two.example", port });
  context.after(() => stream.destroy());
  equal(stream.remoteAddress, `127.0.0.2:${port}`);
});
