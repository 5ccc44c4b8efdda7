import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import type { ConnectOptions, NetConnection } from "../../src/client/index.ts";
import { connect, playFrom, publishTo, StatusError } from "../../src/client/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { hasMembers } from "../../src/formats/amf/amf-value.ts";
import type { Handshake, HandshakeResult } from "../../src/rtmp/handshake/handshake.ts";
import { createMediaServer } from "../../src/server/media-server.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import type { CleanUp } from "../support/peer-process.ts";
import { type Reaction, ScriptedServer, SILENCE } from "./scripted-server.ts";

const URL = "rtmp://example.org/live";
const SHORT = { connectMs: 20, handshakeMs: 20, answerMs: 20, closeMs: 20 };

/** A connection to our own server, in memory. */
function dial(owner: CleanUp, options: MediaServerOptions = {}): ByteStream {
  const [client, server] = memoryStreamPair();
  const mediaServer = createMediaServer(options);
  mediaServer.accept(server);
  owner.after(() => mediaServer.stop());
  return client;
}

/** Something that takes bytes, says what it is told, and never answers. */
function mutePeer(): { readonly clientStream: ByteStream; readonly stream: ByteStream; isClosed: boolean } {
  const [clientStream, stream] = memoryStreamPair();
  const peer = { clientStream, stream, isClosed: false };
  stream.start({
    onBytes() {},
    onDrain() {},
    onEnd() {},
    onClose() {
      peer.isClosed = true;
    },
  });
  return peer;
}

function hasCode(code: string, text?: RegExp): (error: unknown) => true {
  return (error) => {
    ok(error instanceof ProtocolError, String(error));
    equal(error.code, code);
    if (text !== undefined) match(error.message, text);
    return true;
  };
}

