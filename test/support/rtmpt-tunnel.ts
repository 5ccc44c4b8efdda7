import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { concatBytes } from "../../src/bytes/concat.ts";
import { formatAddress } from "../../src/transport/address.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { RtmptServer, type RtmptServerOptions } from "../../src/transport/rtmpt/rtmpt-server.ts";
import type { CleanUp } from "./peer-process.ts";

/** A tunnel's stream on the server, and what it told its owner. */
export type Tunnel = {
  readonly stream: ByteStream;
  /** "bytes <hex>", "drain", "end", "close <reason>". */
  readonly events: string[];
  /** All bytes so far, as text. */
  text(): string;
  receivedBytes: number;
  /** Called after each event; to be set by the test. */
  onEvent(event: string): void;
  /** Resolves when an event that begins so has been told, from the start on. */
  until(prefix: string): Promise<void>;
};

export type TestTunnels = {
  readonly server: RtmptServer;
  readonly http: Server;
  readonly port: number;
  readonly tunnels: Tunnel[];
  readonly log: string[];
  /** The server's clock. */
  nowMs: number;
  /** Moves the clock, and ticks. */
  pass(durationMs: number): void;
  client(): RawHttpClient;
};

export type TestTunnelOptions = Partial<
  RtmptServerOptions["limits"] & RtmptServerOptions["timeouts"] & Pick<RtmptServerOptions, "publicHost">
> & {
  /** Does something else with a new stream than to start it. */
  readonly onStream?: (stream: ByteStream) => void;
};

/** An HTTP server on loopback that serves RTMPT, of which the test moves the clock. */
export async function startTunnels(owner: CleanUp, options: TestTunnelOptions = {}): Promise<TestTunnels> {
  const { maxTunnels = 10, maxTunnelBodyBytes = 1024 * 1024, maxTunnelPendingBytes = 1024 * 1024 } = options;
  const { tunnelMs = 30_000, requestMs = 15_000, publicHost } = options;
  const tunnels: Tunnel[] = [];
  const log: string[] = [];
  const server = new RtmptServer({
    limits: { maxTunnels, maxTunnelBodyBytes, maxTunnelPendingBytes },
    timeouts: { tunnelMs, requestMs },
    clientAddress: ({ socket }) => formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0),
    onStream: (stream) => (options.onStream === undefined ? tunnels.push(watch(stream)) : options.onStream(stream)),
    nowMs: () => test.nowMs,
    log: { warn: (_details, message) => log.push(message) },
    ...(publicHost !== undefined && { publicHost }),
  });
  const http = createServer({ noDelay: true }, (request, response) => {
    if (!server.handle(request, response)) response.writeHead(404, { "Content-Length": 0, "X-Route": "none" }).end();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const clients: RawHttpClient[] = [];
  owner.after(async () => {
    for (const client of clients) client.socket.destroy();
    server.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const test: TestTunnels = {
    server,
    http,
    port,
    tunnels,
    log,
    nowMs: 1000,
    pass(durationMs) {
      test.nowMs += durationMs;
      server.tick(test.nowMs);
    },
    client() {
      const client = new RawHttpClient(connect({ port, host: "127.0.0.1", noDelay: true }));
      clients.push(client);
      return client;
    },
  };
  return test;
}

function watch(stream: ByteStream): Tunnel {
  const waiters: (() => void)[] = [];
  const tell = (event: string): void => {
    tunnel.events.push(event);
    tunnel.onEvent(event);
    for (const waiter of waiters.splice(0)) waiter();
  };
  const tunnel: Tunnel = {
    stream,
    events: [],
    receivedBytes: 0,
    onEvent: () => {},
    text: () => tunnel.events.flatMap((event) => (event.startsWith("bytes ") ? [event.slice(6)] : [])).join(""),
    async until(prefix) {
      while (!tunnel.events.some((event) => event.startsWith(prefix))) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
  };
  stream.start({
    onBytes: (bytes) => {
      tunnel.receivedBytes += bytes.length;
      tell(`bytes ${bytes.length > 1000 ? `${bytes.length} B;` : Buffer.from(bytes).toString("latin1")}`);
    },
    onDrain: () => tell("drain"),
    onEnd: () => tell("end"),
    onClose: (error) => tell(`close ${error?.message ?? ""}`),
  });
  return tunnel;
}

export type HttpAnswer = {
  readonly status: number;
  /** From the status line to the empty line. */
  readonly head: string;
  readonly body: Uint8Array;
};

/** A TCP connection that sends exactly what it is told, and takes answers apart by their Content-Length. */
export class RawHttpClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #waiter: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#waiter?.();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isClosed = true;
      this.#waiter?.();
    });
  }

  /** Writes one request, with the headers of librtmp. */
  send(path: string, body: string | Uint8Array = "\0", headers: readonly string[] = []): void {
    const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "User-Agent: Shockwave Flash",
      "Connection: Keep-Alive",
      "Cache-Control: no-cache",
      "Content-type: application/x-fcs",
      `Content-length: ${bytes.length}`,
      ...headers,
    ];
    this.raw(concatBytes([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]));
  }

  raw(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Sends a request, and waits for the next answer. */
  async post(path: string, body?: string | Uint8Array): Promise<HttpAnswer> {
    this.send(path, body);
    return await this.answer();
  }

  /** Opens a session, and returns its id. */
  async open(): Promise<string> {
    const { body } = await this.post("/open/1");
    return Buffer.from(body).toString().trimEnd();
  }

  /** The next answer. Rejects when the connection closes before it is complete. */
  async answer(): Promise<HttpAnswer> {
    for (;;) {
      const answer = this.#takeAnswer();
      if (answer !== undefined) return answer;
      if (this.#isClosed) throw new Error(`closed after: ${this.#received.toString("latin1")}`);
      await this.#change();
    }
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#change();
  }

  #takeAnswer(): HttpAnswer | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = this.#received.subarray(0, end + 4).toString("latin1");
    const length = head.startsWith("HTTP/1.1 1") ? 0 : Number(/\r\nContent-Length: (\d+)\r\n/.exec(head)?.[1]);
    if (Number.isNaN(length)) throw new Error(`an answer without Content-Length: ${head}`);
    if (this.#received.length < end + 4 + length) return undefined;
    const body = new Uint8Array(this.#received.subarray(end + 4, end + 4 + length));
    this.#received = this.#received.subarray(end + 4 + length);
    return { status: Number(head.slice(9, 12)), head, body };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }
}
