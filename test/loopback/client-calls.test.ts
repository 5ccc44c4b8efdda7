import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  type ClientMethod,
  type ConnectOptions,
  connect,
  type NetConnection,
  StatusError,
} from "../../src/client/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { hasMembers } from "../../src/formats/amf/amf-value.ts";
import { encodeCommand } from "../../src/rtmp/message/command.ts";
import { type Reaction, ScriptedServer, SILENCE } from "./scripted-server.ts";

async function connected(
  reactions: Readonly<Record<string, Reaction>> = {},
  options: ConnectOptions = {},
): Promise<{ readonly server: ScriptedServer; readonly connection: NetConnection }> {
  const server = new ScriptedServer({ reactions });
  const connection = await connect("rtmp://example.org/chat", { ...options, stream: server.clientStream });
  return { server, connection };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("calls at the same time get their own results, in whatever order", async () => {
  const waiting: (() => void)[] = [];
  const { connection } = await connected({
    add: (server, { transactionId, args: [a, b] }) => {
      waiting.unshift(() => server.result(transactionId, Number(a) + Number(b)));
      if (waiting.length === 3) for (const answer of waiting) answer();
    },
  });
  deepEqual(
    await Promise.all([connection.call("add", 1, 2), connection.call("add", 3, 4), connection.call("add", 5, 6)]),
    [3, 7, 11],
  );
  await connection.close();
});

test("_error rejects with what the server says", async () => {
  const { connection } = await connected({
    add: (server, { transactionId }) =>
      server.error(transactionId, { level: "error", code: "Calculator.Full", description: "Too much.", sum: 7 }),
  });
  await rejects(connection.call("add", 1, 2), (error) => {
    ok(error instanceof StatusError);
    const { code, level, description, info, message } = error;
    deepEqual([code, level, description], ["Calculator.Full", "error", "Too much."]);
    ok(hasMembers(info));
    equal(info.get("sum"), 7);
    equal(message, "add was refused: Calculator.Full: Too much.");
    return true;
  });
  await connection.close();
});

test("_error without a status", async () => {
  const { connection } = await connected({
    text: (server, { transactionId }) => server.error(transactionId, "no such thing"),
    nothing: (server, { transactionId }) => server.error(transactionId),
  });
  await rejects(connection.call("text"), {
    code: "NetConnection.Call.Failed",
    description: "no such thing",
    info: "no such thing",
  });
  await rejects(connection.call("nothing"), { code: "NetConnection.Call.Failed", description: "", level: "error" });
  await connection.close();
});

test("a call may have a time limit of its own; its late answer disturbs nobody", async () => {
  let late = 0;
  const { server, connection } = await connected({
    slow: (_, { transactionId }) => {
      late = transactionId;
    },
    add: (peer, { transactionId }) => peer.result(transactionId, 3),
  });
  await rejects(connection.callWith({ timeoutMs: 10 }, "slow"), /did not answer slow within 10 ms/);
  server.result(late, "too late");
  equal(await connection.call("add", 1, 2), 3);
  await connection.close();
});

test("a value that AMF cannot carry rejects at once, and the connection lives on", async () => {
  const { connection } = await connected({ add: (server, { transactionId }) => server.result(transactionId, 3) });
  await rejects(connection.call("add", Symbol.iterator as unknown as string), { code: "amf.encode" });
  throws(() => connection.notify("add", (() => 1) as unknown as string), { code: "amf.encode" });
  equal(await connection.call("add", 1, 2), 3);
  await connection.close();
});

test("thousands of calls, one after the other: the answers are no flood", async () => {
  const { connection } = await connected({
    add: (server, { transactionId, args }) => server.result(transactionId, args[0]),
  });
  let sum = 0;
  for (let count = 0; count < 3000; count++) sum += Number(await connection.call("add", 1));
  equal(sum, 3000);
  await connection.close();
});

test("more calls than may wait reject at once", async () => {
  const { connection } = await connected({ wait: SILENCE });
  const calls = Promise.allSettled(Array.from({ length: 101 }, () => connection.call("wait")));
  await turn();
  await connection.close();
  const codes = (await calls).map((call) => call.status === "rejected" && (call.reason as ProtocolError).code);
  equal(codes.filter((code) => code === "connection.closed").length, 100);
  equal(codes.at(-1), "session.call-limit");
});

test("notify wants no answer", async () => {
  const { server, connection } = await connected();
  connection.notify("hello", "world");
  await turn();
  deepEqual([server.lines.at(-1), server.commands.at(-1)?.transactionId], ["hello/0 world", 0]);
  await connection.close();
  connection.notify("hello", "nobody");
});

test("the server calls methods of the client", async () => {
  const methods: Record<string, ClientMethod> = {
    add: (a, b) => Number(a) + Number(b),
    later: async (text) => `${text} later`,
    refuse: () => {
      throw new StatusError("refuse", { level: "error", code: "App.No", description: "No.", info: undefined });
    },
    fail: () => {
      throw new TypeError("a secret of this side");
    },
  };
  const warnings: object[] = [];
  const log = { debug() {}, warn: (details: object) => void warnings.push(details) };
  const { server, connection } = await connected({}, { methods, log });
  connection.methods.set("added", () => undefined);
  const calls = ["add", "later", "refuse", "fail", "toString", "added"];
  for (const [index, name] of calls.entries()) server.command(name, index + 10, 2, 3);
  server.command("add", 0, 1, 1);
  await turn();
  const answers = server.commands.slice(1).map(({ name, transactionId, args: [value] }) => {
    const shown = hasMembers(value) ? `${value.get("code")} ${value.get("description")}` : value;
    return [transactionId, name, shown];
  });
  deepEqual(
    answers.sort(([a], [b]) => Number(a) - Number(b)),
    [
      [10, "_result", 5],
      [11, "_result", "2 later"],
      [12, "_error", "App.No No."],
      [13, "_error", "NetConnection.Call.Failed fail failed."],
      [14, "_error", "NetConnection.Call.Failed Method not found."],
      [15, "_result", undefined],
    ],
  );
  equal(warnings.length, 1);
  await connection.close();
});

test("a method that ends after the connection harms nobody", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { server, connection } = await connected({}, { methods: { wait: () => promise } });
  server.command("wait", 5);
  await turn();
  await connection.close();
  resolve("too late");
  await turn();
  deepEqual(server.lines.slice(-1), ["closed"]);
});

