import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect as connectTls, TLSSocket } from "node:tls";
import { hex } from "../../src/bytes/hex.ts";
import type { ServerTlsOptions } from "../../src/server/options.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { clip } from "../fixtures/media.ts";
import { createCertificate } from "../support/certificates.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { flvTags } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { comparePlayed, startPlayer } from "../support/players.ts";
import { closed, connectPeer, openPort, post, visit } from "../support/port-client.ts";
import { startPortServer } from "../support/port-server.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Writes a new certificate for the names, over what was there. */
async function writeCertificate(file: string, ...names: readonly string[]): Promise<void> {
  const { cert, key } = await createCertificate(names);
  writeFileSync(file, `${cert}\n${key}`);
}

async function openTls(context: TestContext, port: number, tls: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = await openPort(context, port, { tls });
  ok(socket instanceof TLSSocket);
  return socket;
}

/** The names of the certificate that a client gets who asks for this one. */
async function namesFor(context: TestContext, port: number, servername: string): Promise<string> {
  const socket = await openTls(context, port, { servername });
  const { subjectaltname = "none" } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

test("a client gets the certificate of the name that it asks for, or the first", async (context) => {
  const folder = temporaryFolder(context);
  const [first, second] = [join(folder, "first.pem"), join(folder, "second.pem")];
  await writeCertificate(first, "first.example");
  await writeCertificate(second, "*.second.example");
  const certificates = [{ certificateFile: first }, { certificateFile: second }];
  const { port, codes } = await startPortServer(context, {
    tls: { certificates, selfSignedFolder: join(folder, "own") },
  });
  equal(await namesFor(context, port, "live.second.example"), "DNS:*.second.example");
  equal(await namesFor(context, port, "first.example"), "DNS:first.example");
  equal(await namesFor(context, port, "unknown.example"), "DNS:first.example");
  equal(await namesFor(context, port, ""), "DNS:first.example");
  match(await namesFor(context, port, "localhost"), /DNS:localhost/, "the self-signed one fits better");
  deepEqual(codes, []);
});

test("certificates that are read again are for newcomers; connections live on; a bad file changes nothing", async (context) => {
  const certificateFile = join(temporaryFolder(context), "certificate.pem");
  await writeCertificate(certificateFile, "before.example");
  const { server, port } = await startPortServer(context, { tls: { certificates: [{ certificateFile }] } });
  const early = new RtmpPeer(socketStream(await openTls(context, port)));
  await connectPeer(early);
  await writeCertificate(certificateFile, "after.example");
  equal(await namesFor(context, port, ""), "DNS:before.example");
  await server.reload();
  equal(await namesFor(context, port, ""), "DNS:after.example");
  writeFileSync(certificateFile, "broken");
  await rejects(server.reload(), /certificate\.pem: it holds no certificate/);
  equal(await namesFor(context, port, ""), "DNS:after.example");
  early.command("createStream", 2, 0);
  early.command("publish", 3, 1, "key");
  while (!early.lines.includes("onStatus/1 NetStream.Publish.Start")) await new Promise(setImmediate);
});

test("a server without TLS has nothing to read again", async (context) => {
  const { server } = await startPortServer(context);
  await server.reload();
});

test("the self-signed certificate is the same after a restart, and clients that are given it trust it", async (context) => {
  const selfSignedFolder = temporaryFolder(context);
  const fingerprints: string[] = [];
  for (let start = 0; start < 2; start++) {
    const { port } = await startPortServer(context, { tls: { selfSignedFolder } });
    const ca = readFileSync(join(selfSignedFolder, "self-signed-certificate.pem"));
    for (const host of ["localhost", "127.0.0.1"]) {
      const socket = await openTls(context, port, { ca, host, rejectUnauthorized: true });
      ok(socket.authorized, host);
      fingerprints.push(socket.getPeerCertificate().fingerprint256);
    }
  }
  equal(new Set(fingerprints).size, 1);
});

test("TLS 1.2 and 1.3 are spoken, with forward secrecy, and http/1.1 by ALPN where it is asked for", async (context) => {
  const { port, codes } = await startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context) } });
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const socket = await openTls(context, port, { minVersion: version, maxVersion: version });
    equal(socket.getProtocol(), version);
    match(socket.getCipher().standardName, /^TLS_(ECDHE_ECDSA_WITH_)?AES_128_GCM_SHA256$/);
    equal(socket.alpnProtocol, false);
    await visit(socket, "rtmps");
  }
  const asking = await openTls(context, port, { ALPNProtocols: ["h2", "http/1.1"] });
  equal(asking.alpnProtocol, "http/1.1");
  await visit(asking, "rtmpts");
  deepEqual(codes, []);
});

