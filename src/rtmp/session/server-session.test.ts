import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { command, connect, lines, media } from "../../../test/support/session-messages.ts";
import { hex } from "../../bytes/hex.ts";
import { AmfObject } from "../../formats/amf/amf-value.ts";
import { decodeCommand, encodeCommand } from "../message/command.ts";
import { encodeUserControl } from "../message/control.ts";
import { encodeData } from "../message/data.ts";
import { type Message, MessageType } from "../message/message.ts";
import { describeServerEvent } from "./describe-events.ts";
import { ServerSession, type ServerSessionOptions } from "./server-session.ts";

const FRAME = hex`27 01 000000 00000001 41`;

test("who serves shared objects gets each of them, as long as the client does not flood", () => {
  const session = connected({ reportsSharedObjects: true, limits: { maxCommandsPerSecond: 2 } });
  const message = { type: MessageType.SharedObject, timestamp: 0, streamId: 0, payload: hex`00` };
  deepEqual(receive(session, message)[0], "shared-object of 1 bytes");
  const flood = (): void => {
    for (let count = 0; count < 4; count++) session.receive(message);
  };
  throws(flood, { code: "session.flood" });
  deepEqual([...session.counters.unknownMessages], []);
});

test("an error of an application's own shape answers a call, once", () => {
  const session = connected();
  session.receive(command(0, "method", 7));
  equal(session.rejectCallWith(7, { faultCode: "Server.Processing" }), true);
  equal(session.rejectCallWith(7, null), false);
  const [answer, ...others] = session.takeReplies().map((reply) => decodeCommand(reply));
  equal(answer?.name, "_error");
  equal(answer?.transactionId, 7);
  equal(others.length, 0);
});

test("messages of other kinds go out in order with the calls", () => {
  const session = connected();
  session.notifyClient("first");
  session.sendMessage({ type: MessageType.SharedObject, timestamp: 0, streamId: 0, payload: hex`00` });
  session.notifyClient("last");
  deepEqual(
    session.takeReplies().map(({ type }) => type),
    [MessageType.Command, MessageType.SharedObject, MessageType.Command],
  );
});

function connected(options?: ServerSessionOptions, members = {}): ServerSession {
  const session = new ServerSession(options);
  session.receive(connect(members));
  session.acceptConnect();
  session.takeReplies();
  return session;
}

/** A connection with stream 1, on which this was asked. */
function withStream(...asked: readonly Message[]): ServerSession {
  const session = connected();
  for (const message of [command(0, "createStream", 2), ...asked]) session.receive(message);
  session.takeReplies();
  return session;
}

function publishing(): ServerSession {
  const session = withStream(command(1, "publish", 0, "key", "live"));
  session.acceptPublish(1);
  session.takeReplies();
  return session;
}

function playing(answer = {}): ServerSession {
  const session = withStream(command(1, "play", 0, "key"));
  session.acceptPlay(1, answer);
  session.takeReplies();
  return session;
}

/** The event that a message becomes, and the replies to it. */
function receive(session: ServerSession, message: Message): [string, string[]] {
  const event = session.receive(message);
  return [event === undefined ? "-" : describeServerEvent(event), lines(session.takeReplies())];
}

test("the answer to connect names the server, its abilities and the agreed encoding", () => {
  const session = new ServerSession();
  session.receive(connect({ objectEncoding: 3 }, 5));
  equal(session.acceptConnect({ clientId: "c1", information: { secureToken: "t" } }), true);
  const [result, ...rest] = session.takeReplies();
  deepEqual(rest, []);
  equal(result?.type, MessageType.Command);
  const { name, transactionId, commandObject, args } = decodeCommand(result ?? connect());
  deepEqual([name, transactionId], ["_result", 5]);
  const properties = commandObject instanceof AmfObject ? commandObject : new AmfObject();
  const information = args[0] instanceof AmfObject ? args[0] : new AmfObject();
  deepEqual(
    ["fmsVer", "capabilities", "mode", "capsEx"].map((key) => properties.get(key)),
    ["FMS/3,5,7,7009", 31, 1, 15],
  );
  deepEqual(
    ["level", "code", "objectEncoding", "clientid", "secureToken", "capsEx"].map((key) => information.get(key)),
    ["status", "NetConnection.Connect.Success", 3, "c1", "t", 15],
  );
  deepEqual(information.get("videoFourCcInfoMap"), new AmfObject([["*", 4]]));
  equal(session.state, "connected");
});

