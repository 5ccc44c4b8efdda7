import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { command, lines, media } from "../../../test/support/session-messages.ts";
import { hex } from "../../bytes/hex.ts";
import { AmfEcmaArray } from "../../formats/amf/amf-value.ts";
import { encodeCommand } from "../message/command.ts";
import { encodeUserControl } from "../message/control.ts";
import { encodeData } from "../message/data.ts";
import { type Message, MessageType } from "../message/message.ts";
import { ClientSession, type ClientSessionOptions } from "./client-session.ts";
import { describeClientEvent } from "./describe-events.ts";
import { createStatus } from "./status.ts";

const LIVE = { app: "live", tcUrl: "rtmp://localhost/live" };
const CONNECTED = command(0, "_result", 1, createStatus("NetConnection.Connect.Success", ""));

function connected(options?: ClientSessionOptions): ClientSession {
  const session = new ClientSession(options);
  session.connect(LIVE);
  session.receive(CONNECTED);
  session.takeMessages();
  return session;
}

/** Stream 1 was created. */
function withStream(): ClientSession {
  const session = connected();
  session.receive(command(0, "_result", session.createStream(), 1));
  session.takeMessages();
  return session;
}

function publishing(): ClientSession {
  const session = withStream();
  session.publish(1, "key");
  session.receive(command(1, "onStatus", 0, createStatus("NetStream.Publish.Start", "")));
  session.takeMessages();
  return session;
}

/** The event that a message becomes, and what is sent because of it. */
function receive(session: ClientSession, message: Message): [string, string[]] {
  const event = session.receive(message);
  return [event === undefined ? "-" : describeClientEvent(event), lines(session.takeMessages())];
}

function status(streamId: number, code: string, level = "status"): Message {
  return command(streamId, "onStatus", 0, { level, code, description: "" });
}

test("what a publisher sends is what FMLE sends, in its order", () => {
  const session = connected();
  session.createStream("key");
  deepEqual(lines(session.takeMessages()), ['0 releaseStream 2 "key"', '0 FCPublish 3 "key"', "0 createStream 4"]);
  deepEqual(receive(session, command(0, "_result", 4, 1)), ["stream-created stream=1", []]);
  session.publish(1, "key", "record");
  deepEqual(lines(session.takeMessages()), ['1 publish 5 "key" "record"']);
  session.closeStream(1);
  deepEqual(lines(session.takeMessages()), ['0 FCUnpublish 6 "key"', "1 closeStream 0"]);
  session.publish(1, "key");
  session.deleteStream(1);
  deepEqual(lines(session.takeMessages()), ['1 publish 7 "key" "live"', '0 FCUnpublish 8 "key"', "0 deleteStream 0 1"]);
});

test("what a player sends has its start in milliseconds", () => {
  const session = withStream();
  session.play(1, "key");
  session.receive(status(1, "NetStream.Play.Start"));
  session.pause(1, true, 1500);
  session.pause(1, false, 1500);
  session.seek(1, 9000);
  session.receiveAudio(1, false);
  session.receiveVideo(1, true);
  session.play(1, "next", { startMs: -1000, durationMs: 5000, reset: false });
  session.setBufferLength(1, 3000);
  deepEqual(lines(session.takeMessages()), [
    '1 play 3 "key" -2000',
    "1 pause 0 true 1500",
    "1 pause 0 false 1500",
    "1 seek 0 9000",
    "1 receiveAudio 0 false",
    "1 receiveVideo 0 true",
    '1 play 4 "next" -1000 5000 false',
    "set-buffer-length 3000 ms of stream 1",
  ]);
});

test("what a stream cannot do is not sent", () => {
  const session = withStream();
  const sent = [
    session.pause(1, true, 0),
    session.seek(1, 0),
    session.publish(2, "key"),
    session.play(2, "key"),
    session.closeStream(2),
    session.deleteStream(2),
  ];
  deepEqual([new Set(sent), session.takeMessages()], [new Set([false]), []]);
});

