import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { type Certificate, createAuthority, createCertificate } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { hex } from "../bytes/hex.ts";
import type { ByteStream } from "./byte-stream.ts";
import { connectTls, type TlsConnectOptions } from "./tls-connect.ts";

const DAY_MS = 24 * 3600 * 1000;
const LOOPBACK = "127.0.0.1";

let authority: Certificate;
let localhost: Certificate;
before(async () => {
  authority = await createAuthority();
  localhost = await createCertificate(["localhost", LOOPBACK, "::1"], { authority });
});

/** A server that ends with its test. */
async function listening(context: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
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

type TestTlsServer = { readonly port: number; readonly server: Server };

async function tlsServer(context: TestContext, options: TlsOptions = localhost): Promise<TestTlsServer> {
  const server = createServer(options, (socket) => void socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  return { port: await listening(context, server), server };
}

/** Connects, and closes with the test. */
async function dial(context: TestContext, options: TlsConnectOptions): Promise<ByteStream> {
  const stream = await connectTls(options);
  context.after(() => stream.destroy());
  return stream;
}

/** Resolves with the bytes as soon as there are as many, and with the error that the stream closed with. */
function collect(
  stream: ByteStream,
  count: number,
): { bytes: Promise<Uint8Array>; closed: Promise<Error | undefined> } {
  const bytes = Promise.withResolvers<Uint8Array>();
  const closed = Promise.withResolvers<Error | undefined>();
  let received = new Uint8Array();
  stream.start({
    onBytes(more) {
      received = Uint8Array.from([...received, ...more]);
      if (received.length >= count) bytes.resolve(received);
    },
    onDrain() {},
    onEnd() {},
    onClose: closed.resolve,
  });
  return { bytes: bytes.promise, closed: closed.promise };
}

async function failure(options: TlsConnectOptions): Promise<string> {
  const error: unknown = await connectTls(options).catch((reason: unknown) => reason);
  ok(error instanceof Error, "a connection came about");
  return error.message;
}

test("bytes go both ways, and both sides end in order", async (context) => {
  const { port, server } = await tlsServer(context);
  const accepted = once(server, "secureConnection");
  const stream = await dial(context, { host: "localhost", port, tls: { ca: authority.cert } });
  const [socket] = (await accepted) as [TLSSocket];
  equal(stream.transport, "tls");
  equal(stream.remoteAddress, `127.0.0.1:${port}`);
  const { bytes, closed } = collect(stream, 3);
  stream.write([hex`01 02`, hex`03`]);
  const [received] = (await once(socket, "data")) as [Uint8Array];
  deepEqual(Uint8Array.from(received), hex`01 02 03`);
  socket.end(hex`04 05 06`);
  deepEqual(await bytes, hex`04 05 06`);
  equal(await closed, undefined);
});

test("an address that the certificate names is as good as a name, and sends none", async (context) => {
  const { port, server } = await tlsServer(context);
  const accepted = once(server, "secureConnection");
  await dial(context, { host: LOOPBACK, port, tls: { ca: authority.cert } });
  const [socket] = (await accepted) as [TLSSocket];
  equal(socket.servername, false);
});

test("the name that is asked for is the host, without a dot at its end, or what the options say", async (context) => {
  const other = await createCertificate(["stream.example.org"], { authority });
  const { port, server } = await tlsServer(context, other);
  for (const serverName of ["stream.example.org", "stream.example.org."]) {
    const accepted = once(server, "secureConnection");
    await dial(context, { host: LOOPBACK, port, tls: { ca: authority.cert, serverName } });
    const [socket] = (await accepted) as [TLSSocket];
    equal(socket.servername, "stream.example.org");
  }
});

test("authorities come from a file too", async (context) => {
  const { port } = await tlsServer(context);
  const caFile = join(temporaryFolder(context), "ca.pem");
  writeFileSync(caFile, authority.cert);
  const stream = await dial(context, { host: "localhost", port, tls: { caFile } });
  equal(stream.transport, "tls");
});

test("a self-signed certificate is trusted when it is named", async (context) => {
  const certificate = await createCertificate(["localhost"]);
  const { port } = await tlsServer(context, certificate);
  const stream = await dial(context, { host: "localhost", port, tls: { ca: certificate.cert } });
  equal(stream.transport, "tls");
});

test("insecure accepts what is self-signed, expired and for somebody else", async (context) => {
  const certificate = await createCertificate(["example.org"], {
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() - DAY_MS),
  });
  const { port } = await tlsServer(context, certificate);
  const stream = await dial(context, { host: "localhost", port, tls: { insecure: true } });
  equal(stream.transport, "tls");
});

test("the environment does not turn verification off", async (context) => {
  const { port } = await tlsServer(context);
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  context.after(() => {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  });
  match(await failure({ host: "localhost", port }), /no known authority/);
});

test("what is wrong with a certificate is said, and what to do", async (context) => {
  const past = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  const future = { notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 2 * DAY_MS) };
  const known = { tls: { ca: authority.cert } };
  for (const [certificate, options, expected] of [
    [await createCertificate(["localhost"]), {}, /its certificate is self-signed\. Name it in tls\.caFile/],
    [localhost, {}, /no known authority signed its certificate\. Name that authority in tls\.caFile/],
    [await createCertificate(["localhost"], { authority, ...past }), known, /has expired\. Renew it/],
    [await createCertificate(["localhost"], { authority, ...future }), known, /not valid yet\. Check the clocks/],
    [
      await createCertificate(["example.org", "192.0.2.1"], { authority }),
      known,
      /is not for localhost but for DNS:example\.org, IP Address:192\.0\.2\.1\. Use a name of it/,
    ],
    [localhost, { tls: { ...known.tls, serverName: "example.org" } }, /is not for example\.org but for DNS:localhost/],
  ] as const) {
    const { port } = await tlsServer(context, certificate);
    const message = await failure({ host: "localhost", port, ...options });
    match(message, new RegExp(`^no TLS connection with localhost:${port}: `));
    match(message, expected);
  }
});

