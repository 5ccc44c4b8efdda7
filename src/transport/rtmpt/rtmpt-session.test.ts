import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { type HttpAnswer, startTunnels, type TestTunnels, type Tunnel } from "../../../test/support/rtmpt-tunnel.ts";
import { MAX_GAP_MS } from "./request-line.ts";
import { LINGER_MS } from "./rtmpt-session.ts";

const text = ({ body }: HttpAnswer): string => Buffer.from(body).toString("latin1");

function tunnelOf({ tunnels: [tunnel] }: TestTunnels): Tunnel {
  if (tunnel === undefined) throw new Error("there is no tunnel");
  return tunnel;
}

/** A session with one request, which its owner did not let pass. */
async function pausedTunnel(tunnels: TestTunnels) {
  const client = tunnels.client();
  const id = await client.open();
  const tunnel = tunnelOf(tunnels);
  tunnel.onEvent = (event) => {
    if (event === "bytes pause") tunnel.stream.pause();
  };
  equal((await client.post(`/send/${id}/0`, "pause")).status, 200);
  return { client, id, tunnel, stream: tunnel.stream };
}

describe("the order of requests", () => {
  it("comes from their numbers, whatever connection they came on", async (t) => {
    const tunnels = await startTunnels(t);
    const [fast, slow] = [tunnels.client(), tunnels.client()];
    const id = await fast.open();
    const tunnel = tunnelOf(tunnels);
    equal(text(await fast.post(`/send/${id}/0`, "a")), "\x01");
    fast.send(`/send/${id}/2`, "c");
    fast.send(`/send/${id}/3`, "d");
    // The server has read it when it answers what stands behind: here on a third connection.
    await tunnels.client().open();
    equal(tunnel.text(), "a");
    tunnel.stream.write([Buffer.from("data")]);
    equal(text(await slow.post(`/send/${id}/1`, "b")), "\x01", "data only for the newest");
    equal(text(await fast.answer()), "\x01");
    equal(text(await fast.answer()), "\x01data");
    equal(tunnel.text(), "abcd");
  });

  it("may have 16 requests behind a gap", async (t) => {
    const tunnels = await startTunnels(t);
    const [early, late] = [tunnels.client(), tunnels.client()];
    const id = await early.open();
    for (let sequence = 1; sequence <= 16; sequence++) {
      // The first number that comes may be 1, but then there is no gap.
      if (sequence === 1) equal((await late.post(`/send/${id}/0`, "0")).status, 200);
      early.send(`/send/${id}/${sequence + 1}`, String.fromCharCode(97 + sequence));
    }
    late.send(`/send/${id}/1`, "a");
    for (let count = 0; count < 16; count++) equal((await early.answer()).status, 200);
    equal((await late.answer()).status, 200);
    equal(tunnelOf(tunnels).text(), "0abcdefghijklmnopq");
  });

  it("ends the session with the 17th", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    for (let sequence = 2; sequence <= 17; sequence++) client.send(`/send/${id}/${sequence}`, "x");
    equal((await client.answer()).status, 400);
    await tunnelOf(tunnels).until("close");
    deepEqual(tunnelOf(tunnels).events, ["close more than 16 requests before number 17 are missing"]);
  });

  it("waits 5 s for a request that is missing, and no longer", async (t) => {
    const tunnels = await startTunnels(t);
    const [early, late] = [tunnels.client(), tunnels.client()];
    const id = await early.open();
    const tunnel = tunnelOf(tunnels);
    equal((await early.post(`/send/${id}/0`, "a")).status, 200);
    early.send(`/send/${id}/2`, "c");
    await requestSeen(tunnels);
    tunnels.pass(500);
    tunnels.pass(MAX_GAP_MS);
    equal((await late.post(`/send/${id}/1`, "b")).status, 200);
    equal((await early.answer()).status, 200);
    early.send(`/send/${id}/4`, "e");
    await requestSeen(tunnels);
    tunnels.pass(500);
    tunnels.pass(MAX_GAP_MS + 1);
    equal((await early.answer()).status, 400);
    equal(tunnel.text(), "abc");
    await tunnel.until("close request number 3 did not come");
  });

  it("bounds the bytes behind a gap", async (t) => {
    // 512 count for each request itself.
    const tunnels = await startTunnels(t, { maxTunnelPendingBytes: 1000 + 2 * 512 });
    const [early, late] = [tunnels.client(), tunnels.client()];
    const id = await early.open();
    const tunnel = tunnelOf(tunnels);
    equal((await late.post(`/send/${id}/0`, "a")).status, 200);
    early.send(`/send/${id}/2`, "c".repeat(1000));
    await requestSeen(tunnels);
    equal((await late.post(`/send/${id}/1`, "b")).status, 200);
    equal((await early.answer()).status, 200);
    equal(tunnel.stream.bytesRead, 1002);
    early.send(`/send/${id}/4`, "c".repeat(1000 + 512 + 1));
    equal((await early.answer()).status, 400);
    await tunnel.until("close more than 2024 bytes of requests wait");
  });

  /** Requests come to the server in the order in which they were written to loopback. */
  async function requestSeen(tunnels: TestTunnels): Promise<void> {
    const before = tunnels.tunnels.length;
    await tunnels.client().open();
    equal(tunnels.tunnels.length, before + 1);
  }
});

