import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { startApi, TOKEN } from "../../test/support/api.ts";
import { fakeMonitor } from "../../test/support/fake-monitor.ts";
import { DEFAULT_API_ADDRESS } from "./api-listener.ts";
import { createApiServer } from "./api-server.ts";

test("the API listens on loopback, and says where people find it", async (t) => {
  const { server, port } = await startApi(t);
  equal(server.url, `http://127.0.0.1:${port}/`);
  server.stop();
  equal(server.url, undefined);
});

test("beyond loopback a token is needed, of at least 16 characters", () => {
  const monitor = fakeMonitor();
  for (const host of ["::", "0.0.0.0", "192.0.2.7", "example.org"]) {
    throws(() => createApiServer({ monitor, listen: { host, port: 0 } }), /needs a token.*api\.tokenFile/);
  }
  throws(() => createApiServer({ monitor, token: "fifteen-letters" }), /16 to 1024 letters/);
  throws(() => createApiServer({ monitor, token: "sixteen letters x" }), /without spaces/);
  for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
    createApiServer({ monitor, listen: { host, port: 0 } });
  createApiServer({ monitor, listen: { host: "::", port: 0 }, token: TOKEN });
});

test("an address that is taken is an error where it was told; else the next free one is taken", async (t) => {
  const first = await startApi(t);
  const taken = { host: "127.0.0.1", port: first.port };
  const second = createApiServer({ monitor: fakeMonitor(), listen: taken });
  await rejects(second.start(), /^Error: cannot listen on 127\.0\.0\.1:\d+: another program has this port/);
  second.stop();

  // Whoever has the default port now, we or somebody else: the server must not have it.
  const occupant = createServer();
  const occupied = Promise.withResolvers<void>();
  occupant.once("error", () => occupied.resolve());
  occupant.listen(DEFAULT_API_ADDRESS.port, DEFAULT_API_ADDRESS.host, () => occupied.resolve());
  t.after(() => occupant.close());
  await occupied.promise;
  const third = createApiServer({ monitor: fakeMonitor() });
  t.after(() => third.stop());
  await third.start();
  ok(third.address !== undefined && third.address.port > DEFAULT_API_ADDRESS.port, third.url);
  equal(third.address.host, "127.0.0.1");
});

test("each kind of request is answered, with the headers that keep browsers in bounds", async (t) => {
  const { ask } = await startApi(t, { dashboardFolder: "not-built" });
  const server = await ask("/api/v1/server");
  equal(server.status, 200);
  equal(JSON.parse(server.text).version, "1.2.3");
  equal(server.headers["x-content-type-options"], "nosniff");
  equal(server.headers["referrer-policy"], "no-referrer");
  equal(server.headers["cross-origin-resource-policy"], "same-origin");
  equal(server.headers["cache-control"], "no-store");
  equal(server.headers["access-control-allow-origin"], undefined);
  const version = await ask("/version");
  deepEqual(JSON.parse(version.text), { version: "1.2.3", node: process.version });
  equal((await ask("/healthz")).text, '{"status":"alive"}');
  equal((await ask("/readyz")).text, '{"status":"ready"}');
  match((await ask("/")).text, /has not been built/);
  const nothing = await ask("/nothing");
  equal(nothing.status, 404);
  equal(nothing.headers["content-type"], "application/problem+json");
  equal(JSON.parse(nothing.text).code, "not-found.path");
  equal((await ask("/api/v1/nothing")).status, 404);
  equal((await ask("/api/v2/server", { headers: { accept: "text/html" } })).status, 404);
});

test("a server that starts or stops is not ready", async (t) => {
  let isReady = false;
  const { ask } = await startApi(t, { isReady: () => isReady });
  const before = await ask("/readyz");
  equal(before.status, 503);
  equal(before.headers["retry-after"], "5");
  equal(JSON.parse(before.text).code, "server.not-ready");
  isReady = true;
  equal((await ask("/readyz")).status, 200);
});

test("HEAD answers without the body, OPTIONS says what may be asked, and other methods are refused with it", async (t) => {
  const { ask } = await startApi(t);
  for (const path of ["/", "/api/v1/broadcasts", "/openapi.json", "/metrics", "/healthz"]) {
    const head = await ask(path, { method: "HEAD" });
    equal(head.status, 200, path);
    equal(head.text, "", path);
    const options = await ask(path, { method: "OPTIONS" });
    equal(options.status, 204, path);
    equal(options.headers.allow, "GET, HEAD, OPTIONS", path);
    equal(options.headers["access-control-allow-methods"], undefined);
    const wrong = await ask(path, { method: "POST", body: "{}" });
    equal(wrong.status, 405, path);
    equal(wrong.headers.allow, "GET, HEAD, OPTIONS", path);
    equal(JSON.parse(wrong.text).code, "request.method");
  }
  equal((await ask("/api/v1/connections/1", { method: "PUT" })).headers.allow, "GET, HEAD, DELETE, OPTIONS");
  equal((await ask("/api/v1/session", { method: "PATCH" })).headers.allow, "GET, HEAD, POST, DELETE, OPTIONS");
  equal((await ask("/api/v1/server", { method: "TRACE" })).status, 405);
});

test("what the monitor throws is a problem, and stands in the log", async (t) => {
  const errors: object[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: (fields: object) => void errors.push(fields) };
  const monitor = fakeMonitor();
  const { ask } = await startApi(t, { monitor, log });
  monitor.connections = async () => {
    throw new Error("secret detail");
  };
  const answer = await ask("/api/v1/connections");
  equal(answer.status, 500);
  equal(JSON.parse(answer.text).code, "server.error");
  ok(!answer.text.includes("secret"));
  equal(errors.length, 1);
});

test("several at once share what was made, and whoever kicked sees it gone", async (t) => {
  const { ask, monitor } = await startApi(t);
  const before = monitor.made.connections;
  await Promise.all(Array.from({ length: 20 }, () => ask("/api/v1/connections")));
  ok(monitor.made.connections - before <= 5, `made ${monitor.made.connections - before} times`);
  equal((await ask("/api/v1/connections/2?reason=enough", { method: "DELETE" })).status, 204);
  deepEqual(monitor.kicked, ["2: enough"]);
  equal((await ask("/api/v1/connections/2")).status, 404);
  equal((await ask("/api/v1/connections/2", { method: "DELETE" })).status, 404);
});