test("onBWDone follows the answer to connect where it is wanted", () => {
  const session = new ServerSession();
  session.receive(connect());
  session.acceptConnect({ sendsBandwidthDone: true });
  deepEqual(lines(session.takeReplies()).slice(1), ["0 onBWDone 0"]);
});

test("replies are of type 17 only once AMF3 was agreed", () => {
  const amf3 = connected({}, { objectEncoding: 3 });
  deepEqual(receive(amf3, command(0, "createStream", 2)), ["-", ["amf3 0 _result 2 1"]]);
  const declined = new ServerSession();
  declined.receive(connect({ objectEncoding: 3 }));
  declined.acceptConnect({ objectEncoding: 0 });
  declined.takeReplies();
  deepEqual(receive(declined, command(0, "createStream", 2)), ["-", ["0 _result 2 1"]]);
  deepEqual(receive(connected(), command(0, "createStream", 2)), ["-", ["0 _result 2 1"]]);
});

test("a client of AMF3 may leave out the leading 0 of its commands", () => {
  const session = connected({}, { objectEncoding: 3 });
  const whole = encodeCommand({ name: "createStream", transactionId: 2 }, 0, { objectEncoding: 3 });
  deepEqual(receive(session, whole), ["-", ["amf3 0 _result 2 1"]]);
  deepEqual(receive(session, { ...whole, payload: whole.payload.subarray(1) }), ["-", ["amf3 0 _result 2 2"]]);
});

test("a refused connect is an _error, with the place to go to, and then nothing more is heard", () => {
  const session = new ServerSession();
  session.receive(connect());
  session.rejectConnect({ code: "NetConnection.Connect.InvalidApp", redirectUrl: "rtmp://other/live" });
  const [error] = session.takeReplies();
  deepEqual(lines(error === undefined ? [] : [error]), ["0 _error 1 error NetConnection.Connect.InvalidApp"]);
  const information = decodeCommand(error ?? connect()).args[0];
  deepEqual(
    information instanceof AmfObject && information.get("ex"),
    new AmfObject([
      ["code", 302],
      ["redirect", "rtmp://other/live"],
    ]),
  );
  deepEqual(receive(session, command(0, "createStream", 2)), ["-", []]);
  equal(session.acceptConnect(), false);
});

test("what needs a connection is a violation before connect", () => {
  const early = [
    command(0, "createStream", 1),
    command(1, "publish", 0, "key"),
    command(0, "anything", 1),
    media("video", 1, 0, FRAME),
    encodeData(1, 0, "onMetaData"),
    { type: MessageType.SharedObject, timestamp: 0, streamId: 0, payload: hex`` },
  ];
  for (const message of early) throws(() => new ServerSession().receive(message), { code: "command.order" });
});

test("some calls, control and unknown messages may come before connect", () => {
  const session = new ServerSession();
  deepEqual(receive(session, command(0, "_checkbw", 1)), ["-", ["0 _result 1 undefined"]]);
  deepEqual(receive(session, command(0, "setPeerInfo", 0)), ["-", []]);
  deepEqual(receive(session, command(0, "ping", 3)), ["-", ["0 pong 3"]]);
  deepEqual(receive(session, command(0, "_result", 4)), ["-", []]);
  const bufferLength = encodeUserControl({ kind: "set-buffer-length", streamId: 0, bufferMs: 300 });
  deepEqual(receive(session, bufferLength), ["buffer-length stream=0 ms=300", []]);
  deepEqual(receive(session, { type: 7, timestamp: 0, streamId: 0, payload: hex`00` }), ["-", []]);
  deepEqual(receive(session, connect()), ['connect app="live" objectEncoding=0', []]);
});

