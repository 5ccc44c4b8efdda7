import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { NetConnection } from "../../src/client/net-connection.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import { StatusError } from "../../src/client/status-error.ts";
import {
  Amf3Value,
  type AmfEncodable,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  hasMembers,
} from "../../src/formats/amf/amf-value.ts";
import type { ExternalizableCodec } from "../../src/formats/amf/externalizable.ts";
import { FlexOperation, type OutgoingFlexMessage } from "../../src/formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";
import { application } from "../../src/server/applications/index.ts";
import { type FlexOptions, messaging, method, remoting } from "../../src/server/index.ts";
import { startLiveServer } from "../support/live-server.ts";

const ADD = { kind: "remoting", destination: "calc", operation: "add", body: [1, 2], messageId: "A" } as const;
const PING = { kind: "command", operation: FlexOperation.ClientPing, messageId: "P" } as const;
const CREDENTIALS = Buffer.from("ann:x").toString("base64");

async function start(t: TestContext, flex: Partial<FlexOptions> = {}) {
  const destinations = { calc: remoting({ add: (a: number, b: number) => a + b }), chat: messaging() };
  const room = application("room", { methods: { hello: method([], () => "hello") } });
  const live = await startLiveServer(t, {
    applications: [room],
    flex: { destinations, login: (user, password) => user === "ann" && password === "x", ...flex },
  });
  const open = async (options: ConnectOptions = {}, app = ""): Promise<NetConnection> => {
    const connection = await connect(`rtmp://127.0.0.1:${live.port}/${app}`, { objectEncoding: 3, ...options });
    t.after(() => connection.close());
    return connection;
  };
  return { ...live, open };
}

/** What was answered: the class or small form, and the body or the fault. */
async function ask(connection: NetConnection, value: AmfEncodable, name = ""): Promise<unknown[]> {
  const answer = await connection.call(name, value).catch((error: unknown) => {
    ok(error instanceof StatusError, String(error));
    return error.info;
  });
  return described(answer);
}

function described(value: AmfValue): unknown[] {
  ok(value instanceof AmfObject || value instanceof AmfExternalizable, "no message");
  const message = decodeFlexMessage(value);
  const said = message?.kind === "error" ? message.faultCode : message?.body;
  return [value.className.split(".").at(-1), said];
}

function infoOf(connection: NetConnection, key: string): AmfValue {
  const { information } = connection.server;
  return hasMembers(information) ? information.get(key) : undefined;
}

function small(message: OutgoingFlexMessage): AmfExternalizable | AmfObject {
  return encodeFlexMessage(message, "small");
}

function full(message: OutgoingFlexMessage): AmfExternalizable | AmfObject {
  return encodeFlexMessage(message, "full");
}

test("the four arguments of connect: the answer has the id, and messages are small from then on", async (t) => {
  const { open } = await start(t);
  const command = small({ ...PING, headers: [["DSMessagingVersion", 1]] });
  const connection = await open({ args: [false, "nil", "", command] });
  match(String(infoOf(connection, "id")), /^[0-9A-F-]{36}$/);
  equal(infoOf(connection, "code"), "NetConnection.Connect.Success");
  equal(infoOf(connection, "objectEncoding"), 3);
  deepEqual(await ask(connection, full(ADD)), ["DSK", 3]);
  deepEqual(await ask(connection, small(PING)), ["DSK", null]);
  deepEqual(await ask(connection, full({ ...ADD, operation: "x" })), ["ErrorMessage", "Server.Processing"]);
});

test("a client that does not say that it reads small messages gets full ones", async (t) => {
  const { open } = await start(t);
  const connection = await open({ args: [false, "nil", "", new Amf3Value(full(PING))] });
  deepEqual(await ask(connection, full(ADD)), ["AcknowledgeMessage", 3]);
  const pushed: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  connection.methods.set("receive", (value) => {
    pushed.push(...described(value));
    resolve();
    return null;
  });
  deepEqual(await ask(connection, full({ kind: "command", operation: 0, destination: "chat" })), [
    "AcknowledgeMessage",
    null,
  ]);
  deepEqual(await ask(connection, full({ kind: "async", destination: "chat", body: "hi" })), [
    "AcknowledgeMessage",
    null,
  ]);
  await promise;
  deepEqual(pushed, ["AsyncMessage", "hi"]);
});

test("a connection is known by its first message too, whatever the name that it is called by", async (t) => {
  const { open } = await start(t);
  const connection = await open();
  equal(infoOf(connection, "id"), undefined);
  deepEqual(await ask(connection, full(ADD), "null"), ["AcknowledgeMessage", 3]);
  const pong = await connection.call("", small({ ...PING, headers: [["DSMessagingVersion", 1]] }));
  ok(pong instanceof AmfExternalizable);
  const message = decodeFlexMessage(pong);
  match(String(message?.headers.get("DSId")), /^[0-9A-F-]{36}$/);
});

test("calls over AMF0 are answered in AMF0; consumers need AMF3", async (t) => {
  const { open } = await start(t);
  const connection = await open({ objectEncoding: 0 });
  deepEqual(await ask(connection, full(ADD)), ["AcknowledgeMessage", 3]);
  deepEqual(await ask(connection, new Amf3Value(full(ADD))), ["AcknowledgeMessage", 3]);
  deepEqual(await ask(connection, full({ kind: "command", operation: 0, destination: "chat" })), [
    "ErrorMessage",
    "Client.Message.Encoding",
  ]);
});

