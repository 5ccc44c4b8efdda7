import { equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { bearer, startApi, TOKEN } from "../../../test/support/api.ts";
import { GuessLimit } from "./guess-limit.ts";
import { Sessions } from "./sessions.ts";

const JSON_TYPE = { "content-type": "application/json" };

test("without a token, only names of this machine are answered: no other can be made to lead here", async (t) => {
  const { ask, port } = await startApi(t, { allowedHosts: ["Media.example"] });
  for (const host of ["127.0.0.1", `127.0.0.1:${port}`, "localhost:1", "[::1]:8081", "LOCALHOST", "media.example:80"]) {
    equal((await ask("/api/v1/server", { headers: { host } })).status, 200, host);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.", "192.0.2.7", "[::2]", "a@localhost"]) {
    const answer = await ask("/api/v1/server", { headers: { host } });
    equal(`${host} ${answer.status}`, `${host} 403`);
    equal(JSON.parse(answer.text).code, "access.host");
  }
});

test("pages of elsewhere may ask nothing, but a link may lead here", async (t) => {
  const { ask, monitor, port } = await startApi(t);
  const host = `127.0.0.1:${port}`;
  const refused: Readonly<Record<string, string>>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `http://localhost:${port}` },
    { origin: "http://127.0.0.1" },
    { origin: `chrome-extension://${host}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
  ];
  for (const headers of refused) {
    for (const [method, path] of [
      ["GET", "/api/v1/server"],
      ["DELETE", "/api/v1/connections/1"],
      ["GET", "/media/live/demo.flv"],
    ] as const) {
      const answer = await ask(path, { method, headers });
      equal(answer.status, 403, JSON.stringify(headers));
      equal(JSON.parse(answer.text).code, "access.origin");
      equal(answer.headers["access-control-allow-origin"], undefined);
    }
  }
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  equal((await ask("/", { headers: link })).status, 200);
  equal((await ask("/api/v1/connections/1", { method: "DELETE", headers: link })).status, 403);
  equal(monitor.kicked.length, 0);
  const own = { origin: `http://${host}`, "sec-fetch-site": "same-origin" };
  equal((await ask("/api/v1/connections/1", { method: "DELETE", headers: own })).status, 204);
});

test("with a token, all but the page, its description, the session and the probes need it", async (t) => {
  const { ask } = await startApi(t, { token: TOKEN });
  for (const path of ["/", "/openapi.json", "/healthz", "/readyz", "/api/v1/session"]) {
    equal((await ask(path, { headers: { host: "media.example" } })).status, 200, path);
  }
  for (const path of [
    "/api/v1/server",
    "/api/v1/stream",
    "/api/v1/nothing",
    "/metrics",
    "/version",
    "/media/a/b.flv",
  ]) {
    const answer = await ask(path);
    equal(answer.status, 401, path);
    match(String(answer.headers["www-authenticate"]), /^Bearer realm="millrace"/);
    equal((await ask(path, { headers: bearer("x".repeat(20)) })).status, 401, path);
    equal((await ask(path, { headers: { authorization: `Basic ${TOKEN}` } })).status, 401, path);
  }
  equal((await ask("/api/v1/server", { headers: bearer() })).status, 200);
  equal((await ask("/metrics", { headers: bearer() })).status, 200);
});

test("a browser signs in for a cookie that no script reads, and out again", async (t) => {
  const { ask, port } = await startApi(t, { token: TOKEN });
  const before = await ask("/api/v1/session");
  equal(before.text, '{"needsToken":true,"isSignedIn":false}');
  const body = JSON.stringify({ token: TOKEN });
  const signedIn = await ask("/api/v1/session", { method: "POST", headers: JSON_TYPE, body });
  equal(signedIn.status, 200);
  const [set = ""] = signedIn.headers["set-cookie"] ?? [];
  match(set, new RegExp(`^millrace_session_${port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200$`));
  const cookie = `other=1; ${set.split(";")[0]}`;
  equal((await ask("/api/v1/server", { headers: { cookie } })).status, 200);
  equal((await ask("/api/v1/session", { headers: { cookie } })).text, '{"needsToken":true,"isSignedIn":true}');
  const forged = cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  equal((await ask("/api/v1/server", { headers: { cookie: forged } })).status, 401);
  const signedOut = await ask("/api/v1/session", { method: "DELETE", headers: { cookie } });
  equal(signedOut.status, 204);
  match(String(signedOut.headers["set-cookie"]), /=; HttpOnly; .*Max-Age=0$/);
  equal((await ask("/api/v1/server", { headers: { cookie } })).status, 401);
});

test("behind a proxy with TLS, the cookie is for TLS only", async (t) => {
  const { ask } = await startApi(t, { token: TOKEN });
  const headers = { ...JSON_TYPE, host: "media.example", origin: "https://media.example" };
  const { headers: answer } = await ask("/api/v1/session", {
    method: "POST",
    headers,
    body: JSON.stringify({ token: TOKEN }),
  });
  match(String(answer["set-cookie"]), /; Secure$/);
});

test("whoever guesses has to wait, also with the right token; who is signed in does not", async (t) => {
  const warnings: string[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, error: quiet, warn: (_: object, text = "") => void warnings.push(text) };
  const { ask } = await startApi(t, { token: TOKEN, log });
  const signIn = (token: string) =>
    ask("/api/v1/session", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ token }) });
  const cookie = String((await signIn(TOKEN)).headers["set-cookie"]).split(";")[0] ?? "";
  for (let guess = 0; guess < 5; guess++) {
    equal((await signIn(`guess number ${guess} of many`)).status, 401);
    equal((await ask("/api/v1/server", { headers: bearer(`guess-${guess}`) })).status, 401);
  }
  const refused = await signIn("one more");
  equal(refused.status, 429);
  equal(JSON.parse(refused.text).code, "access.guessing");
  ok(Number(refused.headers["retry-after"]) >= 1);
  equal((await ask("/api/v1/server", { headers: bearer() })).status, 429);
  equal((await ask("/api/v1/server", { headers: { cookie } })).status, 200);
  equal(warnings.length, 10);
});