test("a second connect is refused and changes nothing", () => {
  const session = connected();
  deepEqual(receive(session, connect({}, 9)), ["-", ["0 _error 9 error NetConnection.Connect.Failed"]]);
  equal(session.state, "connected");
});

test("close ends the session", () => {
  const session = connected();
  deepEqual(receive(session, command(0, "close", 0)), ["close", []]);
  deepEqual(receive(session, command(0, "createStream", 2)), ["-", []]);
  equal(session.state, "closed");
});

test("every command of old that has an id has an answer", () => {
  const names = [
    "releaseStream",
    "initStream",
    "set_playlist",
    "playlist_ready",
    "secureTokenResponse",
    "_checkbw",
    "checkBandwidth",
    "setPeerInfo",
    "pong",
    "onBWDone",
    "deleteStream",
    "closeStream",
  ];
  const session = connected();
  for (const name of names) {
    deepEqual(receive(session, command(0, name, 7, "x")), ["-", ["0 _result 7 undefined"]]);
    deepEqual(receive(session, command(0, name, 0, "x")), ["-", []]);
  }
});

test("a call is reported, and answered as the driver decides, with its own id", () => {
  const session = connected();
  deepEqual(receive(session, command(0, "add", 7, 1, 2)), ['call "add" id=7 stream=0', []]);
  deepEqual(receive(session, command(0, "unknown", 8)), ['call "unknown" id=8 stream=0', []]);
  equal(session.rejectCall(8), true);
  equal(session.resolveCall(7, 3), true);
  deepEqual(lines(session.takeReplies()), ["0 _error 8 error NetConnection.Call.Failed", "0 _result 7 3"]);
  equal(session.resolveCall(7, 3), false);
  equal(session.counters.unknownCalls, 2);
});

test("a call without an id, or below 0, wants no answer", () => {
  const session = connected();
  for (const id of [0, -3]) {
    deepEqual(receive(session, command(0, "tell", id)), ['call "tell" id=0 stream=0', []]);
    equal(session.rejectCall(0), false);
  }
});

test("an id that waits already is not answered twice", () => {
  const session = connected();
  session.receive(command(0, "first", 5));
  deepEqual(receive(session, command(0, "second", 5)), ['call "second" id=0 stream=0', []]);
  equal(session.resolveCall(5, "first"), true);
  deepEqual(lines(session.takeReplies()), ['0 _result 5 "first"']);
  deepEqual(receive(session, command(0, "third", 5)), ['call "third" id=5 stream=0', []]);
});

test("a call whose arguments cannot be read is refused without asking the driver", () => {
  const session = connected();
  const whole = command(0, "add", 7, 1);
  const cut = { ...whole, payload: whole.payload.subarray(0, -1) };
  deepEqual(receive(session, cut), ["-", ["0 _error 7 error NetConnection.Call.Failed"]]);
});

test("the calls of the server are matched with their answers by id alone", () => {
  const session = connected();
  equal(session.callClient("first", 1), 1);
  equal(session.callClient("second"), 2);
  session.notifyClient("third", "x");
  deepEqual(lines(session.takeReplies()), ["0 first 1 1", "0 second 2", '0 third 0 "x"']);
  deepEqual(receive(session, command(0, "_result", 2, "two")), ['result of "second" id=2', []]);
  const error = { level: "error", code: "App.No", description: "no" };
  const event = session.receive(command(0, "_error", 1, error));
  equal(event?.kind === "error" ? event.status?.code : undefined, "App.No");
  deepEqual(receive(session, command(0, "_result", 2, "again")), ["-", []]);
  deepEqual(receive(session, command(0, "_result", 99)), ["-", []]);
});

