import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatHex, parseHex } from "../../src/bytes/hex.ts";
import { decodeAmf3 } from "../../src/formats/amf/index.ts";
import {
  decodeFlexMessage,
  type FlexMessage,
  type OutgoingFlexMessage,
  unwrapFlexValue,
} from "../../src/formats/flex/index.ts";
import { startBrokerServer } from "../fixtures/blazeds/broker-server.ts";
import { BLAZEDS_FILE, type BlazeDsFixture } from "../fixtures/blazeds/fixtures.ts";
import { encodeOurs, meaningOf, meaningOfName, tellMessage, tellPacket } from "../fixtures/blazeds/meaning.ts";
import { amfMeaning } from "../support/amf-meaning.ts";
import { FlexHttpClient } from "../support/flex-http-client.ts";
import { type CleanUp, startPeer } from "../support/peer-process.ts";
import { bytesFrom, startRecordingProxy } from "../support/recording-proxy.ts";

// BlazeDS's messages, its message broker with our client, and its client with our broker:
// node test/peers/blazeds.ts [--record]
// README.md says what has to be installed.

const JAVA = join(import.meta.dirname, "java");
const CLASS_PATH = [join(JAVA, "target/classes"), join(JAVA, "target/lib/*")].join(":");
const isRecording = process.argv.includes("--record");

const ends: (() => Promise<void>)[] = [];
const owner: CleanUp = { after: (end) => ends.push(end) };
try {
  const messages = tryMessages();
  const answers = await tryBroker();
  const requests = await tryClient();
  const fixture: BlazeDsFixture = { library: "BlazeDS", version: "4.8.0", messages, answers, requests };
  if (isRecording) writeFileSync(BLAZEDS_FILE, `${JSON.stringify(fixture, undefined, 2)}\n`);
  else deepEqual(messages, (JSON.parse(readFileSync(BLAZEDS_FILE, "utf8")) as BlazeDsFixture).messages);
} finally {
  for (const end of ends.reverse()) await end();
}

/** What BlazeDS writes we read, and what we write it reads. */
function tryMessages(): BlazeDsFixture["messages"] {
  const written = runMessages("encode", "");
  for (const [name, bytes] of written) equal(meaningOf(decodeAmf3(parseHex(bytes))[0]), meaningOfName(name), name);
  const ours = written.map(([name]) => `${name}\t3\t${formatHex(encodeOurs(name))}\n`).join("");
  for (const [name, bytes] of runMessages("echo", ours)) {
    ok(!bytes.startsWith("!"), `${name}: ${bytes}`);
    // A command that says no time gets that of its reading.
    const now = /timestamp: 1[789]\d{11}\b/;
    const meaning = meaningOf(decodeAmf3(parseHex(bytes))[0]).replace(now, "timestamp: 0");
    equal(meaning, meaningOfName(name), `${name}, there and back`);
  }
  console.log(`BlazeDS's messages: ${written.length} as expected, in both directions`);
  return written.map(([name, bytes]) => ({ name, bytes }));
}