test("connects to our own server and knows it", async (context) => {
  const connection = await connect(URL, { stream: dial(context) });
  match(connection.server.serverVersion, /^FMS\//);
  equal(connection.server.capabilities.extensions.reconnect, true);
  equal(connection.server.objectEncoding, 0);
  ok(connection.statistics.bytesReceived > 3073);
  deepEqual(await connection.close(), { kind: "closed", description: "closed by the application" });
});

test("AMF3 and the digest handshake can be asked for", async (context) => {
  const connection = await connect(URL, { stream: dial(context), objectEncoding: 3, handshake: "digest" });
  equal(connection.server.objectEncoding, 3);
  await connection.close();
});

test("the whole path is the app; what connect says can be chosen", async () => {
  const server = new ScriptedServer();
  const connection = await connect("rtmp://user:secret@example.org:1936/live/instance?token=1", {
    stream: server.clientStream,
    flashVersion: "FMLE/3.0",
    chunkSize: 5000,
    windowAcknowledgementSize: 100_000,
    members: { swfUrl: "http://example.org/a.swf" },
    args: ["hello", 7],
  });
  const command = server.commands[0];
  const object = command?.commandObject;
  ok(hasMembers(object));
  equal(object.get("app"), "live/instance?token=1");
  equal(object.get("tcUrl"), "rtmp://example.org:1936/live/instance?token=1");
  equal(object.get("flashVer"), "FMLE/3.0");
  equal(object.get("swfUrl"), "http://example.org/a.swf");
  ok(object.get("fourCcList") !== undefined);
  deepEqual(command?.args, ["hello", 7]);
  await connection.close();
  deepEqual(server.lines, ["connect/0 hello 7", "closed"]);
});

test("app and tcUrl can be given", async () => {
  const server = new ScriptedServer();
  const options = { stream: server.clientStream, app: "other", tcUrl: "rtmp://elsewhere/other" };
  const connection = await connect("rtmp://example.org/other/a", options);
  const object = server.commands[0]?.commandObject;
  ok(hasMembers(object));
  deepEqual([object.get("app"), object.get("tcUrl")], ["other", "rtmp://elsewhere/other"]);
  await connection.close();
});

test("the application's refusal is a StatusError", async (context) => {
  const hooks = { onConnect: () => ({ allow: false, reason: "Not today." }) as const };
  await rejects(connect(URL, { stream: dial(context, { hooks }) }), (error) => {
    ok(error instanceof StatusError);
    const { code, level, description } = error;
    deepEqual([code, level, description], ["NetConnection.Connect.Rejected", "error", "Not today."]);
    ok(hasMembers(error.info));
    equal(error.message, "connect was refused: NetConnection.Connect.Rejected: Not today.");
    return true;
  });
});

test("a URL of another scheme, or none, is told so", async () => {
  await rejects(connect("rtsp://example.org/live"), /unknown scheme rtsp:\/\/\. Known are rtmp, rtmps, /);
  await rejects(connect("example.org/live"), /not a URL/);
});

test("nothing listens there: the error says what to do", async () => {
  const server = createMediaServer({ listen: [{ host: "127.0.0.1", port: 0 }] });
  await server.start();
  const port = server.listeners[0]?.port;
  await server.stop();
  await rejects(connect(`rtmp://127.0.0.1:${port}/live`), /Start the server, or check the address and the port/);
});

test("over TCP: the last part of the path is the key, and the connection closes with the stream", async (context) => {
  const server = createMediaServer({ listen: [{ host: "127.0.0.1", port: 0 }] });
  await server.start();
  context.after(() => server.stop());
  const url = `rtmp://127.0.0.1:${server.listeners[0]?.port}/live/instance/key`;
  const published = await publishTo(url);
  const played = await playFrom(url);
  deepEqual(
    [...server.broadcasts].map(({ name }) => name),
    ["live/instance/key"],
  );
  published.write({ kind: "audio", timestamp: 40, payload: hex`af 01 21` });
  for await (const { kind, timestamp, payload } of played) {
    deepEqual([kind, timestamp, payload], ["audio", 40, hex`af 01 21`]);
    break;
  }
  equal((await played.ended).kind, "closed");
  await published.close();
  equal((await published.ended).kind, "closed");
});

/** What a client can wait for, in order, and the command that a silent server leaves without an answer. */
const STEPS: readonly {
  readonly name: string;
  readonly unanswered: string;
  run(c: NetConnection): Promise<unknown>;
}[] = [
  { name: "createStream", unanswered: "createStream", run: (connection) => connection.publish("key") },
  { name: "publish", unanswered: "publish", run: (connection) => connection.publish("key") },
  { name: "play", unanswered: "play", run: (connection) => connection.play("key") },
  { name: "add", unanswered: "add", run: (connection) => connection.call("add", 1, 2) },
];

test("a silent peer: the handshake has a time limit, and the connection is dropped", async () => {
  const peer = mutePeer();
  const connecting = connect(URL, { stream: peer.clientStream, timeouts: SHORT });
  await rejects(connecting, hasCode("timeout.server-handshake", /within 20 ms\. Check that it serves RTMP/));
  await Promise.resolve();
  ok(peer.isClosed);
});

test("a server that does not answer connect: a time limit too", async () => {
  const server = new ScriptedServer({ reactions: { connect: SILENCE } });
  const connecting = connect(URL, { stream: server.clientStream, timeouts: SHORT });
  await rejects(connecting, hasCode("timeout.answer", /did not answer connect within 20 ms/));
  await Promise.resolve();
  deepEqual(server.lines, ["connect/0", "closed"]);
});

for (const { name, unanswered, run } of STEPS) {
  test(`a server that does not answer ${name}: a time limit, and the connection lives on`, async () => {
    const { server, connection } = await connected({ [unanswered]: SILENCE }, { timeouts: SHORT });
    await rejects(run(connection), hasCode("timeout.answer", new RegExp(`did not answer ${name} within 20 ms`)));
    server.ping();
    await turn();
    equal(server.lines.at(-1), "ping-response");
    await connection.close();
  });

  test(`aborting while ${name} is under way rejects with the signal's reason`, async () => {
    const abort = new AbortController();
    const { connection } = await connected(
      { [unanswered]: () => abort.abort(new Error("enough")) },
      {
        signal: abort.signal,
      },
    );
    await rejects(run(connection), /^Error: enough$/);
    deepEqual((await connection.closed).kind, "aborted");
    await rejects(connection.call("more"), /enough/);
  });

  test(`a server that closes instead of answering ${name}`, async () => {
    const { connection } = await connected({ [unanswered]: (server) => server.stream.close() });
    await rejects(run(connection), (error) => {
      // YouTube, Facebook and Twitch do so when the key is wrong.
      if (name === "publish") return error instanceof StatusError && /the stream key may be wrong/.test(error.message);
      return hasCode("connection.closed", /^the server closed the connection\./)(error);
    });
    equal((await connection.closed).kind, "server");
  });

  test(`a connection that breaks while ${name} is under way`, async () => {
    const { connection } = await connected({ [unanswered]: (server) => server.stream.destroy() });
    await rejects(run(connection), hasCode("connection.closed", /was lost: the other side dropped the connection/));
    const { kind, error } = await connection.closed;
    equal(kind, "lost");
    ok(error instanceof Error);
  });
}

test("options that cannot be sent reject, and leave nothing behind", async (context) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  context.after(() => process.off("unhandledRejection", note));
  const server = new ScriptedServer();
  const members = { tell: () => "a function" };
  await rejects(connect(URL, { stream: server.clientStream, members }), hasCode("amf.encode"));
  await turn();
  deepEqual(server.lines, ["closed"]);
  deepEqual(unhandled, []);
  for (const chunkSize of [0, 127, 16_777_216, 4096.5]) {
    await rejects(connect(URL, { stream: mutePeer().clientStream, chunkSize }), RangeError);
  }
});