test("delegated commands are reported as calls", () => {
  const session = connected({ delegatedCommands: ["getStreamLength", "_checkbw"] });
  deepEqual(receive(session, command(0, "getStreamLength", 3, "film")), ['call "getStreamLength" id=3 stream=0', []]);
  session.resolveCall(3, 12.5);
  deepEqual(lines(session.takeReplies()), ["0 _result 3 12.5"]);
  deepEqual(receive(session, command(0, "_checkbw", 4)), ['call "_checkbw" id=4 stream=0', []]);
});

test("streams count from 1, and an id is not given twice", () => {
  const session = connected();
  deepEqual(receive(session, command(0, "createStream", 2)), ["-", ["0 _result 2 1"]]);
  deepEqual(receive(session, command(0, "createStream", 3)), ["-", ["0 _result 3 2"]]);
  session.receive(command(0, "deleteStream", 0, 1));
  session.takeReplies();
  deepEqual(receive(session, command(0, "createStream", 4)), ["-", ["0 _result 4 3"]]);
  equal(session.streamState(1), undefined);
  equal(session.streamState(3), "idle");
});

test("publish on a stream that was never created is served", () => {
  const session = connected();
  deepEqual(receive(session, command(1, "publish", 0, "key")), ['publish stream=1 key="…" type=live', []]);
  session.receive(command(0, "createStream", 2));
  deepEqual(lines(session.takeReplies()), ["0 _result 2 2"]);
});

test("media is taken from the moment that publish was asked, and only there", () => {
  const session = withStream(command(1, "publish", 0, "key"));
  deepEqual(receive(session, media("video", 1, 40, FRAME)), ["video stream=1 at=40 bytes=10", []]);
  deepEqual(receive(session, media("audio", 2, 40, hex`af 01 21`)), ["-", []]);
  session.acceptPublish(1);
  session.takeReplies();
  deepEqual(receive(session, media("video", 1, 4_294_967_295, FRAME))[0], "video stream=1 at=4294967295 bytes=10");
  deepEqual(receive(playing(), media("video", 1, 40, FRAME)), ["-", []]);
  equal(session.counters.strayMedia, 1);
});

test("media of a stream that was deleted is not taken, nor of one with its id that does not publish", () => {
  const session = publishing();
  deepEqual(receive(session, media("video", 1, 40, FRAME))[0], "video stream=1 at=40 bytes=10");
  session.receive(command(0, "deleteStream", 0, 1));
  deepEqual(receive(session, media("video", 1, 80, FRAME))[0], "-");
  session.receive(command(1, "play", 0, "other"));
  session.acceptPlay(1);
  deepEqual(receive(session, media("video", 1, 80, FRAME))[0], "-");
  equal(session.counters.strayMedia, 2);
});

test("whether there are replies is told without taking them", () => {
  const session = publishing();
  session.takeReplies();
  equal(session.hasReplies, false);
  session.receive(command(0, "createStream", 9));
  equal(session.hasReplies, true);
  equal(session.takeReplies().length, 1);
  equal(session.hasReplies, false);
});

test("metadata is set with and without @setDataFrame, taken back, and other data passed on", () => {
  const session = publishing();
  const onMetaData = encodeData(1, 0, "onMetaData", { width: 640 });
  const event = session.receive(encodeData(1, 0, "@setDataFrame", "onMetaData", { width: 640 }));
  deepEqual(event?.kind === "data-set" && event.message.payload, onMetaData.payload);
  equal(event?.kind === "data-set" && event.message.isConfig, true);
  deepEqual(receive(session, onMetaData), ['data-set stream=1 name="onMetaData"', []]);
  const clear = encodeData(1, 0, "@clearDataFrame", "onMetaData");
  deepEqual(receive(session, clear), ['data-clear stream=1 name="onMetaData"', []]);
  deepEqual(receive(session, encodeData(1, 5, "onCuePoint", {}))[0], "data stream=1 at=5 bytes=17");
  deepEqual(receive(session, { ...onMetaData, payload: hex`05` }), ["-", []]);
  equal(session.counters.unreadableMessages, 1);
});

test("a name with a query comes apart, and the publish types are those of RTMP", () => {
  const session = withStream();
  const event = session.receive(command(1, "publish", 0, "key?token=a=b&c", "appendWithGap"));
  deepEqual(event, { kind: "publish", streamId: 1, name: "key", query: "token=a=b&c", publishType: "append" });
});