test("statuses of the connection, and a request to connect anew, come as they are sent", async () => {
  const seen: string[] = [];
  const { server, connection } = await connected(
    {},
    {
      onStatus: ({ code, level, description, info }) =>
        seen.push([code, level, description, info?.get("tcUrl") ?? "-"].join(" ")),
    },
  );
  server.status(0, "NetConnection.Connect.AppShutdown", "error", "Bye.");
  const info = {
    level: "status",
    code: "NetConnection.Connect.ReconnectRequest",
    tcUrl: "rtmp://b/chat",
    description: "Go.",
  };
  server.send(encodeCommand({ name: "onStatus", args: [info] }, 0));
  await turn();
  deepEqual(seen, [
    "NetConnection.Connect.AppShutdown error Bye. -",
    "NetConnection.Connect.ReconnectRequest status Go. rtmp://b/chat",
  ]);
  await connection.close();
});

test("an error of the application's own function ends the connection and is its reason", async () => {
  const { server, connection } = await connected(
    { wait: SILENCE },
    {
      onStatus: () => {
        throw new TypeError("oops");
      },
    },
  );
  const calling = connection.call("wait");
  server.status(0, "NetConnection.Connect.AppShutdown");
  await rejects(calling, /^TypeError: oops$/);
  const { kind, description } = await connection.closed;
  deepEqual([kind, description], ["failed", "an unexpected error: oops"]);
});

test("ping measures the round trip", async () => {
  const { connection } = await connected();
  equal(connection.statistics.roundTripMs, undefined);
  const roundTripMs = await connection.ping();
  ok(roundTripMs >= 0);
  equal(connection.statistics.roundTripMs, roundTripMs);
  await connection.close();
  await rejects(connection.ping(), { code: "connection.closed" });
});

test("a server that floods with pings and reads nothing is cut off", async () => {
  const { server, connection } = await connected({}, { maxQueuedBytes: 1000, timeouts: { closeMs: 10 } });
  server.stream.pause();
  for (let count = 0; count < 100_000 && server.lines.at(-1) !== "closed"; count++) {
    server.ping();
    if (count % 1000 === 0) await turn();
  }
  const { kind, error } = await connection.closed;
  equal(kind, "failed");
  ok(error instanceof ProtocolError && error.code === "session.reply-limit");
});

test("calls of methods that nobody named can be taken all by one function", async () => {
  const seen: unknown[] = [];
  const { server, connection } = await connected(
    {},
    {
      methods: { known: () => "known" },
      onCall(name, args) {
        seen.push([name, ...args]);
        return "any";
      },
    },
  );
  server.command("known", 3);
  server.command("unknown", 4, "a", 1);
  await turn();
  await turn();
  deepEqual(seen, [["unknown", "a", 1]]);
  deepEqual(
    server.commands.filter(({ name }) => name === "_result").map(({ transactionId, args }) => [transactionId, ...args]),
    [
      [3, "known"],
      [4, "any"],
    ],
  );
  await connection.close();
});

test("what the server says beneath commands is known", async () => {
  const { server, connection } = await connected();
  deepEqual(connection.protocol, {
    handshake: { form: "plain", note: undefined },
    chunkSize: 128,
    windowBytes: undefined,
    bandwidthBytes: undefined,
  });
  server.wire.sendWindowAcknowledgementSize(5_000_000);
  server.wire.sendPeerBandwidth(2_500_000, 0);
  server.wire.sendChunkSize(60_000);
  server.ping();
  await turn();
  const { chunkSize, windowBytes, bandwidthBytes } = connection.protocol;
  deepEqual([chunkSize, windowBytes, bandwidthBytes], [60_000, 5_000_000, 2_500_000]);
  await connection.close();
});
