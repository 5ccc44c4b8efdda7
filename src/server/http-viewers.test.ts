import { deepEqual, equal, match, ok } from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { TestServer } from "../../test/support/test-server.ts";
import { application } from "./applications/application.ts";
import { Applications } from "./applications/applications.ts";
import type { ConnectionInfo, ServerHooks } from "./hooks.ts";
import { credentialsOf } from "./http-replies.ts";
import { admitHttpPublisher, admitHttpViewer, type HttpWish, parseHttpPath } from "./http-viewers.ts";
import { markOperator } from "./operator-requests.ts";

function wish(path: string, query = "", headers: Record<string, string> = {}): HttpWish {
  const request = new IncomingMessage(new Socket());
  request.url = `/${path}.flv?${query}`;
  Object.assign(request.headers, { host: "live.example", "user-agent": "x".repeat(300), ...headers });
  return { request, protocol: "http-flv", path, query };
}

test("a path is parted, and decoded once", () => {
  deepEqual(parseHttpPath("live/a/b%20c"), { app: "live/a", key: "b c" });
  deepEqual(parseHttpPath("live%2Fkey"), { app: "live", key: "key" });
  deepEqual(parseHttpPath("live/%2541"), { app: "live", key: "%41" });
  for (const bad of ["live/%", "live/%ff", "../key", "live/%2e%2e/key", "./key"])
    ok("refusal" in parseHttpPath(bad), bad);
});

test("user and password come by HTTP Basic", () => {
  const given = (authorization: string) => credentialsOf(wish("a", "", { authorization }).request);
  deepEqual(given(`Basic ${btoa("anna:se:cret")}`), { user: "anna", password: "se:cret" });
  deepEqual(given(`basic ${btoa(":")}`), { user: "", password: "" });
  for (const bad of ["", "Basic", `Bearer ${btoa("a:b")}`, "Basic %%%", `Basic ${btoa("nobody")}`]) {
    equal(given(bad), undefined, bad);
  }
});

test("hooks are told what they are told of clients by RTMP, from the first to the last", async () => {
  const told: string[] = [];
  let seen: ConnectionInfo | undefined;
  const hooks: ServerHooks = {
    onConnect(info) {
      seen = info;
      return { allow: true };
    },
    onPlay: ({ broadcastName, streamKey, query }) => {
      told.push(`${broadcastName} ${streamKey} ${query}`);
      return { allow: true, broadcastName: "live/other" };
    },
    onPlayEnd: (name, _, reason) => void told.push(`end ${name} ${reason}`),
    onClose: (_, reason) => void told.push(`close ${reason}`),
  };
  const server = new TestServer({ hooks });
  const client = await admitHttpViewer(server.context, wish("live/key", "token=1", { referer: "https://page" }));
  ok(client.allow);
  equal(client.broadcastName, "live/other");
  deepEqual([seen?.app, seen?.appQuery, seen?.pageUrl], ["live", "token=1", "https://page"]);
  deepEqual([seen?.tcUrl, seen?.flashVersion.length], ["http://live.example/live/key.flv", 200]);
  client.began();
  client.left("gone");
  client.left("again");
  deepEqual(told, ["live/key key token=1", "end live/other gone", "close gone"]);
  deepEqual(
    server.context.events.after(0).map(({ kind }) => kind),
    ["play", "play-end"],
  );
});

test("a refusal says why, and counts no more", async () => {
  const hooks: ServerHooks = { onPublish: () => ({ allow: false, reason: "No." }) };
  const server = new TestServer({ hooks, limits: { maxConnections: 1 } });
  for (let round = 0; round < 3; round++) {
    const refused = await admitHttpPublisher(server.context, wish("live/key"));
    deepEqual([refused.allow, !refused.allow && refused.status], [false, 403]);
  }
  const first = await admitHttpViewer(server.context, wish("live/key"));
  ok(first.allow);
  const second = await admitHttpViewer(server.context, wish("live/key"));
  ok(!second.allow);
  deepEqual([second.status, second.headers], [503, { "Retry-After": "5" }]);
  first.left("gone");
  ok((await admitHttpViewer(server.context, wish("live/key"))).allow);
});

test("names and queries have their limits, and a hook its time", async () => {
  const hooks: ServerHooks = { onPlay: () => new Promise(() => {}) };
  const limits = { maxNameBytes: 16, maxQueryBytes: 16 };
  const server = new TestServer({ hooks, limits, timeouts: { hookMs: 1 } });
  const status = async (path: string, query?: string) => {
    const decision = await admitHttpViewer(server.context, wish(path, query));
    return decision.allow ? 200 : decision.status;
  };
  equal(await status(`live/${"x".repeat(12)}`), 400);
  equal(await status("live/key", "x".repeat(17)), 414);
  equal(await status(`live/${"x".repeat(11)}`, "x".repeat(16)), 503);
});

test("an application that decides who connects lets nobody in by HTTP, whatever a user proves; others do", async () => {
  const applications = [application("chat", { onConnect: () => undefined }), application("open", {})];
  const server = new TestServer({}, (context) => [
    new Applications({ applications, log: context.log, maxPendingCalls: 1, nowMs: context.nowMs }),
    { identify: () => ({ allow: true, user: "anna" }) },
  ]);
  for (const path of ["chat/garden/key", "chat%2Fgarden/key", "/chat//key"]) {
    const refused = await admitHttpViewer(server.context, wish(path));
    ok(!refused.allow);
    equal(refused.status, 403);
    match(refused.reason, /decides who connects/);
  }
  const allowed = await admitHttpViewer(server.context, wish("open/key"));
  ok(allowed.allow);
  equal(allowed.info.user, "anna");
  allowed.left("gone");
});

test("an operator is asked by nobody", async () => {
  const server = new TestServer({ hooks: { onConnect: () => ({ allow: false, reason: "No." }) } });
  const asked = wish("live/key");
  match(JSON.stringify(await admitHttpViewer(server.context, asked)), /"status":403/);
  markOperator(asked.request);
  ok((await admitHttpViewer(server.context, asked)).allow);
});