describe("handshakes that fail are told in words, and the connection closes", () => {
  const refusedIn = async (
    context: TestContext,
    client: ConnectionOptions,
    tls: ServerTlsOptions = {},
  ): Promise<string> => {
    const server = await startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context), ...tls } });
    await closed(await openTls(context, server.port, client));
    await server.untilCode("handshake.tls-failed");
    return server.messages.join();
  };

  it("an old TLS", async (context) => {
    const client = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    match(await refusedIn(context, client), /no TLS version in common/);
  });

  it("TLS 1.2 where 1.3 is asked for", async (context) => {
    match(await refusedIn(context, { maxVersion: "TLSv1.2" }, { minVersion: "TLSv1.3" }), /no TLS version in common/);
  });

  it("TLS 1.3 where 1.2 is the newest", async (context) => {
    match(await refusedIn(context, { minVersion: "TLSv1.3" }, { maxVersion: "TLSv1.2" }), /no TLS version in common/);
  });

  it("a cipher without forward secrecy", async (context) => {
    match(await refusedIn(context, { maxVersion: "TLSv1.2", ciphers: "AES128-SHA" }), /no cipher in common/);
  });

  it("another protocol by ALPN", async (context) => {
    match(await refusedIn(context, { ALPNProtocols: ["h2"] }), /by ALPN, and http\/1\.1 is none of them/);
  });

  for (const [name, bytes, words] of [
    ["garbage", hex`16 ff ff ff ff ff ff ff`, /what came is no TLS/],
    ["a record that is too long", hex`16 03 01 ff ff 01`, /what came is no TLS/],
    ["a hello full of nothing", hex`16 03 01 00 06 01 00 00 02 03 03`, /the TLS handshake failed/],
    ["an alert first", hex`15 03 01 00 02 02 28`, /the TLS handshake failed/],
  ] as const) {
    it(name, async (context) => {
      const server = await startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context) } });
      const neighbour = await server.neighbour(context);
      await closed(await openPort(context, server.port, { prefix: bytes }));
      await server.untilCode("handshake.tls-failed");
      match(server.messages.join(), words);
      equal(neighbour.lines.includes("closed"), false);
    });
  }

  it("garbage behind a whole handshake", async (context) => {
    const server = await startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context) } });
    const raw = await openPort(context, server.port);
    const secure = connectTls({ socket: raw, rejectUnauthorized: false });
    context.after(() => secure.destroy());
    secure.on("error", () => {});
    await once(secure, "secureConnect");
    // Past the encryption, straight into the connection.
    raw.write(hex`ff ff ff ff ff ff ff ff`);
    await closed(secure);
    await server.untilCode("handshake.tls-failed");
  });

  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    it(`garbage in the middle of a session, or of a tunnel's connection: ${maxVersion}`, async (context) => {
      const server = await startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context) } });
      const speak = async (what: (secure: TLSSocket) => Promise<unknown>): Promise<void> => {
        const raw = await openPort(context, server.port);
        const secure = connectTls({ socket: raw, rejectUnauthorized: false, maxVersion });
        context.after(() => secure.destroy());
        secure.on("error", () => {});
        await once(secure, "secureConnect");
        await what(secure);
        raw.write(hex`17 03 03 0028 0000000000000000000000000000000000000000000000000000000000000000000000000000ffff`);
        await closed(secure);
      };
      await speak((secure) => connectPeer(new RtmpPeer(socketStream(secure))));
      match((await server.untilClosed()).reason, /^the TLS connection broke: what came is no TLS$/);
      await speak((secure) => post(secure, "/fcs/ident2"));
      await server.untilCode("handshake.tls-failed");
      match(server.messages.join(), /^the TLS connection broke: what came is no TLS$/);
    });
  }

  it("renegotiation is not answered", async (context) => {
    const tls = { selfSignedFolder: temporaryFolder(context) };
    const server = await startPortServer(context, { tls });
    const secure = await openTls(context, server.port, { maxVersion: "TLSv1.2" });
    const renegotiated: (Error | null)[] = [];
    secure.renegotiate({}, (error) => renegotiated.push(error));
    await closed(secure);
    await server.untilCode("handshake.tls-failed");
    deepEqual(
      renegotiated.filter((error) => error === null),
      [],
    );
  });
});

test("FFmpeg publishes and plays by rtmps, bit by bit, with a self-signed certificate", async (context) => {
  const folder = temporaryFolder(context);
  const live = await startLiveServer(context, { tls: { selfSignedFolder: folder } });
  const url = `rtmps://127.0.0.1:${live.port}/live/key`;
  const players = [startPlayer(context, "ffmpeg", url, folder), startPlayer(context, "rtmpdump", live.url(), folder)];
  await live.until("playing", 2);
  const publisher = ffmpegPublish(context, url, clip("h264-aac"), { isRealtime: false });
  assertEndedWell(publisher, await publisher.done);
  for (const player of players) {
    comparePlayed(player.name, flvTags(clip("h264-aac")), await player.allTags(), { untilEnd: true });
  }
});

test("FFmpeg that checks certificates and does not know ours is told in the log", async (context) => {
  const server = await startPortServer(context, { tls: { selfSignedFolder: temporaryFolder(context) } });
  const outputOptions = ["-c", "copy", "-tls_verify", "1"];
  const url = `rtmps://127.0.0.1:${server.port}/live/key`;
  const publisher = ffmpegPublish(context, url, clip("h264-aac"), { outputOptions });
  notEqual((await publisher.done).exitCode, 0);
  await Promise.race([server.untilCode("handshake.tls-failed"), server.untilMessage("connection closed")]);
});
