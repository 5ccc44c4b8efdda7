import { deepEqual, equal } from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect, createServer } from "node:tls";
import { createCertificate } from "../../test/support/certificates.ts";
import { AddressList } from "./address-list.ts";
import { HttpPort } from "./http-port.ts";

const REQUESTS = 40;
const ANSWER_BYTES = 200_000;
/** Of one record of TLS 1.3: its header, its type and its tag. */
const RECORD_OVERHEAD_BYTES = 22;

test("requests that come inside TLS faster than their answers are read are all answered", async (context) => {
  const refusals: string[] = [];
  const port = new HttpPort({
    routes: [
      {
        handle(_, response) {
          response.end(Buffer.alloc(ANSWER_BYTES));
          return true;
        },
      },
    ],
    requestMs: 15_000,
    idleMs: 30_000,
    onRefused: (_, error) => refusals.push(error.message),
  });
  const { key, cert } = await createCertificate(["localhost"]);
  const origin = {
    remoteAddress: "192.0.2.7:5000",
    accept: new Set(["rtmpts"] as const),
    forwardedFrom: new AddressList([]),
  };
  const server = createServer({ key, cert }, (socket) => port.serve(socket, origin)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const serverPort = typeof address === "object" && address !== null ? address.port : 0;
  const relay = await startHoldingRelay(context, serverPort);
  const client = connect({ port: relay.port, host: "127.0.0.1", ca: cert, servername: "localhost" });
  context.after(() => {
    client.destroy();
    server.close();
    port.close();
  });
  await once(client, "secureConnect");
  let receivedBytes = 0;
  client.on("data", (bytes: Buffer) => {
    receivedBytes += bytes.length;
  });
  relay.hold();
  let recordBytes = 0;
  for (let index = 1; index <= REQUESTS; index++) {
    const connection = index === REQUESTS ? "close" : "keep-alive";
    const request = `GET /${index} HTTP/1.1\r\nHost: test\r\nConnection: ${connection}\r\n\r\n`;
    recordBytes += request.length + RECORD_OVERHEAD_BYTES;
    // Each is a record of its own, as librtmp sends them.
    await new Promise<void>((resolve) => client.write(request, () => resolve()));
  }
  await relay.release(recordBytes);
  await once(client, "close");
  deepEqual(refusals, []);
  equal(Math.floor(receivedBytes / ANSWER_BYTES), REQUESTS);
});

type HoldingRelay = {
  readonly port: number;
  /** Keeps what the client sends from now on. */
  hold(): void;
  /** Sends it on in one piece, once it is at least so long. */
  release(minBytes: number): Promise<void>;
};

async function startHoldingRelay(context: TestContext, serverPort: number): Promise<HoldingRelay> {
  let isHolding = false;
  let held = Buffer.alloc(0);
  let server: Socket | undefined;
  const arrivals = new EventEmitter();
  const relay = createTcpServer((client) => {
    server = connectTcp(serverPort, "127.0.0.1");
    server.pipe(client);
    context.after(() => client.destroy());
    client.on("data", (bytes: Buffer) => {
      if (isHolding) held = Buffer.concat([held, bytes]);
      else server?.write(bytes);
      arrivals.emit("bytes");
    });
  }).listen(0, "127.0.0.1");
  await once(relay, "listening");
  context.after(() => relay.close());
  const address = relay.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    hold: () => {
      isHolding = true;
    },
    release: async (minBytes) => {
      while (held.length < minBytes) await once(arrivals, "bytes");
      server?.write(held);
    },
  };
}
