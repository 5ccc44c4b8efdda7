import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { describe, it, type TestContext, test } from "node:test";
import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { createMediaServer } from "../../src/server/media-server.ts";

import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { startDrippingRelay } from "../support/dripping-relay.ts";
import { closed, connectPeer, isInTls, openPort, post, visit } from "../support/port-client.ts";
import { type PortServer, type PortServerOptions, startPortServer } from "../support/port-server.ts";
import { openRawWebSocket } from "../support/raw-websocket.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const WAYS: readonly (readonly [RtmpScheme, string])[] = [
  ["rtmp", "tcp"],
  ["rtmps", "tls"],
  ["rtmpt", "http"],
  ["rtmpts", "https"],
  ["ws", "ws"],
  ["wss", "wss"],
];

const PROXY_HEADERS: readonly (readonly [string, Uint8Array, string])[] = [
  ["1", new TextEncoder().encode("PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935\r\n"), "192.0.2.7:50000"],
  ["1 of IPv6", new TextEncoder().encode("PROXY TCP6 2001:db8::1 2001:db8::2 50000 1935\r\n"), "[2001:db8::1]:50000"],
  [
    "2",
    hex`
      0d0a0d0a000d0a515549540a 21 11 0010 ; version 2, IPv4, 16 bytes more
      c0000207 c6336401 c350 078f         ; 192.0.2.7:50000 to 198.51.100.1:1935
      04 0001 00                          ; a value that says nothing
    `,
    "192.0.2.7:50000",
  ],
];

/** With a certificate of its own. */
function start(context: TestContext, options: PortServerOptions = {}): Promise<PortServer> {
  return startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context) }, ...options });
}

const TLS = (scheme: RtmpScheme): { readonly tls?: object } => (isInTls(scheme) ? { tls: {} } : {});

test("one port takes every way in, and each is told by its transport", async (context) => {
  const server = await start(context);
  for (const [scheme, transport] of WAYS) {
    const socket = await openPort(context, server.port, TLS(scheme));
    await visit(socket, scheme);
    const { info } = await server.untilClosed();
    equal(info.transport, transport);
    match(info.remoteAddress, /^127\.0\.0\.1:\d+$/);
  }
  deepEqual(server.codes, []);
});

test("the first bytes may come one by one, in each way", async (context) => {
  const server = await start(context);
  const relayPort = await startDrippingRelay(context, server.port);
  for (const [scheme, transport] of WAYS) {
    await visit(await openPort(context, relayPort, TLS(scheme)), scheme);
    equal((await server.untilClosed()).info.transport, transport);
  }
  deepEqual(server.codes, []);
});