test("a server without TLS is told by what it does", async (context) => {
  for (const [answer, expected] of [
    [(socket: Socket) => socket.write(new Uint8Array(1537).fill(3)), /answers with something else/],
    [(socket: Socket) => socket.write(hex`03 00000000 00000000`), /answers with something else\. Check that it/],
    [(socket: Socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), /answers with something else/],
    [(socket: Socket) => socket.destroy(), /it closed the connection\. Check that it speaks TLS on this port: rtmp:/],
    [(socket: Socket) => socket.end(), /it closed the connection/],
    [(socket: Socket) => socket.resetAndDestroy(), /it closed the connection/],
  ] as const) {
    const server = createTcpServer((socket) => void socket.once("data", () => answer(socket)));
    const port = await listening(context, server);
    match(await failure({ host: LOOPBACK, port }), expected);
  }
});

test("a server that says nothing ends with the time, and nothing stays open", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const closed = Promise.withResolvers<void>();
  const server = createTcpServer((socket) => {
    socket.on("close", () => closed.resolve());
    socket.once("data", () => context.mock.timers.tick(5000));
  });
  const port = await listening(context, server);
  match(await failure({ host: LOOPBACK, port, timeoutMs: 5000 }), /^no TLS connection with .* within 5000 ms: it says/);
  await closed.promise;
});

test("an address that does not answer ends with the time too, told as without TLS", async (context) => {
  context.mock.method(dns, "lookup", () => setImmediate(() => context.mock.timers.tick(5000)));
  context.mock.timers.enable({ apis: ["setTimeout"] });
  match(
    await failure({ host: "example.org", port: 443, timeoutMs: 5000 }),
    /^cannot connect to example\.org:443 within 5000 ms\./,
  );
});

test("old versions of TLS, missing ciphers and unknown names are told apart", async (context) => {
  const old = await tlsServer(context, {
    ...localhost,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "ALL:@SECLEVEL=0",
  });
  match(await failure({ host: "localhost", port: old.port }), /refuses TLS 1\.2 and 1\.3|old version of TLS only/);
  const strange = await tlsServer(context, { ...localhost, maxVersion: "TLSv1.2", ciphers: "PSK-AES128-CBC-SHA" });
  match(await failure({ host: "localhost", port: strange.port }), /no cipher or signature in common/);
  const picky = await tlsServer(context, { ...localhost, SNICallback: (name, done) => done(new Error(`no ${name}`)) });
  match(
    await failure({ host: "localhost", port: picky.port }),
    /it closed the connection|no certificate for localhost/,
  );
});

test("authorities that cannot be read are told, and nothing stays open", async (context) => {
  const { port, server } = await tlsServer(context);
  const folder = temporaryFolder(context);
  const file = join(folder, "empty.pem");
  writeFileSync(file, "nothing");
  const tried: [TlsConnectOptions["tls"], RegExp][] = [
    [{ caFile: join(folder, "missing.pem") }, /^cannot read the authorities in .*missing\.pem\. Check the path/],
    [{ caFile: file }, /^the file .*empty\.pem holds no certificate/],
    [{ ca: "" }, /^tls\.ca holds no certificate/],
  ];
  for (const [tls, expected] of tried) {
    const closed = once(server, "connection").then(([socket]: Socket[]) => socket && once(socket, "close"));
    match(await failure({ host: LOOPBACK, port, ...(tls && { tls }) }), expected);
    await closed;
  }
});

test("a connection that is refused is told as without TLS", async (context) => {
  const server = createTcpServer();
  const port = await listening(context, server);
  server.close();
  await once(server, "close");
  match(await failure({ host: LOOPBACK, port }), /cannot connect to 127\.0\.0\.1:\d+: nothing listens there/);
});

test("connecting can be given up before and during TLS, and nothing stays open", async (context) => {
  const reason = new Error("changed my mind");
  await rejects(connectTls({ host: LOOPBACK, port: 1, signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const closed = Promise.withResolvers<void>();
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => closed.resolve());
    socket.once("data", () => controller.abort(reason));
  });
  const port = await listening(context, server);
  await rejects(connectTls({ host: LOOPBACK, port, signal: controller.signal }), reason);
  await closed.promise;
});
