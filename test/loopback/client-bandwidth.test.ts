import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, test } from "node:test";
import { connect, StatusError } from "../../src/client/index.ts";
import { createMediaServer } from "../../src/server/media-server.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { settle } from "../support/rtmp-peer.ts";
import { type Reaction, ScriptedServer, SILENCE } from "./scripted-server.ts";

const URL = "rtmp://example.org/live";

// Streams in memory do not keep a process alive.
const alive = setInterval(() => {}, 60_000);
after(() => clearInterval(alive));

test("an Adobe server's measurement: its checks are answered, and its result is taken", async () => {
  for (const done of ["onBWDone", "_onbwdone"]) {
    const checkBandwidth: Reaction = (peer, { transactionId }) => {
      peer.result(transactionId);
      peer.command("onBWCheck", 7, "payload");
      peer.command("_onbwcheck", 8, "payload");
      peer.command(done, 0, 1234, 100, 1, 42);
    };
    const server = new ScriptedServer({ reactions: { checkBandwidth } });
    const connection = await connect(URL, { stream: server.clientStream });
    server.command("onBWDone", 0);
    const both = await Promise.all([connection.measureBandwidth(), connection.measureBandwidth()]);
    deepEqual(both, Array(2).fill({ kbps: 1234, latencyMs: 42 }));
    await settle();
    const answers = server.commands.filter(({ name }) => name === "_result").map(({ transactionId }) => transactionId);
    deepEqual(answers, [7, 8]);
    equal(server.commands.filter(({ name }) => name === "checkBandwidth").length, 1);
    await connection.close();
  }
});

test("who gives up a measurement takes it from nobody else, and who joins it may give up too", async () => {
  const asked: number[] = [];
  const checkBandwidth: Reaction = (peer, { transactionId }) => {
    asked.push(transactionId);
    peer.result(transactionId, true);
  };
  const server = new ScriptedServer({ reactions: { checkBandwidth } });
  const connection = await connect(URL, { stream: server.clientStream });
  const [first, third] = [new AbortController(), new AbortController()];
  const measured = [
    connection.measureBandwidth({ signal: first.signal }),
    connection.measureBandwidth(),
    connection.measureBandwidth({ signal: third.signal }),
    connection.measureBandwidth({ timeoutMs: 5 }),
  ];
  const outcomes = Promise.allSettled(measured);
  await settle();
  first.abort(new Error("first"));
  third.abort(new Error("third"));
  await rejects(measured[3] ?? Promise.resolve(), { code: "timeout.answer" });
  server.command("onBWDone", 0, 1234, 100, 1, 42);
  deepEqual(
    (await outcomes)
      .slice(0, 3)
      .map((outcome) => (outcome.status === "fulfilled" ? outcome.value.kbps : outcome.reason.message)),
    ["first", 1234, "third"],
  );
  equal(asked.length, 1);
  await connection.close();
});

test("servers that refuse, do not know it, fall silent or go, and who gives up", async () => {
  const reactions: Readonly<Record<string, Reaction>> = {
    checkBandwidth: (peer, { transactionId }) => peer.result(transactionId, false),
  };
  const refusing = new ScriptedServer({ reactions });
  const refused = await connect(URL, { stream: refusing.clientStream });
  await rejects(
    refused.measureBandwidth(),
    (error) => error instanceof StatusError && /enough for now/.test(error.message),
  );
  await refused.close();
  await rejects(refused.measureBandwidth(), { code: "connection.closed" });
  const unknown = new ScriptedServer({
    reactions: {
      checkBandwidth: (peer, { transactionId }) => peer.error(transactionId, { code: "NetConnection.Call.Failed" }),
    },
  });
  const connection = await connect(URL, { stream: unknown.clientStream });
  await rejects(connection.measureBandwidth(), StatusError);
  await connection.close();
  const silent = new ScriptedServer({ reactions: { checkBandwidth: SILENCE } });
  const waiting = await connect(URL, { stream: silent.clientStream });
  await rejects(waiting.measureBandwidth({ timeoutMs: 5 }), { code: "timeout.answer" });
  const abort = new AbortController();
  const aborted = waiting.measureBandwidth({ signal: abort.signal });
  abort.abort(new Error("enough"));
  await rejects(aborted, /enough/);
  const ended = rejects(waiting.measureBandwidth(), { code: "connection.closed" });
  await waiting.close();
  await ended;
});

test("_checkbw of encoders is answered as ever, and so is checkBandwidth where nothing is measured", async (t) => {
  const server = createMediaServer({ bandwidth: false });
  t.after(() => server.stop());
  const [stream, far] = memoryStreamPair();
  server.accept(far);
  const connection = await connect(URL, { stream });
  const before = connection.statistics.bytesReceived;
  equal(await connection.call("_checkbw"), undefined);
  equal(await connection.call("checkBandwidth"), undefined);
  await settle();
  equal(connection.statistics.bytesReceived - before < 200, true);
  await connection.close();
});