test("Infinity is no time limit, and undefined the usual one", async () => {
  const timeouts = { handshakeMs: Number.POSITIVE_INFINITY, answerMs: undefined } as ConnectOptions["timeouts"] &
    object;
  const answer: Reaction = (server, { transactionId }) => {
    setTimeout(() => server.result(transactionId, "late"), 20);
  };
  const { connection } = await connected({ late: answer }, { timeouts });
  equal(await connection.call("late"), "late");
  equal(await connection.callWith({ timeoutMs: Number.POSITIVE_INFINITY }, "late"), "late");
  await connection.close();
});

test("aborting before, during the handshake, and during connect", async () => {
  const peer = mutePeer();
  await rejects(connect(URL, { stream: peer.clientStream, signal: AbortSignal.abort("no") }), equalTo("no"));
  await Promise.resolve();
  ok(peer.isClosed);

  const handshake = new AbortController();
  const shaking = connect(URL, { stream: mutePeer().clientStream, signal: handshake.signal });
  handshake.abort("no more");
  await rejects(shaking, equalTo("no more"));

  const answer = new AbortController();
  const server = new ScriptedServer({ reactions: { connect: () => answer.abort() } });
  await rejects(connect(URL, { stream: server.clientStream, signal: answer.signal }), { name: "AbortError" });
});

test("aborting an open connection ends its streams in order", async () => {
  const abort = new AbortController();
  const { server, connection } = await connected({}, { signal: abort.signal });
  const stream = await connection.publish("key");
  abort.abort();
  equal((await stream.ended).kind, "closed");
  equal((await connection.closed).kind, "aborted");
  deepEqual(server.lines.slice(-3), ["FCUnpublish/0 key", "deleteStream/0 1", "closed"]);
});

test("a server that closes during the handshake or before it answers connect", async () => {
  const peer = mutePeer();
  const connecting = connect(URL, { stream: peer.clientStream });
  peer.stream.close();
  await rejects(connecting, hasCode("connection.closed", /closed the connection before it answered connect/));

  const server = new ScriptedServer({ reactions: { connect: ({ stream }) => stream.close() } });
  await rejects(connect(URL, { stream: server.clientStream }), hasCode("connection.closed", /before it answered/));
});

