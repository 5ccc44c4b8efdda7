import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatHex } from "../../src/bytes/hex.ts";
import { connect, type NetConnection, StatusError } from "../../src/client/index.ts";
import { createRegistry } from "../../src/formats/amf/class-alias.ts";
import type { AmfEncodable } from "../../src/formats/amf/index.ts";
import { toPlain } from "../../src/formats/amf/index.ts";
import { P, POINT, startChatServer } from "../fixtures/red5/chat-server.ts";
import { describeMessages } from "../fixtures/red5/describe-messages.ts";
import { type Red5Session, type Red5SessionName, red5SessionFile } from "../fixtures/red5/fixtures.ts";
import { type CleanUp, startPeer } from "../support/peer-process.ts";
import { bytesFrom, type RecordedConnection, startRecordingProxy } from "../support/recording-proxy.ts";

// Red5's server with our client, and its client with our server: node test/peers/red5.ts [--record]
// README.md says what has to be installed.

const JAVA = join(import.meta.dirname, "java");
const CLASS_PATH = [join(JAVA, "target/classes"), join(JAVA, "target/lib/*")].join(":");
const isRecording = process.argv.includes("--record");

const ends: (() => Promise<void>)[] = [];
const owner: CleanUp = { after: (end) => ends.push(end) };
try {
  await tryServer();
  for (const objectEncoding of [0, 3] as const) await tryClient(objectEncoding);
  await tryClient(0, "rtmpt");
} finally {
  for (const end of ends.reverse()) await end();
}