test("a stream that publishes is not published again", () => {
  const session = publishing();
  equal(session.publish(1, "other"), false);
  session.closeStream(1);
  deepEqual(lines(session.takeMessages()), ['0 FCUnpublish 4 "key"', "1 closeStream 0"]);
  equal(session.publish(1, "other"), true);
  equal(session.publish(1, "third"), false, "nor while the server has not answered");
});

test("servers that answer neither releaseStream nor FCPublish leave nothing behind", () => {
  const session = connected({ limits: { maxPendingCalls: 2 } });
  for (let count = 0; count < 5; count++) {
    const id = session.createStream("key");
    session.takeMessages();
    session.receive(command(0, "_result", id, 1));
    session.deleteStream(1);
  }
  equal(session.call("still"), 17);
});

test("answers come in any order, and to calls that nobody made", () => {
  const session = connected();
  const [first, second] = [session.call("first"), session.call("second")];
  equal(receive(session, command(0, "_result", second, 2))[0], `result of "second" id=${second}`);
  equal(receive(session, command(0, "_error", first))[0], `error of "first" id=${first}`);
  equal(receive(session, command(0, "_result", first, 1))[0], "-");
  equal(receive(session, command(0, "_result", 99))[0], "-");
  equal(receive(session, command(0, "_error", 0))[0], "-");
});

test("connect answers without properties, as ECMA array, or with nothing at all are answers", () => {
  const information = new AmfEcmaArray([
    ["code", "NetConnection.Connect.Success"],
    ["objectEncoding", 3],
  ]);
  for (const answer of [command(0, "_result", 1, information), command(0, "_result", 1)]) {
    const session = new ClientSession();
    session.connect({ ...LIVE, objectEncoding: 3 });
    const event = session.receive(answer);
    equal(event?.kind, "connected");
    equal(session.state, "connected");
  }
});

test("capabilities are found in the properties of the answer as well", () => {
  const session = new ClientSession();
  session.connect(LIVE);
  const properties = { capsEx: 2, fourCcList: ["av01"] };
  const event = session.receive(encodeCommand({ name: "_result", transactionId: 1, commandObject: properties }, 0));
  deepEqual(event?.kind === "connected" && event.capabilities.fourCcList, ["av01"]);
  equal(event?.kind === "connected" && event.capabilities.extensions.multitrack, true);
});

test("a _result with the level error refuses the connection too, and so does an _error without a word", () => {
  const error = createStatus("NetConnection.Connect.InvalidApp", "no");
  for (const [answer, code] of [
    [command(0, "_result", 1, error), "NetConnection.Connect.InvalidApp"],
    [command(0, "_error", 1), "NetConnection.Connect.Failed"],
  ] as const) {
    const session = new ClientSession();
    session.connect(LIVE);
    equal(receive(session, answer)[0], `connect-rejected ${code}`);
    equal(session.state, "rejected");
  }
});

test("createStream without a number is an error", () => {
  const session = connected();
  equal(receive(session, command(0, "_result", session.createStream()))[0], 'error of "createStream" id=2');
  equal(receive(session, command(0, "_error", session.createStream()))[0], 'error of "createStream" id=3');
});

test("a server that gives the id of an open stream again does not change that stream", () => {
  const session = publishing();
  receive(session, command(0, "_result", session.createStream(), 1));
  equal(session.streamState(1), "publishing");
});

