import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { type HttpAnswer, startTunnels, type TestTunnels } from "../../../test/support/rtmpt-tunnel.ts";
import { hex } from "../../bytes/hex.ts";
import { RtmptServer } from "./rtmpt-server.ts";

const text = ({ body }: HttpAnswer): string => Buffer.from(body).toString("latin1");

function tunnelOf(tunnels: TestTunnels, index = 0) {
  const tunnel = tunnels.tunnels[index];
  if (tunnel === undefined) throw new Error(`there is no tunnel ${index}`);
  return tunnel;
}

describe("a session of RTMPT", () => {
  it("opens with an id that nobody can guess, and a line end that librtmp may drop", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const first = await client.post("/open/1");
    equal(
      first.head,
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-fcs\r\nContent-Length: 33\r\nCache-Control: no-cache\r\n" +
        "Connection: Keep-Alive\r\n\r\n",
    );
    match(text(first), /^[0-9a-f]{32}\n$/);
    const second = await client.post("/open/1");
    notEqual(text(first), text(second));
    const { stream } = tunnelOf(tunnels);
    equal(stream.transport, "http");
    equal(stream.remoteAddress, `127.0.0.1:${client.socket.localPort}`);
    equal(tunnels.server.sessionCount, 2);
  });

  it("answers ident2 with 404 or with a name, and the connection goes on", async (t) => {
    const unnamed = (await startTunnels(t)).client();
    for (const path of ["/fcs/ident2", "/fcs/ident"]) {
      const { status, head, body } = await unnamed.post(path);
      equal(status, 404);
      match(head, /\r\nConnection: Keep-Alive\r\n/);
      equal(body.length, 0);
    }
    match(await unnamed.open(), /^[0-9a-f]{32}$/);
    const named = (await startTunnels(t, { publicHost: "edge1.example" })).client();
    equal(text(await named.post("/fcs/ident2")), "edge1.example");
  });

  it("goes through its life as FFmpeg lives it", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const post = (path: string, body: string): void =>
      client.raw(
        `POST ${path} HTTP/1.1\r\nAccept: */*\r\nConnection: keep-alive\r\nHost: 127.0.0.1:${tunnels.port}\r\n` +
          `Content-Length: ${body.length}\r\nIcy-MetaData: 1\r\nCache-Control: no-cache\r\n` +
          `Content-type: application/x-fcs\r\nUser-Agent: Shockwave Flash\r\n\r\n${body}`,
      );
    post("/open/1", "\0");
    const id = text(await client.answer()).trimEnd();
    const tunnel = tunnelOf(tunnels);
    tunnel.onEvent = (event) => {
      if (event === "bytes C0C1") tunnel.stream.write([hex`53 30`, hex`53 31`]);
    };
    post(`/send/${id}/0`, "C0C1");
    deepEqual((await client.answer()).body, hex`01 53 30 53 31 ; interval, S0, S1`);
    post(`/send/${id}/1`, "C2 connect");
    deepEqual((await client.answer()).body, hex`01`);
    post(`/idle/${id}/2`, "\0");
    deepEqual((await client.answer()).body, hex`03`);
    post(`/close/${id}/3`, "\0");
    deepEqual((await client.answer()).body, hex`00`);
    deepEqual(tunnel.events, ["bytes C0C1", "drain", "bytes C2 connect", "end", "close "]);
    equal(tunnel.stream.bytesRead, 14);
    equal(tunnel.stream.bytesWritten, 4);
    post(`/idle/${id}/4`, "\0");
    equal((await client.answer()).status, 404);
    equal(tunnels.server.sessionCount, 0);
  });

  it("takes requests that librtmp sends without waiting, and answers them in order", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnel.onEvent = (event) => {
      if (event === "bytes connect") tunnel.stream.write([Buffer.from("result")]);
    };
    client.socket.cork();
    for (const [sequence, body] of ["C0C1", "C2", "connect"].entries()) client.send(`/send/${id}/${sequence}`, body);
    client.socket.uncork();
    deepEqual([await client.answer(), await client.answer()].map(text), ["\x01", "\x01"]);
    equal(text(await client.answer()), "\x01result");
    equal(tunnel.text(), "C0C1C2connect");
  });

  it("takes hundreds of them from one read", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    client.socket.cork();
    for (let sequence = 0; sequence < 300; sequence++) client.send(`/send/${id}/${sequence}`, "x");
    client.socket.uncork();
    for (let sequence = 0; sequence < 300; sequence++) equal((await client.answer()).status, 200);
    equal(tunnelOf(tunnels).text(), "x".repeat(300));
  });

  it("feeds a body as it comes, byte by byte", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    client.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n`);
    for (const letter of "abc") {
      client.raw(letter);
      await tunnel.until(`bytes ${letter}`);
    }
    equal((await client.answer()).status, 200);
  });

  it("writes head and body at once", async () => {
    const writes: number[] = [];
    const server = new RtmptServer({
      limits: { maxTunnels: 1, maxTunnelBodyBytes: 10, maxTunnelPendingBytes: 10 },
      timeouts: { tunnelMs: 1000, requestMs: 1000 },
      onStream: (stream) => stream.start({ onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} }),
      clientAddress: () => "127.0.0.1:1",
    });
    const http = createServer((request, response) => void server.handle(request, response));
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = new Duplex({
      read() {},
      writev(chunks, done) {
        writes.push(chunks.length);
        done();
        resolve();
      },
      write(_chunk, _encoding, done) {
        writes.push(0);
        done();
        resolve();
      },
    });
    http.emit("connection", socket);
    socket.push("POST /open/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n\0");
    await promise;
    await new Promise(setImmediate);
    deepEqual(writes, [2], "one write, of head and body");
    server.close();
    socket.destroy();
    http.close();
  });
});

describe("what is written to a tunnel", () => {
  it("waits for a request, and is drained when the answer is sent", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const { stream, events } = tunnelOf(tunnels);
    stream.write([Buffer.from("ab"), new Uint8Array(), Buffer.from("c")]);
    equal(stream.unsentBytes, 3);
    equal(stream.bytesWritten, 3);
    deepEqual(events, []);
    equal(text(await client.post(`/idle/${id}/0`)), "\x01abc");
    equal(stream.unsentBytes, 0);
    deepEqual(events, ["drain"]);
  });

  it("answers a request that is held", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnel.onEvent = (event) => {
      // One turn later, when the request is held.
      if (event === "bytes x") setImmediate(() => setImmediate(() => tunnel.stream.write([Buffer.from("answer")])));
    };
    client.send(`/send/${id}/0`, "x");
    client.send(`/idle/${id}/1`);
    equal(text(await client.answer()), "\x01", "the older gets nothing");
    equal(text(await client.answer()), "\x01answer");
  });

  it("goes out in answers of at most 64 KiB", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    const data = Uint8Array.from({ length: 2 * 65_535 + 1 }, (_, index) => index % 251);
    tunnel.stream.write([data.subarray(0, 65_535)]);
    const whole = await client.post(`/idle/${id}/0`);
    equal(whole.body.length, 65_536);
    tunnel.stream.write([data.subarray(0, 40_000), data.subarray(40_000)]);
    equal(tunnel.stream.unsentBytes, data.length);
    const parts: Uint8Array[] = [];
    for (let sequence = 1; sequence <= 3; sequence++) {
      const { body } = await client.post(`/idle/${id}/${sequence}`);
      parts.push(body.subarray(1));
    }
    deepEqual(
      parts.map(({ length }) => length),
      [65_535, 65_535, 1],
    );
    deepEqual(new Uint8Array(Buffer.concat(parts)), data);
    deepEqual(tunnel.events, ["drain", "drain"]);
  });

  it("is repeated for a request that comes again, until the next", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    const piece = Buffer.from("data");
    tunnel.stream.write([piece]);
    equal(text(await client.post(`/send/${id}/0`, "abc")), "\x01data");
    piece.fill(0);
    tunnel.stream.write([Buffer.from("more")]);
    const other = tunnels.client();
    equal(text(await other.post(`/send/${id}/0`, "abc")), "\x01data");
    equal(text(await client.post(`/send/${id}/0`, "abc")), "\x01data");
    equal(tunnel.text(), "abc", "the body counts once");
    equal(text(await other.post(`/idle/${id}/1`)), "\x01more");
    equal(text(await other.post(`/idle/${id}/1`)), "\x01more");
    equal((await client.post(`/send/${id}/0`, "abc")).status, 400);
    equal(tunnels.server.sessionCount, 1);
    deepEqual(
      tunnel.events.filter((event) => event === "drain"),
      ["drain", "drain"],
    );
  });

  it("goes to the later one of two that are the same, while the first waits", async (t) => {
    const tunnels = await startTunnels(t);
    const [first, second] = [tunnels.client(), tunnels.client()];
    const id = await first.open();
    first.send(`/send/${id}/0`, "x");
    await tunnelOf(tunnels).until("bytes x");
    second.send(`/send/${id}/0`, "x");
    equal((await first.answer()).status, 400);
    tunnelOf(tunnels).stream.write([Buffer.from("data")]);
    equal(text(await second.answer()), "\x01data");
  });

  it("goes out again when the connection of its answer was lost", async (t) => {
    const tunnels = await startTunnels(t);
    const { id, client } = await answerThatIsLost(tunnels);
    const tunnel = tunnelOf(tunnels);
    equal(tunnel.stream.unsentBytes, 4, "still to be sent");
    equal(text(await client.post(`/send/${id}/0`, "x")), "\x01data");
    equal(text(await client.post(`/close/${id}/1`)), "\0");
    deepEqual(tunnel.events, ["bytes x", "drain", "end", "close "]);
  });

  it("ends the session if the client goes on without it", async (t) => {
    const tunnels = await startTunnels(t);
    const { id, client } = await answerThatIsLost(tunnels);
    equal((await client.post(`/idle/${id}/1`)).status, 400);
    const tunnel = tunnelOf(tunnels);
    await tunnel.until("close");
    equal(tunnel.events.at(-1), "close an answer of the tunnel was lost, and not asked for again");
  });

  /** An answer with "data" that cannot go out, because one before it on the same connection is held; then the connection breaks. */
  async function answerThatIsLost(tunnels: TestTunnels) {
    const broken = tunnels.client();
    const [accepted] = (await once(tunnels.http, "connection")) as [Socket];
    const client = tunnels.client();
    const id = await broken.open();
    const otherId = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnel.stream.write([Buffer.from("data")]);
    broken.send(`/idle/${otherId}/0`);
    broken.send(`/send/${id}/0`, "x");
    await tunnel.until("bytes x");
    await new Promise(setImmediate);
    broken.socket.destroy();
    await once(accepted, "close");
    return { id, client };
  }
});