describe("a PROXY protocol header names the client, in front of each way", () => {
  for (const [version, header, address] of PROXY_HEADERS) {
    it(`version ${version}, at once and byte by byte`, async (context) => {
      const server = await start(context, { proxyProtocolFrom: ["127.0.0.0/8"] });
      const relayPort = await startDrippingRelay(context, server.port);
      for (const [scheme, transport] of WAYS) {
        for (const port of [server.port, relayPort]) {
          await visit(await openPort(context, port, { prefix: header, ...TLS(scheme) }), scheme);
          const { info } = await server.untilClosed();
          deepEqual([info.transport, info.remoteAddress], [transport, address]);
        }
      }
      deepEqual(server.codes, []);
    });
  }

  it("the balancer's own connections are its own", async (context) => {
    const server = await start(context, { proxyProtocolFrom: ["127.0.0.1"] });
    const prefix = concatBytes([hex`0d0a0d0a000d0a515549540a 20 00 0000`]);
    await visit(await openPort(context, server.port, { prefix }), "rtmp");
    match((await server.untilClosed()).info.remoteAddress, /^127\.0\.0\.1:/);
  });

  it("on a port of IPv6 and IPv4 an IPv4 address is the same", async (context) => {
    const server = await start(context, { proxyProtocolFrom: ["127.0.0.1"], host: "::" });
    await visit(await openPort(context, server.port, { prefix: PROXY_HEADERS[0]?.[1] ?? hex`` }), "rtmp");
    equal((await server.untilClosed()).info.remoteAddress, "192.0.2.7:50000");
  });

  it("a connection without one is refused, a broken header too, and both are told", async (context) => {
    const server = await start(context, { proxyProtocolFrom: ["127.0.0.1"] });
    for (const prefix of [hex`03`, hex`16`, new TextEncoder().encode("PROXY TCP4 nonsense\r\n")]) {
      await closed(await openPort(context, server.port, { prefix }));
    }
    await server.untilCode("proxy.header", 3);
    match(server.messages.join("\n"), /begins without a PROXY protocol header, though proxyProtocolFrom names/);
  });

  it("from elsewhere it is refused, in front of TLS as inside, with the option's name", async (context) => {
    const server = await start(context, { proxyProtocolFrom: ["192.0.2.1"] });
    for (const [, header] of PROXY_HEADERS) {
      await closed(await openPort(context, server.port, { prefix: header }));
      const inside = await openPort(context, server.port, { tls: {} });
      inside.write(header);
      await closed(inside);
    }
    await server.untilCode("proxy.header", 6);
    match(server.messages[0] ?? "", /proxyProtocolFrom of this listener does not name its address/);
  });
});

test("X-Forwarded-For counts from believed proxies, also behind a balancer", async (context) => {
  const believing = await start(context, { forwardedFrom: ["127.0.0.1", "10.0.0.0/8"] });
  const open = async (server: PortServer): Promise<string> => {
    const socket = await openPort(context, server.port);
    const answer = await post(socket, "/open/1", "X-Forwarded-For: 6.6.6.6, 192.0.2.9, 10.0.0.1");
    await post(socket, `/close/${answer.slice(-33, -1)}/0`);
    socket.destroy();
    return (await server.untilClosed()).info.remoteAddress;
  };
  equal(await open(believing), "192.0.2.9:0");
  match(await open(await start(context)), /^127\.0\.0\.1:\d+$/);
});

describe("a client that says nothing, or stops in the middle, is closed in time and told", () => {
  const hello = hex`16 03 01 02 00 01 00 01 fc 03 03`;
  const text = (letters: string): Uint8Array => new TextEncoder().encode(letters);
  for (const [name, code, prefix, inside] of [
    ["nothing at all", "timeout.first-byte", hex``, undefined],
    ["half a PROXY header from elsewhere", "timeout.first-byte", text("PRO"), undefined],
    ["C0", "timeout.handshake", hex`03`, undefined],
    ["the first byte of TLS", "timeout.tls", hex`16`, undefined],
    ["half a TLS hello", "timeout.tls", hello, undefined],
    ["the first letter of HTTP", "timeout.request", text("G"), undefined],
    ["the headers of HTTP", "timeout.request", text("POST /open/1 HTTP/1.1\r\nHost: a\r\n"), undefined],
    ["nothing inside TLS", "timeout.first-byte", hex``, hex``],
    ["C0 inside TLS", "timeout.handshake", hex``, hex`03`],
    ["the first letter of HTTP inside TLS", "timeout.request", hex``, text("G")],
  ] as const) {
    it(name, async (context) => {
      const server = await start(context, { timeouts: { handshakeMs: 100, requestMs: 100 } });
      const neighbour = await server.neighbour(context);
      const options = inside === undefined ? { prefix } : { tls: {} };
      const socket = await openPort(context, server.port, options);
      if (inside !== undefined && inside.length > 0) socket.write(inside);
      await closed(socket);
      await server.untilCode(code);
      deepEqual(server.codes, [code]);
      equal(neighbour.lines.includes("closed"), false);
    });
  }

  it("a balancer that does not send its header", async (context) => {
    const options = { timeouts: { handshakeMs: 100 }, proxyProtocolFrom: ["127.0.0.1"] };
    const server = await start(context, options);
    for (const prefix of [hex``, text("PROXY TCP4 192.0.2.7"), hex`0d0a0d0a000d0a515549540a 21`]) {
      await closed(await openPort(context, server.port, { prefix }));
    }
    await server.untilCode("timeout.first-byte", 3);
  });

  it("nothing after the PROXY header, told with the client's address", async (context) => {
    const server = await start(context, { timeouts: { handshakeMs: 100 }, proxyProtocolFrom: ["127.0.0.1"] });
    await closed(await openPort(context, server.port, { prefix: PROXY_HEADERS[0]?.[1] ?? hex`` }));
    await server.untilCode("timeout.first-byte");
  });
});