test("ActionScript's publish(false) and play(false) stop", () => {
  deepEqual(receive(publishing(), command(1, "publish", 0, false)), ["unpublish stream=1 by=closeStream", []]);
  deepEqual(receive(playing(), command(1, "play", 0, false)), ["stop-play stream=1 by=closeStream", []]);
});

test("a refused publish is an error status on its stream, which may try again", () => {
  const session = withStream(command(1, "publish", 0, "key"));
  equal(session.rejectPublish(1), true);
  deepEqual(lines(session.takeReplies()), ["1 onStatus 0 error NetStream.Publish.BadName"]);
  equal(session.acceptPublish(1), false);
  deepEqual(receive(session, command(1, "publish", 0, "other"))[0], 'publish stream=1 key="ot…" type=live');
  session.rejectPublish(1, { code: "NetStream.Publish.Denied", description: "no" });
  deepEqual(lines(session.takeReplies()), ["1 onStatus 0 error NetStream.Publish.Denied"]);
});

test("a refusal repeats no more than the beginning of a long name", () => {
  for (const [name, reject] of [
    ["publish", (session: ServerSession) => session.rejectPublish(1)],
    ["play", (session: ServerSession) => session.rejectPlay(1)],
  ] as const) {
    const session = withStream(command(1, name, 0, "x".repeat(50_000)));
    reject(session);
    const [status] = session.takeReplies();
    equal((status?.payload.length ?? Infinity) < 1000, true);
  }
});

test("a stream that publishes does neither publish another name nor play", () => {
  const session = publishing();
  deepEqual(receive(session, command(1, "publish", 0, "other")), [
    "-",
    ["1 onStatus 0 error NetStream.Publish.BadName"],
  ]);
  deepEqual(receive(session, command(1, "play", 0, "key")), ["-", ["1 onStatus 0 error NetStream.Play.Failed"]]);
  equal(session.streamState(1), "publishing");
  deepEqual(receive(playing(), command(1, "publish", 0, "key"))[1], ["1 onStatus 0 error NetStream.Publish.BadName"]);
  equal(session.counters.refusedCommands, 2);
});

test("a publisher can be ended by the server", () => {
  const session = publishing();
  equal(session.rejectPublish(1, { description: "Another publisher took over." }), true);
  deepEqual(receive(session, media("video", 1, 40, FRAME)), ["-", ["1 onStatus 0 error NetStream.Publish.BadName"]]);
});

test("answers that come too late send nothing", () => {
  const session = withStream(command(1, "publish", 0, "key"), command(0, "deleteStream", 0, 1));
  const answers = [
    session.acceptPublish(1),
    session.rejectPublish(1),
    session.acceptPlay(1),
    session.rejectPlay(1),
    session.acceptSeek(1, 0),
    session.notifyPublish(1),
    session.notifyUnpublish(1),
    session.notifyStop(1),
    session.acceptConnect(),
    session.rejectConnect(),
  ];
  deepEqual(new Set(answers), new Set([false]));
  deepEqual(session.takeReplies(), []);
});

test("a live stream pauses, goes on, and cannot be searched", () => {
  const session = playing();
  deepEqual(receive(session, command(1, "pause", 0, true, 1500)), [
    "pause stream=1 at=1500",
    ["1 onStatus 0 status NetStream.Pause.Notify"],
  ]);
  deepEqual(receive(session, command(1, "pauseraw", 0, true, 1500)), [
    "-",
    ["1 onStatus 0 status NetStream.Pause.Notify"],
  ]);
  deepEqual(receive(session, command(1, "seek", 0, 9000)), ["-", ["1 onStatus 0 error NetStream.Seek.Failed"]]);
  deepEqual(receive(session, command(1, "pause", 0, false, 1500)), [
    "resume stream=1 at=1500",
    ["1 onStatus 0 status NetStream.Unpause.Notify"],
  ]);
});