test("another token ends what came by the one before", async (t) => {
  const { ask, server } = await startApi(t, { token: TOKEN });
  const signedIn = await ask("/api/v1/session", {
    method: "POST",
    headers: JSON_TYPE,
    body: JSON.stringify({ token: TOKEN }),
  });
  const cookie = String(signedIn.headers["set-cookie"]).split(";")[0] ?? "";
  server.setToken(TOKEN);
  equal((await ask("/api/v1/server", { headers: { cookie } })).status, 200);
  server.setToken(`${TOKEN}-another`);
  equal((await ask("/api/v1/server", { headers: { cookie } })).status, 401);
  equal((await ask("/api/v1/server", { headers: bearer() })).status, 401);
  equal((await ask("/api/v1/server", { headers: bearer(`${TOKEN}-another`) })).status, 200);
});

test("wrong tokens are forgiven one by one, and networks that cannot be told apart share a count", () => {
  const limit = new GuessLimit();
  for (let wrong = 0; wrong < 10; wrong++) {
    equal(limit.waitMs("192.0.2.7", 0), 0);
    limit.wrong("192.0.2.7", 0);
  }
  equal(limit.waitMs("192.0.2.7", 0), 6_000);
  equal(limit.waitMs("192.0.2.8", 0), 0);
  equal(limit.waitMs("192.0.2.7", 6_000), 0);
  limit.wrong("192.0.2.7", 6_000);
  equal(limit.waitMs("192.0.2.7", 6_000), 6_000);
  for (let network = 0; network < 10_009; network++) limit.wrong(`network ${network}`, 6_000);
  equal(limit.waitMs("never seen", 6_000), 6_000);
  equal(limit.waitMs("network 5", 6_000), 0);
  equal(limit.waitMs("never seen", 1_000_000), 0);
});

test("sessions are a bounded number, and end by themselves", () => {
  const sessions = new Sessions({ maxSessions: 2, sessionMs: 1000 });
  const first = sessions.begin(0).session;
  const second = sessions.begin(0).session;
  notEqual(first.id, second.id);
  const third = sessions.begin(500);
  equal(third.ended.join(), first.id);
  equal(sessions.find(first.id, 500), undefined);
  equal(sessions.find(second.id, 999)?.id, second.id);
  equal(sessions.find(second.id, 1000), undefined);
  equal(sessions.begin(1600).ended.join(), [second.id, third.session.id].join());
});