describe("what a listener does not take is refused with the reason", () => {
  const text = (letters: string): Uint8Array => new TextEncoder().encode(letters);
  for (const [accept, name, code, prefix, inside] of [
    [["rtmps"], "plain RTMP", "handshake.plain", hex`03`, undefined],
    [["rtmpt", "ws"], "plain RTMP", "handshake.plain", hex`03`, undefined],
    [["rtmp"], "TLS", "handshake.tls", hex`16`, undefined],
    [["rtmp"], "HTTP", "handshake.http", text("POST /open/1"), undefined],
    [["rtmps"], "HTTP", "handshake.http", text("G"), undefined],
    [["rtmps"], "HTTP in TLS", "handshake.http", hex``, text("G")],
    [["wss", "rtmpts"], "RTMP in TLS", "handshake.plain", hex``, hex`03`],
    [["rtmps"], "TLS in TLS", "handshake.tls", hex``, hex`16`],
    [["rtmp", "rtmps"], "a strange byte", "handshake.version", hex`ff`, undefined],
    [["rtmp", "rtmps"], "a strange byte in TLS", "handshake.version", hex``, hex`20`],
    [["rtmp"], "encrypted RTMP", "handshake.version", hex`06`, undefined],
    [["rtmpe"], "RTMP in clear", "handshake.version", hex`03`, undefined],
  ] as const) {
    it(`${name} where ${accept.join(", ")} is taken`, async (context) => {
      const server = await start(context, { accept });
      const socket = await openPort(context, server.port, inside === undefined ? { prefix } : { tls: {} });
      if (inside !== undefined) socket.write(inside);
      await closed(socket);
      await server.untilCode(code);
    });
  }

  it("HTTP where WebSockets alone are taken opens no tunnel, and says what works", async (context) => {
    const server = await start(context, { accept: ["wss"] });
    const socket = await openPort(context, server.port, { tls: {} });
    match(await post(socket, "/open/1"), /^HTTP\/1\.1 404 .*wss:\/\/HOST:\d+\/APP\/KEY\n$/s);
    await visit(await openPort(context, server.port, { tls: {} }), "wss");
    equal((await server.untilClosed()).info.transport, "wss");
  });
});

test("listeners say what they take; to take TLS without a certificate, or nothing, is an error", async (context) => {
  const listen = [
    { host: "127.0.0.1", port: 0 },
    { host: "127.0.0.1", port: 0, accept: ["ws", "rtmp"] },
  ] as const;
  const server = createMediaServer({ listen });
  context.after(() => server.stop());
  await server.start();
  deepEqual(
    server.listeners.map(({ accepts }) => accepts.join()),
    ["rtmp,rtmpe,rtmpt,rtmpte,ws,http", "rtmp,ws"],
  );
  for (const [options, words] of [
    [{ listen: [{ ...listen[0], accept: ["rtmps"] as const }] }, /rtmps, and there is no certificate: set tls\.cert/],
    [{ listen: [{ ...listen[0], accept: [] }] }, /names no way in/],
    [{ listen: [listen[0]], tls: {} }, /`tls` has no certificate/],
    [{ listen: [{ ...listen[0], proxyProtocolFrom: ["10.0.0.0/33"] }] }, /not an address or network: 10\.0\.0\.0\/33/],
  ] as const) {
    const failing = createMediaServer(options);
    await rejects(failing.start(), words);
    deepEqual(failing.listeners, []);
  }
});

