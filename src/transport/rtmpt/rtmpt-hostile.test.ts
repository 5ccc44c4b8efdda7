import { deepEqual, equal, match } from "node:assert/strict";
import { describe, it } from "node:test";
import { type HttpAnswer, startTunnels, type TestTunnels, type Tunnel } from "../../../test/support/rtmpt-tunnel.ts";

const text = ({ body }: HttpAnswer): string => Buffer.from(body).toString("latin1");

function tunnelOf({ tunnels: [tunnel] }: TestTunnels): Tunnel {
  if (tunnel === undefined) throw new Error("there is no tunnel");
  return tunnel;
}

const UNKNOWN_ID = "0123456789abcdef0123456789abcdef";

describe("requests that are none", () => {
  const cases: readonly (readonly [request: string, status: number])[] = [
    [`/send/${UNKNOWN_ID}/0`, 404],
    [`/idle/${UNKNOWN_ID}/0`, 404],
    [`/close/${UNKNOWN_ID}/0`, 404],
    ["/send/../0", 400],
    ["/send/__proto__/0", 400],
    ["/send/constructor/0", 404],
    ["/idle/x/99999999999", 400],
    ["/idle/x/-1", 400],
    ["/open/", 400],
    ["/fcs/other", 400],
  ];
  for (const [path, status] of cases) {
    it(`${path} is answered with ${status}, and the connection goes on`, async (t) => {
      const tunnels = await startTunnels(t);
      const client = tunnels.client();
      equal((await client.post(path)).status, status);
      match(await client.open(), /^[0-9a-f]{32}$/);
    });
  }

  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    it(`${method} is answered with 405`, async (t) => {
      const client = (await startTunnels(t)).client();
      client.raw(`${method} /open/1 HTTP/1.1\r\nHost: a\r\n\r\n`);
      const answer = await client.answer();
      equal(answer.status, 405);
      match(answer.head, /\r\nAllow: POST\r\n/);
      match(await client.open(), /^[0-9a-f]{32}$/);
    });
  }

  it("leaves other paths to the next route", async (t) => {
    const { head } = await (await startTunnels(t)).client().post("/live/key.flv");
    match(head, /\r\nX-Route: none\r\n/);
  });

  const smuggled: Readonly<Record<string, string>> = {
    "both lengths": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    "a length with a sign": "Content-Length: +4\r\n\r\nabcd",
    "a negative length": "Content-Length: -1\r\n\r\n",
    "another coding behind chunked": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": "Content-Length : 4\r\n\r\nabcd",
    "a bare line feed": "Content-Length: 4\n\r\nabcd",
  };
  for (const [name, rest] of Object.entries(smuggled)) {
    it(`refuses ${name}, and nothing of it reaches the stream`, async (t) => {
      const tunnels = await startTunnels(t);
      const client = tunnels.client();
      const id = await client.open();
      client.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\n${rest}POST /open/1 HTTP/1.1\r\nHost: a\r\n\r\n`);
      client.socket.end();
      await client.closed();
      equal(tunnelOf(tunnels).text(), "");
      equal(tunnels.server.sessionCount, 1);
    });
  }
});

describe("bodies", () => {
  it("may be empty or missing", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    client.raw("POST /open/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    const id = text(await client.answer()).trimEnd();
    equal((await client.post(`/send/${id}/0`, "")).status, 200);
    client.raw(`POST /idle/${id}/1 HTTP/1.1\r\nHost: a\r\n\r\n`);
    equal((await client.answer()).status, 200);
    equal((await client.post(`/send/${id}/2`, "x")).status, 200);
    deepEqual(tunnelOf(tunnels).events, ["bytes x"]);
  });

  it("may come in chunks", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    client.raw(
      `POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`,
    );
    equal((await client.answer()).status, 200);
    equal(tunnelOf(tunnels).text(), "abcde");
  });

  it("may be asked about first", async (t) => {
    const tunnels = await startTunnels(t);
    const client = tunnels.client();
    const id = await client.open();
    client.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`);
    equal((await client.answer()).status, 100);
    client.raw("abc");
    equal((await client.answer()).status, 200);
    equal(tunnelOf(tunnels).text(), "abc");
  });

  it("have at most the length that is allowed", async (t) => {
    const tunnels = await startTunnels(t, { maxTunnelBodyBytes: 1000 });
    const client = tunnels.client();
    const id = await client.open();
    equal((await client.post(`/send/${id}/0`, "x".repeat(1000))).status, 200);
    equal(tunnelOf(tunnels).stream.bytesRead, 1000);
    // Refused by its head: none of the body is sent.
    client.raw(`POST /send/${id}/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n`);
    const answer = await client.answer();
    equal(answer.status, 413);
    match(answer.head, /\r\nConnection: close\r\n/);
    await client.closed();
    await tunnelOf(tunnels).until("close the body of a request is longer than 1000 bytes");
  });

  it("have at most that length in chunks, too", async (t) => {
    const tunnels = await startTunnels(t, { maxTunnelBodyBytes: 10 });
    const client = tunnels.client();
    const id = await client.open();
    const head = "HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.raw(`POST /send/${id}/0 ${head}a\r\n0123456789\r\n0\r\n\r\n`);
    equal((await client.answer()).status, 200);
    client.raw(`POST /send/${id}/1 ${head}a\r\n0123456789\r\n1\r\nX\r\n`);
    equal((await client.answer()).status, 413);
    await tunnelOf(tunnels).until("close the body of a request is longer than 10 bytes");
    equal(tunnelOf(tunnels).stream.bytesRead, 20);
  });

  for (const path of ["/open/1", "/fcs/ident2", `/idle/${UNKNOWN_ID}/0`]) {
    it(`of ${path} have that length too`, async (t) => {
      const tunnels = await startTunnels(t, { maxTunnelBodyBytes: 10 });
      const client = tunnels.client();
      client.raw(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n`);
      equal((await client.answer()).status, 413);
      await client.closed();
      equal(tunnels.server.sessionCount, 0);
      deepEqual(tunnels.log, ["the body of a request is longer than 10 bytes"]);
    });
  }

  it("have to be there in time", async (t) => {
    const tunnels = await startTunnels(t, { requestMs: 15_000 });
    const [slow, opening] = [tunnels.client(), tunnels.client()];
    const id = await slow.open();
    slow.raw(`POST /send/${id}/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na`);
    opening.raw("POST /open/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
    const tunnel = tunnelOf(tunnels);
    await tunnel.until("bytes a");
    await tunnels.client().post("/fcs/ident2");
    tunnels.pass(15_000);
    deepEqual(tunnel.events, ["bytes a"]);
    tunnels.pass(1);
    equal((await slow.answer()).status, 408);
    equal((await opening.answer()).status, 408);
    await slow.closed();
    await opening.closed();
    await tunnel.until("close the body of a request was not there after 15000 ms");
    deepEqual(tunnels.log, Array(2).fill("the body of a request was not there after 15000 ms"));
    equal(tunnels.server.sessionCount, 0);
  });
});

describe("clients of HTTP/1.0", () => {
  it("get one answer, and their connection closes", async (t) => {
    const client = (await startTunnels(t)).client();
    client.raw("POST /open/1 HTTP/1.0\r\nContent-Length: 1\r\n\r\n\0");
    const answer = await client.answer();
    equal(answer.status, 200);
    match(answer.head, /\r\nConnection: close\r\n/);
    await client.closed();
  });

  it("may keep it if they ask to", async (t) => {
    const client = (await startTunnels(t)).client();
    client.raw("POST /open/1 HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n\0");
    match((await client.answer()).head, /\r\nConnection: Keep-Alive\r\n/);
    match(await client.open(), /^[0-9a-f]{32}$/);
  });

  it("of HTTP/1.1 that want to close may", async (t) => {
    const client = (await startTunnels(t)).client();
    client.raw("POST /open/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\n\0");
    match((await client.answer()).head, /\r\nConnection: close\r\n/);
    await client.closed();
  });
});

describe("the number of sessions", () => {
  it("has a limit, which 10 000 opens do not pass", async (t) => {
    const maxTunnels = 100;
    const tunnels = await startTunnels(t, { maxTunnels });
    const client = tunnels.client();
    let refused = 0;
    for (let batch = 0; batch < 100; batch++) {
      client.socket.cork();
      for (let count = 0; count < 100; count++) client.send("/open/1");
      client.socket.uncork();
      for (let count = 0; count < 100; count++) if ((await client.answer()).status === 503) refused++;
    }
    equal(refused, 10_000 - maxTunnels);
    equal(tunnels.server.sessionCount, maxTunnels);
    equal(tunnels.tunnels.length, maxTunnels);
    equal(tunnels.log.length, refused);
    equal(tunnels.log[0], "too many tunnels: one was refused");
    tunnelOf(tunnels).stream.destroy();
    equal((await client.post("/open/1")).status, 200);
    equal((await client.post("/open/1")).status, 503);
  });
});