test("a recording is searched by the driver, and told so in order", () => {
  const session = playing({ isRecorded: true });
  deepEqual(receive(session, command(1, "seek", 0, 9000)), ["seek stream=1 to=9000", []]);
  session.acceptSeek(1, 8000);
  deepEqual(lines(session.takeReplies()), [
    "stream-eof 1",
    "stream-is-recorded 1",
    "stream-begin 1",
    "1 onStatus 0 status NetStream.Seek.Notify",
    "1 onStatus 0 status NetStream.Play.Start",
  ]);
  deepEqual(receive(session, command(1, "pause", 0, true, 1))[1], [
    "1 onStatus 0 status NetStream.Pause.Notify",
    "stream-eof 1",
  ]);
  deepEqual(receive(session, command(1, "pause", 0, false, 1))[1], [
    "stream-begin 1",
    "1 onStatus 0 status NetStream.Unpause.Notify",
  ]);
});

test("a recording is announced as one, and ends with its length", () => {
  const session = withStream(command(1, "play", 0, "film", 0, -1, false));
  session.acceptPlay(1, { isRecorded: true });
  deepEqual(lines(session.takeReplies()).slice(0, 3), [
    "stream-is-recorded 1",
    "stream-begin 1",
    "1 onStatus 0 status NetStream.Play.Start",
  ]);
  session.notifyStop(1, { durationSeconds: 12.5, byteLength: 1000 });
  deepEqual(lines(session.takeReplies()), [
    '1 data onPlayStatus {level: "status", code: "NetStream.Play.Complete", duration: 12.5, bytes: 1000}',
    "1 onStatus 0 status NetStream.Play.Stop",
    "stream-eof 1",
  ]);
  equal(session.streamState(1), "idle");
});

test("audio and video are switched off silently, and on with the statuses of RTMP", () => {
  const session = playing();
  const statuses = ["1 onStatus 0 status NetStream.Seek.Notify", "1 onStatus 0 status NetStream.Play.Start"];
  deepEqual(receive(session, command(1, "receiveAudio", 0, false)), ["receive-audio stream=1 off", []]);
  deepEqual(receive(session, command(1, "receiveAudio", 0, true)), ["receive-audio stream=1 on", statuses]);
  deepEqual(receive(session, command(1, "receiveVideo", 4, false))[1], ["1 _result 4 undefined"]);
  deepEqual(receive(session, command(1, "receiveVideo", 0, 15)), ["receive-video stream=1 on", statuses]);
});

test("what was switched off before play is told with it", () => {
  const session = withStream(command(1, "receiveVideo", 0, false));
  const event = session.receive(command(1, "play", 0, "key"));
  deepEqual(event?.kind === "play" && [event.wantsAudio, event.wantsVideo], [true, false]);
});

test("play2 is reported with its options", () => {
  const session = playing();
  const options = { streamName: "high?t=1", oldStreamName: "low", transition: "switch", start: -2, len: -1, offset: 0 };
  deepEqual(session.receive(command(1, "play2", 0, options)), {
    kind: "play2",
    streamId: 1,
    name: "high",
    query: "t=1",
    oldName: "low",
    transition: "switch",
    startMs: -2000,
    durationMs: -1,
  });
});

test("what the state of a stream does not allow is an _error, or silence without an id", () => {
  const session = withStream();
  for (const name of ["pause", "seek", "play2"]) {
    deepEqual(receive(session, command(1, name, 5, true)), ["-", ["1 _error 5 error NetConnection.Call.Failed"]]);
    deepEqual(receive(session, command(1, name, 0, true)), ["-", []]);
    deepEqual(receive(session, command(6, name, 0, true)), ["-", []]);
  }
  equal(session.counters.refusedCommands, 9);
});