async function tryServer(): Promise<void> {
  const server = startPeer(owner, "java", ["-cp", CLASS_PATH, "Red5Server"]);
  await server.untilStderr(/# port \d+/);
  const proxy = await startRecordingProxy(owner, Number(/# port (\d+)/.exec(server.stderrTail())?.[1]));
  for (const objectEncoding of [0, 3] as const) {
    await useServer(proxy.url("chat"), objectEncoding);
    const [connection] = proxy.connections.slice(-1);
    if (connection !== undefined)
      save(`server-amf${objectEncoding}`, "Red5's server 1.3.17", objectEncoding, connection);
  }
  equal(server.stderrTail().match(/# answer thanks/g)?.length, 2, "the server had the answers to its calls");
  console.log("Red5's server: all as expected");
}

async function useServer(url: string, objectEncoding: 0 | 3): Promise<void> {
  const called: unknown[] = [];
  const methods = {
    called(...args: readonly AmfEncodable[]): string {
      called.push(...args.map((value) => toPlain(value as never)));
      return "thanks";
    },
  };
  const connection = await connect(url, { objectEncoding, methods, classes: [POINT] });
  const registry = createRegistry([POINT]);
  const call = async (name: string, ...args: readonly AmfEncodable[]): Promise<unknown> =>
    toPlain(await connection.call(name, ...args), { registry });
  const echoes: [string, AmfEncodable][] = [
    ["echoNumber", 0.5],
    ["echoText", "hé😀"],
    ["echoBoolean", true],
    ["echoObject", { a: 1, b: [1, "x", { c: true }] }],
    ["echoList", [1, 2, 3]],
    ["echoDate", new Date(1_700_000_000_000)],
    ["echoPoint", new P(1, 2)],
  ];
  // Where AMF0 was agreed on, Red5 closes the connection at a value as AMF3.
  if (objectEncoding === 3) echoes.push(["echoBytes", Uint8Array.of(1, 2, 3)]);
  for (const [name, value] of echoes) deepEqual(plain(await call(name, value)), plain(value), name);
  equal(await call("add", 2, 3), 5);
  equal(await call("nothing"), null);
  deepEqual(plain(await call("point")), { x: 1, y: 2 });
  deepEqual(plain(await call("profile", "ann")), { name: "ann", nick: "ann", marks: [1, 2.5, "three"] });
  const pair = [
    { a: "x", b: "x" },
    { c: "y", d: "y" },
  ] as const;
  deepEqual(plain(await call("both", ...pair)), pair);
  for (const name of ["fail", "missing"]) equal(await codeOf(call(name)), "NetConnection.Call.Failed");
  equal(await call("callMe", "hello"), true);
  deepEqual(plain(called), ["hello", { text: "hello" }, { text: "hello" }]);
  await useObject(connection, `room${objectEncoding}`);
  await connection.close();
}

async function useObject(connection: NetConnection, name: string): Promise<void> {
  const announced: unknown[][] = [];
  const announce = (...args: unknown[]): void => void announced.push(args);
  const object = await connection.sharedObject<Record<string, unknown>>(name, { handlers: { announce } });
  const until = async (isSo: () => boolean): Promise<void> => {
    for await (const _ of object.changes()) if (isSo()) return;
  };
  object.set("topic", "water");
  object.set("gone", { name: "ann" });
  object.set("list", [1, { a: "b" }]);
  await until(() => object.version > 1);
  await connection.call("change", name);
  if (object.get("server") === undefined) await until(() => object.has("server"));
  object.send("announce", "from millrace", { x: 1 }, { x: 1 });
  object.delete("topic");
  await until(() => !object.has("topic"));
  while (announced.length < 2) await connection.call("nothing");
  const profile = { name: "ann", nick: "ann", marks: [1, 2.5, "three"] };
  const slots = { list: ["a", "b", 3], server: "red5", first: profile, second: profile };
  deepEqual(plain(object.data), plain(slots));
  deepEqual(plain(announced), [
    ["hello", 5],
    ["from millrace", { x: 1 }, { x: 1 }],
  ]);
  object.close();
}

async function tryClient(objectEncoding: 0 | 3, ...transport: readonly "rtmpt"[]): Promise<void> {
  const chat = await startChatServer(owner);
  const proxy = await startRecordingProxy(owner, chat.port);
  const parameters = [`${proxy.port}`, `${objectEncoding}`, ...transport];
  const client = startPeer(owner, "java", ["-cp", CLASS_PATH, "Red5Client", ...parameters]);
  const { exitCode, stderrTail } = await client.done;
  const lines = stderrTail.split("\n").filter((line) => line.startsWith("# "));
  equal(exitCode, 0, `Red5's client went through all its steps:\n${lines.join("\n")}`);
  ok(lines.includes("# called hello {text=hello} {text=hello}"));
  for (const name of ["fail", "missing"]) ok(lines.some((line) => line.startsWith(`# ${name} {level=error, code=`)));
  ok(lines.includes("# room fourth is {name=ann, nick=ben}"));
  const room = await chat.room();
  deepEqual(room, {
    first: { name: "ann", nick: "ann" },
    second: { name: "ann", nick: "ben" },
    server: "millrace",
    third: { name: "ann", nick: "ann" },
    fourth: { name: "ann", nick: "ben" },
  });
  equal(chat.told.length, objectEncoding === 3 ? 12 : 11);
  const [connection] = proxy.connections;
  if (connection !== undefined && transport.length === 0) {
    save(`client-amf${objectEncoding}`, "Red5's client 1.3.37", objectEncoding, connection, { told: chat.told, room });
  }
  console.log(`Red5's client in AMF${objectEncoding}${transport.map((name) => ` by ${name}`)}: all as expected`);
}

function save(
  name: Red5SessionName,
  peer: string,
  objectEncoding: number,
  connection: RecordedConnection,
  heard: Pick<Red5Session, "told" | "room"> = { told: [], room: {} },
): void {
  if (!isRecording) return;
  const from = name.startsWith("server") ? "server" : "client";
  const pieces = connection.pieces.filter((piece) => piece.from === from).map(({ bytes }) => formatHex(bytes));
  const messages = describeMessages(bytesFrom(connection, from));
  const list = (values: readonly unknown[]): string =>
    values.map((value) => `\n    ${JSON.stringify(value)}`).join(",");
  const lists = Object.entries({ messages, told: heard.told, pieces }).map(
    ([key, values]) => `"${key}": [${list(values)}\n  ]`,
  );
  const parts = [
    `"peer": "${peer}"`,
    `"objectEncoding": ${objectEncoding}`,
    `"room": ${JSON.stringify(heard.room)}`,
    ...lists,
  ];
  writeFileSync(red5SessionFile(name), `{\n  ${parts.join(",\n  ")}\n}\n`);
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  const error: unknown = await answer.catch((reason: unknown) => reason);
  return error instanceof StatusError ? error.code : "no error";
}

/** Without prototypes and classes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
