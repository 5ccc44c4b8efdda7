import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestBrokerOptions } from "../../../test/support/flex-broker.ts";
import { HttpSessions } from "./http-sessions.ts";

const SOMEBODY = { sessionId: undefined, remoteAddress: "192.0.2.1:1" };

function create(options: TestBrokerOptions = {}) {
  const server = new TestBroker(options);
  return { server, sessions: new HttpSessions(server.broker) };
}

test("a session that does not come back ends after half a minute, one that does after five", () => {
  const { server, sessions } = create();
  sessions.find(SOMEBODY, "nil");
  const { session, httpSession } = sessions.find(SOMEBODY, "nil");
  const caller = { ...SOMEBODY, sessionId: httpSession.id };
  sessions.find(caller, session.id);
  server.nowMs += 30_000;
  sessions.tick(server.nowMs);
  equal(sessions.size, 2);
  server.nowMs += 1;
  sessions.tick(server.nowMs);
  equal(sessions.size, 1);
  server.nowMs += 269_999;
  sessions.tick(server.nowMs);
  equal(sessions.size, 1);
  server.nowMs += 1;
  sessions.tick(server.nowMs);
  equal(sessions.size, 0);
  equal(sessions.peek(caller, session.id), undefined);
});

test("a poll that waits keeps its session, and counts", () => {
  const { server, sessions } = create();
  const channel = sessions.find(SOMEBODY, "nil");
  const poll = channel.pollLater(1_000_000, new AbortController().signal);
  equal(sessions.waitingPolls, 1);
  server.nowMs += 1_000_000;
  sessions.tick(server.nowMs);
  equal(sessions.size, 1);
  sessions.closeAll("over");
  equal(sessions.size, 0);
  return poll.then((polled) => deepEqual(polled, { messages: [], isReplaced: false }));
});

test("what a poll would have brought is kept when nobody listens any more", async () => {
  const { sessions } = create();
  const channel = sessions.find(SOMEBODY, "nil");
  const lost = new AbortController();
  const poll = channel.pollLater(1_000_000, lost.signal);
  channel.push({ message: () => ({ kind: "async", body: 1 }), byteLength: 1, expiresAtMs: Number.POSITIVE_INFINITY });
  lost.abort();
  deepEqual(await poll, { messages: [], isReplaced: false });
  deepEqual(
    channel.poll().map(({ body }) => body),
    [1],
  );
});

test("a client that does not poll loses the oldest, or its session if so chosen", () => {
  for (const fullBacklog of ["drop-oldest", "close"] as const) {
    const { server, sessions } = create({ limits: { maxBacklogMessages: 2, fullBacklog } });
    const channel = sessions.find(SOMEBODY, "nil");
    for (const body of [1, 2, 3]) {
      channel.push({ message: () => ({ kind: "async", body }), byteLength: 1, expiresAtMs: Number.POSITIVE_INFINITY });
    }
    sessions.tick(server.nowMs);
    equal(sessions.size, fullBacklog === "close" ? 0 : 1);
    deepEqual(
      channel.poll().map(({ body }) => body),
      fullBacklog === "close" ? [] : [2, 3],
    );
  }
});

test("a client of another session is not found by a session of one's own", () => {
  const { sessions } = create();
  const owner = sessions.find(SOMEBODY, "nil");
  const stranger = sessions.find(SOMEBODY, "nil");
  throws(() => sessions.find({ ...SOMEBODY, sessionId: stranger.httpSession.id }, owner.session.id), {
    code: "Server.Processing.DuplicateSessionDetected",
  });
  equal(sessions.find({ ...SOMEBODY, sessionId: "unknown" }, owner.session.id), owner);
});

test("one question without a session leaves nothing behind", () => {
  const { server, sessions } = create();
  const { clients } = server.broker;
  const channel = sessions.openTransient(SOMEBODY);
  equal(clients.size, 1);
  sessions.closeTransient(channel);
  deepEqual([clients.size, sessions.size], [0, 0]);
});