test("a player hears of publishers that come and go", () => {
  const session = withStream(command(1, "play", 0, "key"));
  session.acceptPlay(1);
  equal(lines(session.takeReplies()).includes("1 onStatus 0 status NetStream.Play.PublishNotify"), false);
  session.notifyPublish(1);
  session.notifyUnpublish(1);
  session.notifyUnpublish(1);
  session.notifyPublish(1);
  deepEqual(lines(session.takeReplies()), [
    "1 onStatus 0 status NetStream.Play.PublishNotify",
    "1 onStatus 0 status NetStream.Play.UnpublishNotify",
    "stream-eof 1",
    "1 onStatus 0 status NetStream.Play.UnpublishNotify",
    "stream-begin 1",
    "1 onStatus 0 status NetStream.Play.PublishNotify",
  ]);
  session.notifyStop(1);
  deepEqual(lines(session.takeReplies()), ["1 onStatus 0 status NetStream.Play.Stop", "stream-eof 1"]);
});

test("a refused play is an error status on its stream", () => {
  const session = withStream(command(1, "play", 0, "key"));
  session.rejectPlay(1);
  deepEqual(lines(session.takeReplies()), ["1 onStatus 0 error NetStream.Play.StreamNotFound"]);
  equal(session.streamState(1), "idle");
});

test("play may come again, as a change of stream or an entry of the playlist", () => {
  const session = playing();
  const event = session.receive(command(1, "play", 0, "next", 0, 5000, false));
  deepEqual(event?.kind === "play" && [event.name, event.startMs, event.durationMs, event.reset], [
    "next",
    0,
    5000,
    false,
  ]);
  session.acceptPlay(1);
  equal(lines(session.takeReplies()).includes("1 onStatus 0 status NetStream.Play.Reset"), false);
});

test("deleteStream without a number finds the stream by name, or takes the only one", () => {
  const byName = connected();
  for (const message of [
    command(0, "createStream", 2),
    command(0, "createStream", 3),
    command(1, "publish", 0, "one"),
    command(2, "publish", 0, "two?t=1"),
  ]) {
    byName.receive(message);
  }
  byName.takeReplies();
  deepEqual(receive(byName, command(0, "deleteStream", 0, "none")), ["-", []]);
  deepEqual(receive(byName, command(0, "deleteStream", 0, "two")), ["unpublish stream=2 by=deleteStream", []]);
  deepEqual(receive(byName, command(0, "deleteStream", 0, "changed")), ["unpublish stream=1 by=deleteStream", []]);
  deepEqual(receive(byName, command(0, "deleteStream", 0, 1)), ["-", []]);
  deepEqual(receive(publishing(), command(1, "deleteStream", 0)), ["unpublish stream=1 by=deleteStream", []]);
});

test("a request to reconnect goes to clients that understand it", () => {
  const session = connected({}, { capsEx: 1 });
  equal(session.requestReconnect({ tcUrl: "rtmp://other/live" }), true);
  deepEqual(lines(session.takeReplies()), ["0 onStatus 0 status NetConnection.Connect.ReconnectRequest"]);
  equal(connected({}, { capsEx: 2 }).requestReconnect(), false);
});

test("shared objects are reported once a type as unsupported, unknown messages are counted", () => {
  const session = connected();
  const send = (type: number): string => receive(session, { type, timestamp: 0, streamId: 0, payload: hex`00` })[0];
  deepEqual([19, 19, 16, 99, 99, 99].map(send), ["unsupported type=19", "-", "unsupported type=16", "-", "-", "-"]);
  deepEqual(
    [...session.counters.unknownMessages],
    [
      [19, 2],
      [16, 1],
      [99, 3],
    ],
  );
});

test("user control that is unknown or too short is counted", () => {
  const session = connected();
  for (const payload of [hex`00`, hex`0003 00000001`, hex`00ff`]) {
    session.receive({ type: MessageType.UserControl, timestamp: 0, streamId: 0, payload });
  }
  session.receive(encodeUserControl({ kind: "swf-verify-response", data: hex`01 01` }));
  equal(session.counters.unreadableMessages, 3);
});