test("credentials of each generation of clients: one argument, three, four, or in the command", async (t) => {
  const { open } = await start(t, {
    apps: [""],
    destinations: { mine: remoting({ one: () => 1 }, { needsLogin: true }) },
  });
  const login = full({ kind: "command", operation: FlexOperation.Login, body: CREDENTIALS });
  const ways: AmfEncodable[][] = [
    [CREDENTIALS],
    [false, "nil", CREDENTIALS],
    [false, "nil", CREDENTIALS, new Amf3Value(full(PING))],
    [false, "nil", "", new Amf3Value(login)],
  ];
  const call = full({ kind: "remoting", destination: "mine", operation: "one" });
  for (const args of ways) deepEqual(await ask(await open({ args }), call), ["AcknowledgeMessage", 1]);
  deepEqual(await ask(await open({ args: [""] }), call), ["ErrorMessage", "Client.Authentication"]);
  for (const args of [["d3Jvbmc6eA=="], [false, "nil", 5], [false, "nil", "d3Jvbmc6eA==", new Amf3Value(full(PING))]]) {
    await rejects(open({ args }), { code: "NetConnection.Connect.Rejected" });
  }
});

test("whoever does not speak Flex is none of it: other arguments of connect, other calls", async (t) => {
  const { open, lines } = await start(t);
  const connection = await open({ args: ["d3Jvbmc6eA==", 5] }, "room");
  equal(await connection.call("hello"), "hello");
  await rejects(connection.call("nosuch"), { description: "Method not found (nosuch)." });
  equal(
    lines.some(({ message }) => message.includes("login")),
    false,
  );
});

test("without the option, a call of Flex is a method that is not known", async (t) => {
  const { port } = await startLiveServer(t);
  const connection = await connect(`rtmp://127.0.0.1:${port}/`, { objectEncoding: 3 });
  t.after(() => connection.close());
  await rejects(connection.call("", full(ADD)), { description: "Method not found ()." });
});

test("a configuration goes to those who ask for it with connect", async (t) => {
  const { open } = await start(t, { configuration: { a: 1 } });
  const asking = full({ ...PING, headers: [["DSNeedsConfig", true]] });
  ok(infoOf(await open({ args: [false, "nil", "", new Amf3Value(asking)] }), "configuration") instanceof AmfObject);
  equal(infoOf(await open({ args: [false, "nil", "", new Amf3Value(full(PING))] }), "configuration"), undefined);
});

/** Writes bytes of the test's own under any name. */
function raw(className: string, bytes: readonly number[]): ExternalizableCodec {
  return {
    className,
    decode: () => undefined,
    encode(_, { writer }) {
      for (const byte of bytes) writer.u8(byte);
    },
  };
}

test("classes that nobody knows, and small messages that lie, are answered; the connection lives", async (t) => {
  const { open } = await start(t);
  const lies: readonly (readonly number[])[] = [
    [],
    [0x01],
    [0x80],
    [0x7f, 0x00],
    // A body of 268 million elements, a text as long, bytes as long, a reference to nothing, flags without end.
    [0x01, 0x09, 0xbf, 0xff, 0xff, 0xff],
    [0x01, 0x06, 0xbf, 0xff, 0xff, 0xff],
    [0x80, 0x01, 0x0c, 0xbf, 0xff, 0xff, 0xff],
    [0x01, 0x0a, 0x7e],
    Array.from({ length: 1000 }, () => 0x80),
  ];
  for (const className of ["DSK", "DSA", "DSC"]) {
    for (const bytes of lies) {
      const connection = await open({ classes: [raw(className, bytes)] });
      const [form, fault] = await ask(connection, new AmfExternalizable(className));
      equal(form, "ErrorMessage");
      match(String(fault), /^(?:Client\.Message\.|Server\.Processing)/);
      deepEqual(await ask(connection, full(ADD)), ["AcknowledgeMessage", 3]);
      await connection.close();
    }
  }
  const connection = await open({ classes: [raw("Q", [1, 2, 3])] });
  const unknown = ["ErrorMessage", "Client.Message.Deserialize.InvalidType"];
  deepEqual(await ask(connection, new AmfExternalizable("Q")), unknown);
  deepEqual(await ask(connection, full({ ...ADD, body: [new AmfExternalizable("Q")] })), unknown);
  deepEqual(await ask(connection, full(ADD)), ["AcknowledgeMessage", 3]);
});

test("one who misbehaves ends alone", async (t) => {
  const { open } = await start(t);
  const [bad, good] = [await open(), await open()];
  deepEqual(await ask(bad, "no message"), ["ErrorMessage", "Client.Message.Encoding"]);
  deepEqual(await ask(bad, new AmfObject()), ["ErrorMessage", "Client.Message.Encoding"]);
  await ask(bad, full({ kind: "command", operation: FlexOperation.Disconnect }));
  equal((await bad.closed).kind, "server");
  deepEqual(await ask(good, full(ADD)), ["AcknowledgeMessage", 3]);
});