test("createStream with a number that is no stream id is an error", () => {
  for (const id of [0.5, -1, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
    const session = connected();
    equal(receive(session, command(0, "_result", session.createStream(), id))[0], 'error of "createStream" id=2');
  }
});

test("a status on another id than the stream's is the status of the stream that waits", () => {
  for (const streamId of [0, 0x1000000]) {
    const session = withStream();
    session.publish(1, "key");
    equal(
      receive(session, status(streamId, "NetStream.Publish.Start"))[0],
      "status stream=1 status NetStream.Publish.Start",
    );
    equal(session.streamState(1), "publishing");
  }
});

test("a status of the connection stays one", () => {
  const session = withStream();
  const closed = "status stream=0 status NetConnection.Connect.Closed";
  equal(receive(session, status(0, "NetConnection.Connect.Closed"))[0], closed);
});

test("media and data on another id belong to the only stream", () => {
  const session = withStream();
  equal(receive(session, media("audio", 7, 5, hex`af 01`))[0], "audio stream=1 at=5 bytes=2");
  equal(receive(session, encodeData(7, 0, "onFI"))[0], 'data stream=1 name="onFI"');
  equal(receive(connected(), media("audio", 7, 5, hex`af 01`))[0], "audio stream=7 at=5 bytes=2");
});

test("what still comes for a deleted stream is not taken for another's", () => {
  const session = withStream();
  session.receive(command(0, "_result", session.createStream(), 2));
  session.play(2, "key");
  session.deleteStream(1);
  const late = status(1, "NetStream.Play.Stop");
  equal(receive(session, late)[0], "status stream=1 status NetStream.Play.Stop");
  equal(receive(session, media("audio", 1, 5, hex`af 01`))[0], "audio stream=1 at=5 bytes=2");
  equal(session.streamState(2), "play-requested");
});

test("a status may stand in the place of the command object", () => {
  const session = withStream();
  session.publish(1, "key");
  const commandObject = createStatus("NetStream.Publish.Start", "");
  const event = receive(session, encodeCommand({ name: "onStatus", commandObject }, 1));
  equal(event[0], "status stream=1 status NetStream.Publish.Start");
});

test("a player of a server that tells of the publisher alone plays", () => {
  const session = withStream();
  session.play(1, "key");
  session.receive(status(1, "NetStream.Play.PublishNotify"));
  equal(session.streamState(1), "playing");
  session.pause(1, true, 0);
  session.receive(status(1, "NetStream.Play.PublishNotify"));
  equal(session.streamState(1), "paused");
});

test("a status without level and description has the level of its code", () => {
  const session = withStream();
  session.publish(1, "key");
  const bare = command(1, "onStatus", 0, { code: "NetStream.Publish.BadName" });
  equal(receive(session, bare)[0], "status stream=1 error NetStream.Publish.BadName");
  equal(session.streamState(1), "idle");
  equal(receive(session, command(1, "onStatus", 0, "nothing"))[0], "-");
  equal(session.counters.unreadableMessages, 1);
});

test("an _error for publish or play is a status with the level error", () => {
  const session = withStream();
  session.publish(1, "key");
  equal(receive(session, command(0, "_error", 3))[0], "status stream=1 error NetStream.Failed");
  session.play(1, "key");
  const busy = { level: "status", code: "App.Busy" };
  equal(receive(session, command(0, "_error", 4, busy))[0], "status stream=1 error App.Busy");
  equal(session.streamState(1), "idle");
  equal(receive(session, command(0, "_error", 4, busy))[0], "-");
});

test("a _result for play says nothing that a status does not", () => {
  const session = withStream();
  session.play(1, "key");
  equal(receive(session, command(0, "_result", 3))[0], "-");
  equal(session.streamState(1), "play-requested");
});

test("a failed seek does not end a stream", () => {
  const session = withStream();
  session.play(1, "film");
  session.receive(status(1, "NetStream.Play.Start"));
  session.receive(status(1, "NetStream.Seek.InvalidTime", "error"));
  equal(session.streamState(1), "playing");
});

test("close is final", () => {
  const session = publishing();
  deepEqual(receive(session, command(0, "close", 0)), ["close", []]);
  equal(session.state, "closed");
  deepEqual(receive(session, status(1, "NetStream.Publish.Start")), ["-", []]);
});

test("the measuring of bandwidth is answered", () => {
  const session = connected();
  deepEqual(receive(session, command(0, "onBWDone", 0)), ["-", ["0 _checkbw 2"]]);
  deepEqual(receive(session, command(0, "_onbwcheck", 7, "payload")), ["-", ["0 _result 7 2"]]);
  deepEqual(receive(session, command(0, "onBWCheck", 8)), ["-", ["0 _result 8 3"]]);
  deepEqual(receive(session, command(0, "_onbwdone", 0, 1000)), ["bandwidth kbps=1000", []]);
  deepEqual(receive(session, command(0, "onBWDone", 0, 1000)), ["bandwidth kbps=1000", []]);
  deepEqual(receive(session, command(0, "ping", 9)), ["-", ["0 pong 9"]]);
});

test("notices of old are passed over, other calls are the driver's", () => {
  const session = connected();
  for (const name of ["onFCPublish", "onFCUnpublish", "onFCSubscribe", "onFCUnsubscribe"]) {
    deepEqual(receive(session, command(0, name, 0)), ["-", []]);
  }
  deepEqual(receive(session, command(0, "hello", 5, "x")), ['call "hello" id=5 stream=0', []]);
  session.rejectCall(5);
  deepEqual(lines(session.takeMessages()), ["0 _error 5 error NetConnection.Call.Failed"]);
});

test("data comes with its values, and as a message without @setDataFrame", () => {
  const session = withStream();
  const plain = encodeData(1, 40, "onMetaData", { width: 640 });
  const event = session.receive(encodeData(1, 40, "@setDataFrame", "onMetaData", { width: 640 }));
  deepEqual(event?.kind === "data" && [event.name, event.message.payload, event.message.isConfig], [
    "onMetaData",
    plain.payload,
    true,
  ]);
  const clear = session.receive(encodeData(1, 40, "@clearDataFrame", "onMetaData"));
  deepEqual(clear?.kind === "data" && [clear.name, clear.values], ["@clearDataFrame", ["onMetaData"]]);
  equal(receive(session, { ...plain, payload: hex`05` })[0], "-");
});

test("user control is told, except pings, which are the wire's", () => {
  const session = connected();
  equal(receive(session, encodeUserControl({ kind: "stream-eof", streamId: 1 }))[0], "stream-eof 1");
  deepEqual(receive(session, encodeUserControl({ kind: "ping-request", timestampMs: 5 })), ["-", []]);
  equal(receive(session, { type: MessageType.UserControl, timestamp: 0, streamId: 0, payload: hex`00ff` })[0], "-");
  equal(session.counters.unreadableMessages, 1);
});

test("shared objects are handed on as they come, unknown messages are counted", () => {
  const session = connected();
  const send = (type: number): string => receive(session, { type, timestamp: 0, streamId: 0, payload: hex`00` })[0];
  deepEqual([19, 19, 16, 99].map(send), [
    "shared-object of 1 bytes",
    "shared-object of 1 bytes",
    "shared-object of 1 bytes",
    "-",
  ]);
  deepEqual([...session.counters.unknownMessages.keys()], [99]);
});

test("one beyond each limit is refused", () => {
  const streams = connected({ limits: { maxNetStreams: 2 } });
  streams.receive(command(0, "_result", streams.createStream(), 1));
  streams.createStream();
  throws(() => streams.createStream(), { code: "session.stream-limit" });
  const calls = connected({ limits: { maxPendingCalls: 1 } });
  calls.call("a");
  throws(() => calls.call("b"), { code: "session.call-limit" });
  const flooded = connected({ limits: { maxCommandsPerSecond: 1 } });
  for (let count = 0; count < 2; count++) flooded.receive(command(0, "onFCPublish", 0));
  throws(() => flooded.receive(command(0, "onFCPublish", 0)), { code: "session.flood" });
  flooded.tick(0);
  flooded.tick(1000);
  equal(flooded.receive(command(0, "onFCPublish", 0)), undefined);
  // Answers to calls of ours are no flood, others are.
  const answered = connected({ limits: { maxCommandsPerSecond: 1 } });
  for (let count = 0; count < 5; count++) answered.receive(command(0, "_result", answered.call("a"), count));
  for (let count = 0; count < 2; count++) answered.receive(command(0, "_result", 99, 1));
  throws(() => answered.receive(command(0, "_result", 99, 1)), { code: "session.flood" });
  const untaken = connected({ limits: { maxQueuedReplies: 1 } });
  untaken.sendMedia(1, "audio", 0, hex`af 01`);
  throws(() => untaken.sendMedia(1, "audio", 23, hex`af 01`), { code: "session.reply-limit" });
});