describe("sockets that wait are counted", () => {
  it("maxConnections: nobody else comes in while all are taken", async (context) => {
    const server = await start(context, { limits: { maxConnections: 2 } });
    const waiting = await openPort(context, server.port);
    const inHandshake = await openPort(context, server.port, { prefix: hex`16` });
    await closed(await openPort(context, server.port));
    await server.untilRefused();
    waiting.destroy();
    await server.untilMessage("connection closed");
    await visit(await openPort(context, server.port), "rtmp");
    inHandshake.destroy();
  });

  it("maxConnectionsPerAddress: by the address that a balancer names", async (context) => {
    const server = await start(context, {
      limits: { maxConnectionsPerAddress: 1 },
      proxyProtocolFrom: ["127.0.0.1"],
    });
    const [first = hex``, second = hex``] = PROXY_HEADERS.map(([, header]) => header);
    const waiting = await openPort(context, server.port, { prefix: first });
    await closed(await openPort(context, server.port, { prefix: first }));
    await server.untilRefused();
    await visit(await openPort(context, server.port, { prefix: second }), "rtmp");
    waiting.destroy();
  });

  it("maxConnectionsPerAddress: two sockets of HTTP for each tunnel", async (context) => {
    const server = await start(context, { limits: { maxConnectionsPerAddress: 1 } });
    for (let count = 0; count < 2; count++) {
      match(await post(await openPort(context, server.port), "/idle/unknown/0"), /^HTTP\/1\.1 404/);
    }
    await closed(await openPort(context, server.port, { prefix: new TextEncoder().encode("GET") }));
    await server.untilRefused();
  });
});

test("the pages that may connect, and the name that Flash asks for, are options", async (context) => {
  const { port } = await start(context, {
    http: { allowedOrigins: ["https://example.org"], publicHost: "edge1.example.org" },
  });
  const answerTo = async (origin: string): Promise<string> =>
    (await openRawWebSocket(context, port, { Origin: origin })).answer;
  match(await answerTo("https://evil.example"), /^HTTP\/1\.1 403 /);
  match(await answerTo("https://example.org"), /^HTTP\/1\.1 101 /);
  match(
    await post(await openPort(context, port), "/fcs/ident2"),
    /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nedge1\.example\.org$/,
  );
});

test("stopping ends whoever waits, in TLS and HTTP too, and drains only who is inside", async (context) => {
  const server = await start(context);
  const waiting = [
    await openPort(context, server.port),
    await openPort(context, server.port, { prefix: hex`16 03 01` }),
    await openPort(context, server.port, { tls: {} }),
  ];
  const http = await openPort(context, server.port);
  match(await post(http, "/open/1"), /^HTTP\/1\.1 200/);
  const peer = new RtmpPeer(socketStream(await openPort(context, server.port)));
  await connectPeer(peer);
  const drained = server.server.drain();
  await Promise.all(waiting.map(closed));
  await drained;
  await closed(http);
  equal(peer.lines.includes("onStatus/0 NetConnection.Connect.AppShutdown"), true);
  deepEqual(server.codes, []);
  equal(server.server.connectionCount, 0);
});

test("who connects and goes leaves one line", async (context) => {
  const server = await start(context);
  (await openPort(context, server.port)).end();
  await server.untilMessage("connection closed");
  const reset = await openPort(context, server.port);
  reset.resetAndDestroy();
  await server.untilMessage("connection closed", 2);
  const inTls = await openPort(context, server.port, { tls: {} });
  inTls.destroy();
  await server.untilMessage("connection closed", 3);
  deepEqual(server.codes, []);
});
