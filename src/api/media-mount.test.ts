import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { bearer, startApi, TOKEN } from "../../test/support/api.ts";
import { isOperator } from "../server/operator-requests.ts";
import type { HttpRoute } from "../transport/http-route.ts";

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("media is the server's own, without the prefix, for an operator", async (t) => {
  const seen: string[] = [];
  const media: HttpRoute = {
    handle(request, response) {
      seen.push(`${request.method} ${request.url} ${isOperator(request)}`);
      if (request.url?.startsWith("/live/") !== true) return false;
      response.writeHead(200, { "Content-Type": "video/x-flv" }).end("FLV");
      return true;
    },
  };
  const { ask } = await startApi(t, { media, token: TOKEN });
  equal((await ask("/media/live/demo.flv")).status, 401);
  const played = await ask("/media/live/demo.flv?audio=0", { headers: bearer() });
  equal(played.text, "FLV");
  match(String(played.headers["content-security-policy"]), /sandbox/);
  equal(played.headers["x-content-type-options"], "nosniff");
  equal((await ask("/media/other", { headers: bearer() })).status, 404);
  equal((await ask("/media/../api/v1/server", { headers: bearer() })).headers["content-type"], "application/json");
  equal((await ask("/media/live/demo.flv", { method: "PUT", headers: bearer() })).status, 405);
  deepEqual(seen, ["GET /live/demo.flv?audio=0 true", "GET /other true"]);
});

test("without media there is nothing under its prefix", async (t) => {
  const { ask } = await startApi(t);
  equal((await ask("/media/live/demo.flv")).status, 404);
});

test("a WebSocket is upgraded for media only, and only from the API's own pages", async (t) => {
  const media: HttpRoute = {
    upgrade(request, socket) {
      if (request.url !== "/live/demo.flv") return false;
      socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${isOperator(request)}`);
      return true;
    },
  };
  const { socket } = await startApi(t, { media });
  const upgrade = async (path: string, more = ""): Promise<string> => {
    const client = socket();
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`);
    let text = "";
    for await (const bytes of client) text += String(bytes);
    return text;
  };
  match(await upgrade("/media/live/demo.flv"), /^HTTP\/1\.1 101 .*true$/s);
  match(await upgrade("/media/live/none"), /^HTTP\/1\.1 404 /);
  match(await upgrade("/api/v1/stream"), /^HTTP\/1\.1 404 /);
  match(await upgrade("/media/live/demo.flv", "Origin: http://evil.example\r\n"), /^HTTP\/1\.1 403 /);
});

test("what another process plays is passed on, without what is the operator's", async (t) => {
  const headers: object[] = [];
  const behind = createServer((request, response) => {
    headers.push(request.headers);
    response.writeHead(request.url === "/live/demo.flv" ? 200 : 302, { Location: "/elsewhere", "X-Own": "1" });
    response.end(`${request.method} ${request.url}`);
  });
  behind.on("upgrade", (request, socket) => {
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Own: ${request.url}\r\n\r\nhello`,
    );
  });
  const port = await listening(t, behind);
  const { ask, socket } = await startApi(t, { mediaAddress: () => ({ host: "127.0.0.1", port }), token: TOKEN });
  const played = await ask("/media/live/demo.flv", { headers: { ...bearer(), cookie: "a=b", range: "bytes=0-1" } });
  equal(played.text, "GET /live/demo.flv");
  equal(played.headers["x-own"], "1");
  equal((await ask("/media/live/other", { headers: bearer() })).status, 302);
  const [first = {}] = headers;
  equal("authorization" in first || "cookie" in first, false);
  equal("range" in first, true);
  const client = socket();
  client.write(
    `GET /media/live/demo.flv HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  let text = "";
  for await (const bytes of client) text += String(bytes);
  match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n.*X-Own: \/live\/demo\.flv\r\n\r\nhello$/s);
});

test("while nothing plays, the page is told to come later", async (t) => {
  const gone = createServer();
  const port = await listening(t, gone);
  gone.close();
  await once(gone, "close");
  const { ask } = await startApi(t, { mediaAddress: () => ({ host: "127.0.0.1", port }) });
  equal((await ask("/media/live/demo.flv")).status, 503);
  const nowhere = await startApi(t, { mediaAddress: () => undefined });
  equal((await nowhere.ask("/media/live/demo.flv")).headers["retry-after"], "5");
});