test("one stream beyond the limit closes the connection", () => {
  const session = connected({ limits: { maxNetStreams: 2 } });
  session.receive(command(0, "createStream", 2));
  session.receive(command(7, "publish", 0, "key"));
  throws(() => session.receive(command(0, "createStream", 3)), { code: "session.stream-limit" });
  throws(() => session.receive(command(8, "play", 0, "key")), { code: "session.stream-limit" });
  equal(session.streamCount, 2);
});

test("one call beyond the limit closes the connection, in each direction", () => {
  const session = connected({ limits: { maxPendingCalls: 2 } });
  session.receive(command(0, "a", 1));
  session.receive(command(0, "b", 2));
  throws(() => session.receive(command(0, "c", 3)), { code: "session.call-limit" });
  session.callClient("a");
  session.callClient("b");
  throws(() => session.callClient("c"), { code: "session.call-limit" });
});

test("one command beyond the rate closes the connection, and time brings new ones", () => {
  const session = new ServerSession({ limits: { maxCommandsPerSecond: 2 } });
  session.tick(1000);
  for (let count = 0; count < 4; count++) session.receive(command(0, "_checkbw", 0));
  session.tick(2000);
  session.receive(command(0, "_checkbw", 0));
  session.receive(encodeUserControl({ kind: "stream-dry", streamId: 1 }));
  throws(() => session.receive(command(0, "_checkbw", 0)), { code: "session.flood" });
});

test("answers to calls of the server's own are no flood", () => {
  const session = new ServerSession({ limits: { maxCommandsPerSecond: 1 } });
  for (let count = 0; count < 5; count++) session.receive(command(0, "_result", session.callClient("a"), count));
  for (let count = 0; count < 2; count++) session.receive(command(0, "_result", 99, 1));
  throws(() => session.receive(command(0, "_result", 99, 1)), { code: "session.flood" });
});

test("one reply beyond the limit closes the connection", () => {
  const session = new ServerSession({ limits: { maxQueuedReplies: 2 } });
  session.receive(command(0, "_checkbw", 1));
  session.receive(command(0, "_checkbw", 2));
  throws(() => session.receive(command(0, "_checkbw", 3)), { code: "session.reply-limit" });
});

test("a stream whose name cannot be read is refused, and not taken for the one without a name", () => {
  for (const [name, refusal] of [
    ["publish", "1 onStatus 0 error NetStream.Publish.BadName"],
    ["play", "1 onStatus 0 error NetStream.Play.Failed"],
  ] as const) {
    const session = withStream();
    const whole = command(1, name, 0, "key");
    const cut = { ...whole, payload: whole.payload.subarray(0, -1) };
    deepEqual(receive(session, cut), ["-", [refusal]]);
    equal(session.streamState(1), "idle");
    equal(session.counters.refusedCommands, 1);
    equal(session.receive(command(1, name, 0))?.kind, name, "an absent name is the empty one");
  }
});

test("a command without a name is a violation, and AMF limits end its arguments only", () => {
  throws(() => connected().receive({ ...command(0, "x", 0), payload: hex`05` }), { code: "command.body" });
  const session = connected({ amfLimits: { maxDepth: 2 } });
  const nested = command(0, "f", 3, [[[1]]]);
  deepEqual(receive(session, nested), ["-", ["0 _error 3 error NetConnection.Call.Failed"]]);
});

test("a call of Flex is a call without a name, and what cannot be read of it is told to whoever answers", () => {
  const session = connected();
  const call = command(0, "", 4, { a: 1 });
  deepEqual(call.payload.subarray(0, 11), hex`05 00 4010000000000000 05`);
  const event = session.receive(call);
  ok(event?.kind === "call");
  deepEqual([event.name, event.transactionId, event.args.length, event.unreadable], ["", 4, 1, undefined]);
  const unknownClass = { ...call, payload: hex`05 00 4014000000000000 05 11 0a 07 03 51` };
  const broken = session.receive(unknownClass);
  deepEqual(broken, {
    kind: "call",
    name: "",
    transactionId: 5,
    streamId: 0,
    args: [],
    unreadable: "amf.externalizable",
  });
  deepEqual(session.takeReplies(), []);
});