function runMessages(mode: string, input: string): [name: string, bytes: string][] {
  const output = execFileSync("java", ["-cp", CLASS_PATH, "BlazeDsMessages", mode], {
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  return output.split("\n").flatMap((line) => {
    const [name, , bytes] = line.split("\t");
    return name === undefined || bytes === undefined ? [] : [[name, bytes]];
  });
}

async function tryBroker(): Promise<BlazeDsFixture["answers"]> {
  const broker = startPeer(owner, "java", ["-cp", CLASS_PATH, "BlazeDsServer"]);
  await broker.untilStderr(/# port \d+/);
  const port = Number(/# port (\d+)/.exec(broker.stderrTail())?.[1]);
  const answers: { told: string; bytes: string }[] = [];
  for (const form of ["full", "small"] as const) {
    const client = new FlexHttpClient(port);
    client.form = form;
    const ask = async (message: OutgoingFlexMessage): Promise<FlexMessage> => {
      const answer = await client.ask(message);
      answers.push({ told: tellPacket(client.bytes), bytes: formatHex(client.bytes) });
      return answer;
    };
    await client.ping(form === "small" ? 1 : 0);
    ok(client.id.length > 10, "the broker gave an id");
    const call = (operation: string, ...body: unknown[]) =>
      ask({ kind: "remoting", messageId: `${operation}-1`, destination: "calculator", operation, body });
    equal((await call("add", 2, 3)).body, 5);
    const shape = { a: 1, b: ["x", null, 0.5] };
    const echoed = await call("echo", shape);
    equal(plainMeaning(echoed), '{"a": 1, "b": ["x", null, 0.5]}');
    equal((await call("echo", "hé")).body, "hé");
    equal(amfMeaning((await call("point")).body), 'P{"x": 1, "y": 2}');
    equal(plainMeaning(await call("list")), '[1, "x", {"a": true}]');
    for (const name of ["fail", "missing"]) equal((await call(name)).kind, "error");
    const headers: [string, string][] = [["DSSubtopic", "room1"]];
    const subscribed = await ask({ kind: "command", operation: 0, messageId: "S", destination: "chat", headers });
    equal(subscribed.kind, "acknowledge", tellMessage(subscribed));
    const body = { text: "hello" };
    equal((await ask({ kind: "async", messageId: "M", destination: "chat", headers, body })).kind, "acknowledge");
    const polled = await client.ask({ kind: "command", operation: 2, messageId: "P" });
    const heard = (Array.isArray(polled.body) ? polled.body : []).flatMap((value) => decodeFlexMessage(value) ?? []);
    equal(
      heard.map((message) => `${amfMeaning(message.body)} ${message.headers.get("DSSubtopic")}`).join(),
      '{"text": "hello"} room1',
    );
    answers.push({ told: tellPacket(client.bytes), bytes: formatHex(client.bytes) });
  }
  console.log("BlazeDS's message broker: all as expected");
  return answers;
}

function plainMeaning({ body }: FlexMessage): string {
  return amfMeaning(unwrapFlexValue(body)).replaceAll(/flex\.messaging\.io\.ArrayCollection\((\[.*?\])\)/g, "$1");
}

async function tryClient(): Promise<BlazeDsFixture["requests"]> {
  const broker = await startBrokerServer(owner);
  const proxy = await startRecordingProxy(owner, broker.port);
  const client = startPeer(owner, "java", ["-cp", CLASS_PATH, "BlazeDsClient", `${proxy.port}`]);
  const { exitCode, stderrTail } = await client.done;
  const lines = stderrTail.split("\n").filter((line) => line.startsWith("# "));
  equal(exitCode, 0, `BlazeDS's client went through all its steps:\n${stderrTail}`);
  deepEqual(broker.told, ["add 2 3", 'echo {a: 1, b: ["x", null, 0.5]}', 'echo "hé😀"', "echo P{x: 1, y: 2}"]);
  for (const expected of [
    "# has an id: true",
    "# add: AcknowledgeMessageExt 5",
    "# echo: AcknowledgeMessageExt hé😀",
    "# echo: AcknowledgeMessageExt P(1, 2)",
    "# fail: ErrorMessage Calculator.No on purpose",
    '# missing: ErrorMessage Server.Processing The service has no method "missing".',
  ]) {
    ok(lines.includes(expected), `${expected}\n${lines.join("\n")}`);
  }
  ok(lines.some((line) => /^# heard .*text=hello\} on room1, for us: true$/.test(line)));
  console.log("BlazeDS's client: all as expected");
  return proxy.connections
    .flatMap((connection) => postBodies(bytesFrom(connection, "client")))
    .map((bytes) => {
      return { told: tellPacket(bytes), bytes: formatHex(bytes) };
    });
}

/** What was posted over one connection, in order. */
function postBodies(bytes: Buffer): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const end = bytes.indexOf("\r\n\r\n", offset) + 4;
    const length = Number(/content-length: (\d+)/i.exec(bytes.toString("latin1", offset, end))?.[1]);
    bodies.push(bytes.subarray(end, end + length));
    offset = end + length;
  }
  return bodies;
}