describe("a request that comes again", () => {
  it("is completed when its connection broke in the middle of the body", async (t) => {
    const tunnels = await startTunnels(t);
    const [broken, client] = [tunnels.client(), tunnels.client()];
    const id = await broken.open();
    const tunnel = tunnelOf(tunnels);
    broken.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
    await tunnel.until("bytes abc");
    broken.socket.destroy();
    equal((await client.post(`/send/${id}/0`, "abcdef")).status, 200);
    equal(tunnel.text(), "abcdef");
  });

  it("takes the place of one whose connection hangs", async (t) => {
    const tunnels = await startTunnels(t);
    const [hanging, client] = [tunnels.client(), tunnels.client()];
    const id = await hanging.open();
    const tunnel = tunnelOf(tunnels);
    hanging.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
    await tunnel.until("bytes abc");
    client.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\na`);
    equal((await hanging.answer()).status, 400);
    hanging.raw("XYZ");
    client.raw("bc");
    client.raw("def");
    equal((await client.answer()).status, 200);
    equal(tunnel.text(), "abcdef");
  });

  const fights: Readonly<Record<string, (id: string) => readonly [path: string, body: string]>> = {
    "another body of the same length": (id) => [`/send/${id}/0`, "abX"],
    "a longer body": (id) => [`/send/${id}/0`, "abcd"],
    "a shorter body": (id) => [`/send/${id}/0`, "ab"],
    "another kind": (id) => [`/idle/${id}/0`, "\0"],
  };
  for (const [name, request] of Object.entries(fights)) {
    it(`ends the session when two clients fight over it: ${name}`, async (t) => {
      const tunnels = await startTunnels(t);
      const [one, other] = [tunnels.client(), tunnels.client()];
      const id = await one.open();
      const tunnel = tunnelOf(tunnels);
      equal((await one.post(`/send/${id}/0`, "abc")).status, 200);
      equal((await other.post(...request(id))).status, 400);
      equal((await one.post(`/idle/${id}/1`)).status, 404);
      deepEqual(tunnel.events, ["bytes abc", "close two different requests came with the same number"]);
    });
  }

  it("ends the session when its beginning is another than that which came before", async (t) => {
    const tunnels = await startTunnels(t);
    const [broken, client] = [tunnels.client(), tunnels.client()];
    const id = await broken.open();
    const tunnel = tunnelOf(tunnels);
    broken.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
    await tunnel.until("bytes abc");
    equal((await client.post(`/send/${id}/0`, "abXdef")).status, 400);
    await tunnel.until("close two different requests came with the same number");
    equal(tunnel.text(), "abc");
  });
});

describe("a tunnel whose owner pauses", () => {
  it("hands on nothing until it goes on, but lets the client ask", async (t) => {
    const tunnels = await startTunnels(t);
    const { client, id, tunnel, stream } = await pausedTunnel(tunnels);
    equal((await client.post(`/idle/${id}/1`)).status, 200);
    client.send(`/send/${id}/2`, "later");
    client.send(`/close/${id}/3`);
    await tunnels.client().open();
    deepEqual(tunnel.events, ["bytes pause"]);
    stream.resume();
    deepEqual([await client.answer(), await client.answer()].map(text), ["\0", "\0"]);
    deepEqual(tunnel.events, ["bytes pause", "bytes later", "end", "close "]);
  });

  it("does not read a body that is larger than what may wait", async (t) => {
    const maxTunnelBodyBytes = 32 * 1024 * 1024;
    const tunnels = await startTunnels(t, { maxTunnelBodyBytes, maxTunnelPendingBytes: 256 * 1024 });
    const { client, id, tunnel, stream } = await pausedTunnel(tunnels);
    client.send(`/send/${id}/1`, new Uint8Array(maxTunnelBodyBytes));
    const other = tunnels.client();
    for (let rounds = 0; rounds < 100; rounds++) await other.post("/fcs/ident2");
    equal(tunnel.receivedBytes, 5);
    // Neither a time-out: it is the server that does not read.
    tunnels.pass(20_000);
    stream.resume();
    equal((await client.answer()).status, 200);
    equal(tunnel.receivedBytes, 5 + maxTunnelBodyBytes);
    equal(stream.bytesRead, 5 + maxTunnelBodyBytes);
  });

  it("keeps requests that are sent without waiting, as far as they may wait", async (t) => {
    // Each has one byte, and counts 512 more.
    const tunnels = await startTunnels(t, { maxTunnelPendingBytes: 1000 * 513 });
    const { client, id, tunnel, stream } = await pausedTunnel(tunnels);
    const send = (first: number, count: number): void => {
      client.socket.cork();
      for (let sequence = first; sequence < first + count; sequence++) client.send(`/send/${id}/${sequence}`, "x");
      client.socket.uncork();
    };
    send(1, 1000);
    const other = tunnels.client();
    for (let rounds = 0; rounds < 100; rounds++) await other.post("/fcs/ident2");
    stream.resume();
    for (let count = 0; count < 1000; count++) equal((await client.answer()).status, 200);
    equal(tunnel.receivedBytes, 5 + 1000);
    stream.pause();
    send(1001, 1001);
    await tunnel.until("close more than 513000 bytes of requests wait");
    equal(tunnel.receivedBytes, 5 + 1000);
  });

  it("counts what Node has read of bodies that wait", async (t) => {
    const tunnels = await startTunnels(t, { maxTunnelPendingBytes: 1000 + 3 * (512 + 60_000) });
    const { client, id, tunnel } = await pausedTunnel(tunnels);
    for (let sequence = 1; sequence <= 3; sequence++) {
      client.send(`/send/${id}/${sequence}`, new Uint8Array(60_000));
    }
    const other = tunnels.client();
    for (let rounds = 0; rounds < 100; rounds++) await other.post("/fcs/ident2");
    deepEqual(tunnel.events, ["bytes pause"]);
    client.send(`/send/${id}/4`, new Uint8Array(600));
    await tunnel.until("close more than 182536 bytes of requests wait");
  });

  it("may pause, write and close while it is told of bytes", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnel.onEvent = (event) => {
      if (event === "drain") return tunnel.stream.resume();
      if (event === "bytes b") tunnel.stream.close();
      tunnel.stream.pause();
      tunnel.stream.write([Buffer.from(event.slice(6))]);
    };
    client.send(`/send/${id}/0`, "a");
    client.send(`/send/${id}/1`, "b");
    equal(text(await client.answer()), "\x01a");
    equal(text(await client.answer()), "\0");
    deepEqual(tunnel.events, ["bytes a", "drain", "bytes b", "close "]);
  });
});

describe("the end of a session", () => {
  it("by its owner comes when everything is delivered", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const { stream, events } = tunnelOf(tunnels);
    stream.write([new Uint8Array(65_535), Buffer.from("last words")]);
    stream.close(60_000);
    stream.write([Buffer.from("never sent")]);
    equal((await client.post(`/idle/${id}/0`)).body.length, 65_536);
    equal(text(await client.post(`/send/${id}/1`, "too late")), "\x01last words");
    deepEqual(events, []);
    equal(text(await client.post(`/idle/${id}/2`)), "\0");
    deepEqual(events, ["close "]);
    equal((await client.post(`/idle/${id}/3`)).status, 404);
    equal(stream.bytesWritten, 65_545);
  });

  it("answers a request that is held", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    client.send(`/idle/${id}/0`);
    await tunnels.client().open();
    tunnel.stream.close();
    equal(text(await client.answer()), "\0");
    await tunnel.until("close");
  });

  it("by the client waits for an owner who is not ready to read", async (t) => {
    const tunnels = await startTunnels(t);
    const { client, id, tunnel, stream } = await pausedTunnel(tunnels);
    client.send(`/close/${id}/1`);
    await tunnels.client().open();
    deepEqual(tunnel.events, ["bytes pause"]);
    stream.resume();
    equal(text(await client.answer()), "\0");
    deepEqual(tunnel.events, ["bytes pause", "end", "close "]);
  });

  it("does not wait longer than its owner allows, but keeps the last words for a client that asks rarely", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnel.stream.write([Buffer.from("refused")]);
    tunnel.stream.close(1);
    await tunnel.until("close ");
    tunnels.pass(LINGER_MS);
    equal(text(await client.post(`/idle/${id}/0`)), "\x01refused");
    equal(text(await client.post(`/idle/${id}/1`)), "\0");
    deepEqual(tunnel.events, ["close "]);
  });

  it("forgets the last words of a client that asks no more", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnel.stream.write([Buffer.from("refused")]);
    tunnel.stream.close(1);
    tunnels.pass(LINGER_MS + 1);
    await tunnel.until("close ");
    equal(tunnels.server.sessionCount, 0);
    equal((await client.post(`/idle/${id}/0`)).status, 404);
  });

  it("drops everything when it is destroyed", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    client.send(`/idle/${id}/0`);
    await tunnels.client().open();
    tunnel.stream.write([Buffer.from("dropped")]);
    tunnel.stream.destroy();
    deepEqual(tunnel.events, [], "not before the call is over");
    equal((await client.answer()).status, 404);
    deepEqual(tunnel.events, ["close "]);
    equal(tunnel.stream.unsentBytes, 0);
  });

  it("comes when the client asks nothing for too long, and says so", async (t) => {
    const tunnels = await startTunnels(t, { tunnelMs: 30_000 });
    const client = tunnels.client();
    const id = await client.open();
    const tunnel = tunnelOf(tunnels);
    tunnels.pass(30_000);
    equal((await client.post(`/idle/${id}/0`)).status, 200);
    client.socket.destroy();
    tunnels.pass(30_000);
    equal(tunnels.server.sessionCount, 1, "a lost connection does not end it");
    tunnels.pass(1);
    await tunnel.until("close");
    deepEqual(tunnel.events, ["close the tunnel's client asked nothing for 30000 ms"]);
    equal(tunnels.server.sessionCount, 0);
  });

  it("comes so for a client that went away in the middle of a request", async (t) => {
    const tunnels = await startTunnels(t, { tunnelMs: 30_000 });
    const client = tunnels.client();
    const [accepted] = (await once(tunnels.http, "connection")) as [Socket];
    const id = await client.open();
    client.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na`);
    await tunnelOf(tunnels).until("bytes a");
    client.socket.destroy();
    // Not by once(): the parser tells the socket of the broken request, as an error.
    await new Promise((resolve) => accepted.once("close", resolve));
    tunnels.pass(30_001);
    await tunnelOf(tunnels).until("close the tunnel's client asked nothing");
  });

  it("does not come while the client waits for the server", async (t) => {
    const tunnels = await startTunnels(t, { tunnelMs: 30_000 });
    const { client, id, stream } = await pausedTunnel(tunnels);
    client.send(`/send/${id}/1`, "x");
    await tunnels.client().open();
    tunnels.pass(60_000);
    stream.resume();
    equal((await client.answer()).status, 200);
  });

  it("comes for all when the server closes, and no more are opened", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    await client.open();
    await client.open();
    tunnels.server.close();
    equal(tunnels.server.sessionCount, 0);
    for (const tunnel of tunnels.tunnels) await tunnel.until("close ");
    equal((await client.post("/open/1")).status, 503);
  });

  it("is told even to an owner that starts late", async (t) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const tunnels = await startTunnels(t, {
      onStream: (stream) => {
        stream.destroy();
        queueMicrotask(() => stream.start({ onBytes() {}, onDrain() {}, onEnd() {}, onClose: () => resolve() }));
      },
    });
    const answer = await tunnels.client().post("/open/1");
    equal(answer.status, 503, "the owner did not want it");
    ok(/no more connections/.test(text(answer)));
    await closed;
    equal(tunnels.server.sessionCount, 0);
  });
});