test("the command close is final", async () => {
  const server = new ScriptedServer({ reactions: { connect: (peer) => peer.command("close", 0) } });
  await rejects(connect(URL, { stream: server.clientStream }), hasCode("connection.closed"));

  const { server: later, connection } = await connected();
  later.status(0, "NetConnection.Connect.AppShutdown", "error", "Going home.");
  later.command("close", 0);
  const { kind, description } = await connection.closed;
  equal(kind, "server");
  equal(description, "the server closed the connection: NetConnection.Connect.AppShutdown Going home.");
});

const GARBAGE: readonly (readonly [string, string, Uint8Array])[] = [
  ["HTTP", "handshake.http", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["TLS", "handshake.tls", hex`15 03 01 00 02 02 28`],
  ["another version", "handshake.version", hex`09 00 00`],
  ["too soon and too much", "handshake.limit", new Uint8Array(70_000).fill(3)],
];
for (const [name, code, bytes] of GARBAGE) {
  test(`a server that speaks ${name}: ${code}, with what to do`, async () => {
    const peer = mutePeer();
    const connecting = connect(URL, { stream: peer.clientStream });
    peer.stream.write([bytes]);
    await rejects(connecting, (error) => {
      ok(error instanceof ProtocolError);
      equal(error.code, code);
      ok(error.message.endsWith(error.remedy), error.message);
      return true;
    });
  });
}

test("a server that sends garbage behind the handshake is cut off", async () => {
  const { server, connection } = await connected();
  const calling = connection.call("add");
  server.stream.write([hex`02 000000 000004 01 00000000 00000000`]);
  await rejects(calling, hasCode("chunk.size"));
  const { kind, description } = await connection.closed;
  equal(kind, "failed");
  match(description, /^chunk\.size: /);
});

test("nginx-rtmp's handshake repeats C1 as S1", async () => {
  const server = new ScriptedServer({ handshake: new EchoHandshake() });
  const connection = await connect(URL, { stream: server.clientStream });
  await connection.close();
});

test("a refused connect that comes as a _result, and one with a redirect", async () => {
  const info = { level: "error", code: "NetConnection.Connect.Rejected", ex: { code: 302, redirect: "rtmp://b/live" } };
  const server = new ScriptedServer({
    reactions: { connect: (peer, { transactionId }) => peer.result(transactionId, info) },
  });
  await rejects(connect(URL, { stream: server.clientStream }), (error) => {
    ok(error instanceof StatusError && hasMembers(error.info));
    const redirect = error.info.get("ex");
    ok(hasMembers(redirect));
    equal(redirect.get("redirect"), "rtmp://b/live");
    return true;
  });
});

async function connected(
  reactions: Readonly<Record<string, Reaction>> = {},
  options: ConnectOptions = {},
): Promise<{ readonly server: ScriptedServer; readonly connection: NetConnection }> {
  const server = new ScriptedServer({ reactions });
  const connection = await connect(URL, { ...options, stream: server.clientStream });
  return { server, connection };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function equalTo(expected: unknown): (error: unknown) => true {
  return (error) => {
    equal(error, expected);
    return true;
  };
}

class EchoHandshake implements Handshake {
  #input = new Uint8Array();
  #isAnswered = false;

  get result(): HandshakeResult | undefined {
    if (this.#input.length < 3073) return undefined;
    return { form: "plain", trailing: this.#input.slice(3073), bytesRead: this.#input.length };
  }

  push(bytes: Uint8Array): void {
    this.#input = new Uint8Array([...this.#input, ...bytes]);
  }

  takeOutput(): readonly Uint8Array[] {
    if (this.#isAnswered || this.#input.length < 1537) return [];
    this.#isAnswered = true;
    return [this.#input.slice(0, 1537), this.#input.slice(1, 1537)];
  }
}
