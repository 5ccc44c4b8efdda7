import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { bearer, startApi, TOKEN } from "../../test/support/api.ts";
import { broadcastSnapshot } from "../../test/support/fake-monitor.ts";

type Message = { readonly id?: string; readonly event?: string; readonly data?: string };

type Stream = {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** The next message of that kind. */
  next(kind: string): Promise<Message>;
  /** Reads on until the server ends it. */
  untilEnd(): Promise<void>;
  /** Leaves; resolves when it is gone here. */
  leave(): Promise<void>;
};

async function listen(port: number, headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  const request = get({ host: "127.0.0.1", port, path: "/api/v1/stream", headers, agent: false });
  request.on("error", () => {});
  const [response] = (await once(request, "response")) as [IncomingMessage];
  equal(response.statusCode, 200);
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  response.on("error", () => {});
  const messages = readMessages(response);
  return {
    request,
    response,
    async untilEnd() {
      try {
        while ((await messages.next()).done !== true);
      } catch {
        // Cut off is an end, too.
      }
    },
    async leave() {
      request.destroy();
      await closed;
    },
    async next(kind) {
      for (;;) {
        const { done, value } = await messages.next();
        if (done === true) throw new Error("the stream has ended");
        if (value.event === kind) return value;
      }
    },
  };
}

async function* readMessages(response: IncomingMessage): AsyncGenerator<Message, undefined> {
  let rest = "";
  for await (const bytes of response) {
    const parts = `${rest}${String(bytes)}`.split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      yield Object.fromEntries(
        part.split("\n").map((line) => [line.split(": ")[0], line.slice(line.indexOf(": ") + 2)]),
      );
    }
  }
  return undefined;
}

test("who listens gets the state at once and again, and what happens; nothing is made while nobody does", async (t) => {
  const { port, monitor } = await startApi(t);
  monitor.state.broadcasts = [broadcastSnapshot("live/demo"), broadcastSnapshot("live/other", { state: "idle" })];
  const listenersBefore = monitor.listenerCount;
  const [first, second] = [await listen(port), await listen(port)];
  match(String(first.response.headers["content-type"]), /^text\/event-stream/);
  const snapshot = JSON.parse((await first.next("snapshot")).data ?? "");
  equal(snapshot.server.version, "1.2.3");
  deepEqual(
    snapshot.broadcasts.map(({ name }: { name: string }) => name),
    ["live/demo", "live/other"],
  );
  equal(snapshot.total, 2);
  equal("metadata" in snapshot.broadcasts[0], false);
  await second.next("snapshot");
  monitor.tell({ text: "hello" });
  for (const stream of [first, second]) {
    const told = await stream.next("event");
    match(told.id ?? "", /^[0-9a-z]+-1$/);
    equal(JSON.parse(told.data ?? "").text, "hello");
  }
  await first.next("snapshot");
  equal(monitor.listenerCount, listenersBefore + 1);
  await first.leave();
  await second.leave();
  const third = await listen(port);
  await third.next("snapshot");
  equal(monitor.listenerCount, listenersBefore + 1);
  third.request.destroy();
});

test("who comes back gets what it has missed, and all where it comes from another process", async (t) => {
  const { port, monitor } = await startApi(t);
  for (const text of ["one", "two", "three"]) monitor.tell({ text });
  const first = await listen(port);
  await first.next("snapshot");
  monitor.tell({ text: "four" });
  const { id = "" } = await first.next("event");
  first.request.destroy();
  const again = await listen(port, { "last-event-id": id.replace("-4", "-2") });
  equal(JSON.parse((await again.next("event")).data ?? "").text, "three");
  equal(JSON.parse((await again.next("event")).data ?? "").text, "four");
  again.request.destroy();
  const foreign = await listen(port, { "last-event-id": "zzz-77" });
  equal(JSON.parse((await foreign.next("event")).data ?? "").text, "one");
  foreign.request.destroy();
  for (const odd of ["", "7", "a-b", "-", `${"9".repeat(400)}`]) {
    const stream = await listen(port, { "last-event-id": odd });
    await stream.next("snapshot");
    stream.request.destroy();
  }
});

test("one listener more than may be is told to come later", async (t) => {
  const { port, ask } = await startApi(t, { limits: { maxEventStreams: 1 } });
  const only = await listen(port);
  const refused = await ask("/api/v1/stream");
  equal(refused.status, 503);
  equal(JSON.parse(refused.text).code, "server.too-many-streams");
  equal(refused.headers["retry-after"], "10");
  only.request.destroy();
});

test("a client that never reads is closed at the bound, and others go on", async (t) => {
  const warnings: string[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, error: quiet, warn: (_: object, text = "") => void warnings.push(text) };
  const { port, monitor, socket } = await startApi(t, { log, limits: { maxUnsentBytes: 100_000 } });
  const deaf = socket();
  deaf.write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [first] = await once(deaf, "data");
  match(String(first), /^HTTP\/1\.1 200 /);
  deaf.pause();
  const reader = await listen(port);
  await reader.next("snapshot");
  // More than the bound and what the kernel takes on the way.
  const text = "x".repeat(50_000);
  for (let told = 0; warnings.length === 0; told++) {
    ok(told < 2000, "it was not closed");
    monitor.tell({ text });
    await reader.next("event");
  }
  deepEqual(warnings, ["somebody listens to events and reads none: closed"]);
  monitor.tell({ text: "still here" });
  equal(JSON.parse((await reader.next("event")).data ?? "").text, "still here");
  reader.request.destroy();
});

test("the stream of a session ends with it", async (t) => {
  const { port, ask, server } = await startApi(t, { token: TOKEN });
  const body = JSON.stringify({ token: TOKEN });
  const signIn = { method: "POST", headers: { "content-type": "application/json" }, body };
  const cookieOf = async (): Promise<string> =>
    String((await ask("/api/v1/session", signIn)).headers["set-cookie"]).split(";")[0] ?? "";
  const [one, other] = [await cookieOf(), await cookieOf()];
  const streams = [await listen(port, { cookie: one }), await listen(port, { cookie: other })] as const;
  const program = await listen(port, bearer());
  await streams[0].next("snapshot");
  equal((await ask("/api/v1/session", { method: "DELETE", headers: { cookie: one } })).status, 204);
  await streams[0].untilEnd();
  await streams[1].next("snapshot");
  server.setToken(`${TOKEN}-another`);
  await streams[1].untilEnd();
  await program.untilEnd();
});

test("streams end when the API does", async (t) => {
  const { port, server } = await startApi(t);
  const stream = await listen(port);
  server.stop();
  await stream.untilEnd();
});
