import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import { connectFlex } from "../../src/client/flex/connect-flex.ts";
import { AmfExternalizable } from "../../src/formats/amf/amf-value.ts";
import { encodeAmfPacket } from "../../src/formats/flex/amf-packet.ts";
import { type FlexMessage, FlexOperation } from "../../src/formats/flex/message.ts";
import { encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";
import { type FlexOptions, messaging, remoting } from "../../src/server/index.ts";
import { FlexHttpClient } from "../support/flex-http-client.ts";
import { startLiveServer } from "../support/live-server.ts";

const { ClientPing, Poll, Login, Disconnect } = FlexOperation;

async function start(t: TestContext, flex: Partial<FlexOptions> = {}) {
  const live = await startLiveServer(t, {
    flex: {
      destinations: {
        calc: remoting({ add: (a: number, b: number) => a + b, hang: () => new Promise<never>(() => {}) }),
        chat: messaging(),
      },
      ...flex,
    },
  });
  return { ...live, client: (path?: string) => new FlexHttpClient(live.port, path) };
}

function faultCode(message: FlexMessage | undefined): string {
  return message?.kind === "error" ? message.faultCode : `a message of the kind ${message?.kind}`;
}

const ADD = { kind: "remoting", destination: "calc", operation: "add", body: [1, 2], messageId: "A" } as const;

test("a ping gives an id, a session by cookie, and what to append to the path", async (t) => {
  const { client } = await start(t);
  const flash = client();
  const pong = await flash.ping();
  ok(pong.kind === "acknowledge");
  deepEqual([pong.correlationId, pong.destination, pong.headers.get("DSMessagingVersion")], ["PING", null, 1]);
  match(flash.id, /^[0-9A-F-]{36}$/);
  const setCookie = flash.response?.headers.getSetCookie()[0] ?? "";
  match(setCookie, /^flexsession=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
  const [header] = flash.packet.headers;
  deepEqual(header, { name: "AppendToGatewayUrl", mustUnderstand: false, value: `;${setCookie.split(";", 1)[0]}` });
  deepEqual(
    flash.packet.bodies.map(({ targetUri, responseUri }) => [targetUri, responseUri]),
    [["/1/onResult", "null"]],
  );
  equal(flash.response?.headers.get("access-control-allow-origin"), null);
  await flash.ping();
  deepEqual([flash.packet.headers, flash.response?.headers.getSetCookie()], [[], []], "once is enough");
});

test("services are called, in both versions of the packet, and several at once in one", async (t) => {
  const { client } = await start(t);
  const caller = client();
  for (const version of [0, 3] as const) {
    caller.version = version;
    const answers = await caller.send(ADD, { ...ADD, operation: "nosuch", messageId: "B" }, { ...ADD, body: [3, 4] });
    deepEqual(
      answers.map((answer) => (answer.kind === "error" ? [answer.correlationId, answer.faultCode] : answer.body)),
      [3, ["B", "Server.Processing"], 7],
    );
    deepEqual(
      caller.packet.bodies.map(({ targetUri }) => targetUri),
      ["/1/onResult", "/2/onStatus", "/3/onResult"],
    );
    equal(caller.packet.version, version);
  }
  equal(caller.cookie, undefined, "a call needs no session");
});

test("consumers poll for what was published, by HTTP and by RTMP, in small form if they read it", async (t) => {
  const { client, port } = await start(t);
  const [full, small] = [client(), client("/messagebroker/amfpolling")];
  await full.ping();
  await small.ping(1);
  for (const consumer of [full, small]) {
    const answer = await consumer.subscribe("chat", [["DSSubtopic", "a"]]);
    match(answer.clientId ?? "", /^[0-9A-F-]{36}$/);
  }
  const channel = await connectFlex(`rtmp://127.0.0.1:${port}`);
  t.after(() => channel.connection.close());
  await channel.producer("chat").send({ text: "one" }, { subtopic: "a" });
  await full.ask({ kind: "async", destination: "chat", body: "two", messageId: "TWO", headers: [["DSSubtopic", "a"]] });
  for (const consumer of [full, small]) {
    const messages = await consumer.poll();
    deepEqual(
      messages.map(({ body }) => typeof body),
      ["object", "string"],
    );
    equal(messages[1]?.messageId, "TWO");
    deepEqual(await consumer.poll(), []);
  }
  const answer = small.packet.bodies[0]?.value;
  ok(answer instanceof AmfExternalizable);
  equal(answer.className, "DSK");
});

test("a long poll waits until there is something, and another one takes its place", async (t) => {
  const chat = messaging();
  const { client } = await start(t, { destinations: { chat } });
  const consumer = client("/messagebroker/amflongpolling");
  await consumer.ping();
  await consumer.subscribe("chat");
  const second = client(consumer.path);
  Object.assign(second, { cookie: consumer.cookie, id: consumer.id });
  const polls = [consumer.poll(), second.poll()];
  deepEqual(await Promise.race(polls), [], "the one that came first");
  equal(chat.publish("now"), 1);
  const answers = await Promise.all(polls);
  deepEqual(
    answers.flat().map(({ body }) => body),
    ["now"],
  );
});

test("a long poll ends with nothing when its time is over, and at once in a packet of several", async (t) => {
  const { client } = await start(t, { timeouts: { longPollMs: 20 } });
  const consumer = client("/messagebroker/amflongpolling");
  await consumer.ping();
  await consumer.subscribe("chat");
  deepEqual(await consumer.poll(), []);
  const poll = { kind: "command", operation: Poll } as const;
  const answers = await consumer.send(poll, poll);
  deepEqual(
    answers.map(({ kind, body }) => [kind, body]),
    [
      ["acknowledge", null],
      ["acknowledge", null],
    ],
  );
});

test("more polls than may wait are answered at once", async (t) => {
  const { client } = await start(t, { limits: { maxWaitingPolls: 0 } });
  const consumer = client("/messagebroker/amflongpolling");
  await consumer.ping();
  await consumer.subscribe("chat");
  deepEqual(await consumer.poll(), []);
});

test("a session is known by its cookie, by its path, or by the client's id; nobody polls by the session of another", async (t) => {
  const chat = messaging();
  const { client, port } = await start(t, { destinations: { chat } });
  const owner = client();
  await owner.ping();
  await owner.subscribe("chat");
  chat.publish(1);
  const byPath = client(`/messagebroker/amf;${owner.cookie}`);
  deepEqual((await byPath.poll().catch(String)).toString(), "Error: Server.Processing.NotSubscribed", "another window");
  byPath.id = owner.id;
  equal((await byPath.poll()).length, 1);
  chat.publish(2);
  const byId = new FlexHttpClient(port);
  byId.id = owner.id;
  equal((await byId.poll()).length, 1);

  const stranger = client();
  await stranger.ping();
  const ownId = stranger.id;
  chat.publish(3);
  stranger.id = owner.id;
  await rejects(stranger.poll(), { message: "Server.Processing.DuplicateSessionDetected" });
  stranger.id = ownId;
  await rejects(stranger.poll(), { message: "Server.Processing.NotSubscribed" });
  stranger.cookie = "flexsession=guessed";
  stranger.id = "00000000-0000-0000-0000-000000000000";
  await rejects(stranger.poll(), { message: "Server.Processing.NotSubscribed" });
  equal((await owner.poll()).length, 1, "nothing of it was lost");
});

test("whoever disconnects hears nothing any more", async (t) => {
  const chat = messaging();
  const { client } = await start(t, { destinations: { chat } });
  const consumer = client();
  await consumer.ping();
  await consumer.subscribe("chat");
  equal(chat.subscriptionCount, 1);
  equal((await consumer.ask({ kind: "command", operation: Disconnect })).kind, "acknowledge");
  equal(chat.subscriptionCount, 0);
});

test("logins count for the session, and the third wrong one ends it", async (t) => {
  const { client } = await start(t, {
    login: (user, password) => user === "ann" && password === "x",
    destinations: { calc: remoting({ one: () => 1 }, { needsLogin: true }) },
  });
  const login = (text: string) =>
    ({ kind: "command", operation: Login, body: Buffer.from(text).toString("base64") }) as const;
  const call = { kind: "remoting", destination: "calc", operation: "one" } as const;
  const ann = client();
  equal(faultCode(await ann.ask(call)), "Client.Authentication");
  await ann.ping();
  const [wrong, right, called] = await ann.send(login("ann:y"), login("ann:x"), call);
  equal(faultCode(wrong), "Client.Authentication");
  deepEqual([right?.body, called?.body], ["success", 1], "one after the other, as they stand in the packet");
  equal((await ann.ask(call)).body, 1);

  const eve = client();
  await eve.ping();
  for (const guess of ["ann:1", "ann:2", "ann:3"])
    equal(faultCode(await eve.ask(login(guess))), "Client.Authentication");
  const { cookie } = eve;
  await eve.ping();
  ok(eve.cookie !== cookie, "the session was over");
});

test("limits: one beyond each is refused", async (t) => {
  const { client } = await start(t, {
    limits: { maxHttpSessions: 2, maxClientsPerHttpSession: 2, maxHttpBodyBytes: 600 },
  });
  const first = client();
  await first.ping();
  const window = client();
  window.cookie = first.cookie;
  await window.ping();
  const third = client();
  third.cookie = first.cookie;
  equal(faultCode(await third.ping()), "Server.ResourceUnavailable");
  await client().ping();
  const late = client();
  equal(faultCode(await late.ping()), "Server.ResourceUnavailable");
  equal((await late.ask(ADD)).body, 3, "calls need no session");

  const packet = (length: number): Uint8Array => {
    const bytes = encodeAmfPacket({
      version: 3,
      headers: [],
      bodies: [{ targetUri: "null", responseUri: "/1", value: [encodeFlexMessage(ADD, "full")] }],
    });
    const padded = new Uint8Array(length);
    padded.set(bytes);
    return padded;
  };
  await late.post(packet(600));
  await rejects(late.post(packet(601)), /^Error: 413 the body is too long/);
  const chunked = fetch(`${late.url}${late.path}`, {
    method: "POST",
    body: new Blob([packet(601)]).stream(),
    duplex: "half",
    headers: { "Content-Type": "application/x-amf" },
  } as RequestInit);
  equal((await chunked).status, 413);
});

test("what is no packet, and no request of AMF, is refused; the server lives", async (t) => {
  const { client, until } = await start(t);
  const odd = client();
  await rejects(odd.post(hex`00`), /^Error: 400 bytes\.truncated/);
  await rejects(odd.post(hex`0003 0000 ffff`), /^Error: 400 amf\.limit/);
  await until("a packet of 65535 bodies");
  await odd.post(hex`0003 0000 0001 0004 6e756c6c 0002 2f31 00000001 05`);
  equal(odd.packet.bodies[0]?.targetUri, "/1/onStatus");
  await odd.post(hex`0003 0000 0001 0004 6e756c6c 0002 2f31 00000006 11 0a 07 03 51 00`);
  match(JSON.stringify(odd.packet.bodies[0]?.value), /faultCode|ErrorMessage/);
  const url = `${odd.url}${odd.path}`;
  equal((await fetch(url)).status, 405);
  equal((await fetch(url, { method: "POST", body: "x" })).status, 415);
  const preflight = await fetch(url, { method: "OPTIONS", headers: { Origin: "https://example.org" } });
  equal(preflight.headers.get("access-control-allow-origin"), null);
  equal((await odd.ask(ADD)).body, 3);
});

test("pages of sites that are named may use it", async (t) => {
  const { client } = await start(t, { http: { allowedOrigins: ["https://a.example"] } });
  const page = client();
  const url = `${page.url}${page.path}`;
  const origin = (name: string) => ({ Origin: name });
  const preflight = await fetch(url, { method: "OPTIONS", headers: origin("https://a.example") });
  equal(preflight.status, 204);
  equal(preflight.headers.get("access-control-allow-origin"), "https://a.example");
  equal(preflight.headers.get("access-control-allow-headers"), "Content-Type");
  const other = await fetch(url, { method: "OPTIONS", headers: origin("https://b.example") });
  equal(other.headers.get("access-control-allow-origin"), null);
  equal(other.headers.get("vary"), "Origin");
});

test("paths can be chosen, and HTTP switched off", async (t) => {
  const { client } = await start(t, { http: { paths: ["/gateway"], longPollingPaths: [] } });
  equal((await client("/gateway?x=1").ask(ADD)).body, 3);
  await rejects(client().ask(ADD), /^Error: 404/);
  const { client: none } = await start(t, { http: false });
  await rejects(none().ask(ADD), /^Error: 404/);
});

test("a poll needs AMF3", async (t) => {
  const { client } = await start(t);
  const old = client();
  await old.ping();
  await old.subscribe("chat");
  old.version = 0;
  await rejects(old.poll(), { message: "Client.Message.Encoding" });
});

test("a message that nobody answers in time is answered so", async (t) => {
  const { client } = await start(t, { timeouts: { callMs: 1 } });
  const answer = await client().ask({ ...ADD, operation: "hang" });
  ok(answer.kind === "error");
  equal(answer.faultString, "The answer took too long.");
  equal((await client().ask({ kind: "command", operation: ClientPing })).kind, "acknowledge");
});
