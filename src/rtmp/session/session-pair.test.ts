import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SessionPair } from "../../../test/support/session-pair.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import type { ConnectOptions } from "./client-connect.ts";
import { describeClientEvent, describeServerEvent } from "./describe-events.ts";
import type { ServerEvent } from "./server-events.ts";

const LIVE: ConnectOptions = { app: "live", tcUrl: "rtmp://localhost/live" };

/** A driver that says yes to everything. */
function yes(pair: SessionPair): (event: ServerEvent) => void {
  return (event) => {
    if (event.kind === "connect") pair.server.acceptConnect();
    if (event.kind === "publish") pair.server.acceptPublish(event.streamId);
    if (event.kind === "play") pair.server.acceptPlay(event.streamId, { hasPublisher: true });
  };
}

function connected(options: Partial<ConnectOptions> = {}): SessionPair {
  const pair = new SessionPair();
  pair.client.connect({ ...LIVE, ...options });
  return pair.exchange(yes(pair));
}

/** A connection whose stream 1 was created, its events so far left behind. */
function withStream(publishName?: string): SessionPair {
  const pair = connected();
  pair.client.createStream(publishName);
  pair.exchange(yes(pair));
  pair.takeClientEvents();
  pair.takeServerEvents();
  return pair;
}

function clientLines(pair: SessionPair): string[] {
  return pair.takeClientEvents().map(describeClientEvent);
}

function serverLines(pair: SessionPair): string[] {
  return pair.takeServerEvents().map(describeServerEvent);
}

test("connect is asked and accepted, with capabilities both ways", () => {
  const pair = connected({ args: ["extra", 1] });
  const [asked] = pair.serverEvents;
  const [answered] = pair.clientEvents;
  equal(asked?.kind === "connect" && asked.app, "live");
  deepEqual(asked?.kind === "connect" && asked.command.args, ["extra", 1]);
  deepEqual(asked?.kind === "connect" && asked.capabilities.videoFourCcs.get("*")?.canForward, true);
  equal(asked?.kind === "connect" && asked.transactionId, 1);
  equal(answered?.kind === "connected" && answered.serverVersion, "FMS/3,5,7,7009");
  equal(answered?.kind === "connected" && answered.capabilities.extensions.multitrack, true);
  deepEqual([pair.client.state, pair.server.state], ["connected", "connected"]);
  equal(pair.client.connect(LIVE), false);
});

test("AMF3 is agreed when both want it", () => {
  const pair = connected({ objectEncoding: 3 });
  const [answered] = pair.clientEvents;
  equal(answered?.kind === "connected" && answered.objectEncoding, 3);
  pair.client.call("echo", { list: [1, "two"], bytes: hex`0102` });
  pair.exchange((event) => {
    if (event.kind === "call") pair.server.resolveCall(event.transactionId, event.args[0]);
  });
  const result = pair.clientEvents.at(-1);
  deepEqual(result?.kind === "result" && encodeAmf0(result.value), encodeAmf0({ list: [1, "two"], bytes: hex`0102` }));

  const declined = new SessionPair();
  declined.client.connect({ ...LIVE, objectEncoding: 3 });
  declined.exchange((event) => event.kind === "connect" && declined.server.acceptConnect({ objectEncoding: 0 }));
  const [answer] = declined.clientEvents;
  equal(answer?.kind === "connected" && answer.objectEncoding, 0);
});

test("connect is refused, with the place to go to", () => {
  const pair = new SessionPair();
  pair.client.connect(LIVE);
  pair.exchange(() => pair.server.rejectConnect({ description: "no", redirectUrl: "rtmp://other/live" }));
  const [event] = pair.clientEvents;
  deepEqual(event?.kind === "connect-rejected" && [event.code, event.description, event.redirectUrl], [
    "NetConnection.Connect.Rejected",
    "no",
    "rtmp://other/live",
  ]);
  deepEqual([pair.client.state, pair.server.state], ["rejected", "rejected"]);
});

test("a stream publishes metadata, audio and video, and ends", () => {
  const pair = withStream("key");
  equal(pair.client.publish(1, "key?token=1"), true);
  pair.exchange(yes(pair));
  deepEqual(serverLines(pair), ['publish stream=1 key="…" type=live']);
  deepEqual(clientLines(pair), ["stream-begin 1", "status stream=1 status NetStream.Publish.Start"]);
  equal(pair.client.streamState(1), "publishing");

  pair.client.sendData(1, 0, "@setDataFrame", "onMetaData", { width: 640 });
  pair.client.sendMedia(1, "audio", 0, hex`af 00 12 10`);
  pair.client.sendMedia(1, "video", 40, hex`17 01 000000 00000001 65`);
  pair.client.sendMedia(1, "data", 41, encodeAmf0("onFI", {}));
  pair.exchange();
  deepEqual(serverLines(pair), [
    'data-set stream=1 name="onMetaData"',
    "audio stream=1 at=0 bytes=4 config",
    "video stream=1 at=40 bytes=10 keyframe",
    "data stream=1 at=41 bytes=11",
  ]);

  equal(pair.client.deleteStream(1), true);
  pair.exchange();
  deepEqual(serverLines(pair), ["unpublish stream=1 by=FCUnpublish"]);
  equal(pair.client.streamState(1), undefined);
  equal(pair.server.streamState(1), undefined);
  equal(pair.client.publish(1, "key"), false);
});

test("a refused publish leaves the stream to try again", () => {
  const pair = withStream();
  pair.client.publish(1, "key");
  pair.exchange((event) => event.kind === "publish" && pair.server.rejectPublish(1, { description: "busy" }));
  const [event] = pair.takeClientEvents();
  deepEqual(
    event?.kind === "status" && [event.streamId, event.status.level, event.status.code, event.status.description],
    [1, "error", "NetStream.Publish.BadName", "busy"],
  );
  equal(pair.client.streamState(1), "idle");
  equal(pair.client.publish(1, "other"), true);
});

test("a stream plays, pauses, seeks, and closes", () => {
  const pair = withStream();
  pair.client.setBufferLength(1, 3000);
  equal(pair.client.play(1, "key"), true);
  pair.exchange(yes(pair));
  deepEqual(serverLines(pair), ["buffer-length stream=1 ms=3000", 'play stream=1 key="…" start=-2000 reset=true']);
  deepEqual(clientLines(pair), [
    "stream-begin 1",
    "status stream=1 status NetStream.Play.Reset",
    "status stream=1 status NetStream.Play.Start",
    "status stream=1 status NetStream.Play.PublishNotify",
  ]);
  pair.client.pause(1, true, 100);
  pair.client.pause(1, false, 100);
  pair.client.seek(1, 5000);
  pair.client.receiveVideo(1, false);
  pair.client.receiveAudio(1, false);
  pair.exchange();
  deepEqual(serverLines(pair), [
    "pause stream=1 at=100",
    "resume stream=1 at=100",
    "receive-video stream=1 off",
    "receive-audio stream=1 off",
  ]);
  deepEqual(clientLines(pair), [
    "status stream=1 status NetStream.Pause.Notify",
    "status stream=1 status NetStream.Unpause.Notify",
    "status stream=1 error NetStream.Seek.Failed",
  ]);
  equal(pair.client.streamState(1), "playing");
  pair.client.closeStream(1);
  pair.exchange();
  deepEqual(serverLines(pair), ["stop-play stream=1 by=closeStream"]);
  equal(pair.client.play(1, "next", { startMs: 0, durationMs: 5000, reset: false }), true);
  pair.exchange();
  deepEqual(serverLines(pair), ['play stream=1 key="…" start=0 reset=false']);
});

test("a player hears of the publisher's end and of its own", () => {
  const pair = withStream();
  pair.client.play(1, "key");
  pair.exchange(yes(pair));
  pair.takeClientEvents();
  pair.server.notifyUnpublish(1);
  pair.server.notifyStop(1);
  pair.exchange();
  deepEqual(clientLines(pair), [
    "status stream=1 status NetStream.Play.UnpublishNotify",
    "stream-eof 1",
    "status stream=1 status NetStream.Play.Stop",
    "stream-eof 1",
  ]);
  equal(pair.client.streamState(1), "idle");
});

test("both sides call each other, get results and errors, and notes without an answer", () => {
  const pair = connected();
  pair.takeClientEvents();
  pair.takeServerEvents();
  equal(pair.client.call("add", 1, 2), 2);
  pair.client.call("missing");
  pair.client.notify("note", "x");
  pair.exchange((event) => {
    if (event.kind !== "call") return;
    if (event.name === "add") pair.server.resolveCall(event.transactionId, 3);
    else pair.server.rejectCall(event.transactionId);
  });
  deepEqual(serverLines(pair), [
    'call "add" id=2 stream=0',
    'call "missing" id=3 stream=0',
    'call "note" id=0 stream=0',
  ]);
  const [result, error] = pair.takeClientEvents();
  deepEqual(result, { kind: "result", transactionId: 2, name: "add", value: 3 });
  deepEqual(error?.kind === "error" && error.status?.code, "NetConnection.Call.Failed");

  equal(pair.server.callClient("ask", "who"), 1);
  pair.server.callClient("missing");
  pair.exchange();
  deepEqual(clientLines(pair), ['call "ask" id=1 stream=0', 'call "missing" id=2 stream=0']);
  pair.client.resolveCall(1, "me");
  pair.client.rejectCall(2);
  pair.exchange();
  deepEqual(serverLines(pair), ['result of "ask" id=1', 'error of "missing" id=2']);
});

test("calls that wait when the connection ends can be told of", () => {
  const pair = connected();
  pair.client.call("slow");
  pair.exchange();
  deepEqual(pair.client.abandonCalls(), [{ transactionId: 2, name: "slow" }]);
  deepEqual(pair.client.abandonCalls(), []);
});

test("the server asks to reconnect", () => {
  const pair = connected();
  pair.takeClientEvents();
  equal(pair.server.requestReconnect({ tcUrl: "/other" }), true);
  pair.exchange();
  const [event] = pair.takeClientEvents();
  equal(event?.kind === "reconnect-request" && event.tcUrl, "/other");
});

test("one connection publishes and plays several streams", () => {
  const pair = connected();
  for (let count = 0; count < 3; count++) pair.client.createStream();
  pair.exchange();
  pair.client.publish(1, "one");
  pair.client.publish(2, "two", "record");
  pair.client.play(3, "one");
  pair.takeServerEvents();
  pair.exchange(yes(pair));
  deepEqual(serverLines(pair), [
    'publish stream=1 key="…" type=live',
    'publish stream=2 key="…" type=record',
    'play stream=3 key="…" start=-2000 reset=true',
  ]);
  deepEqual(
    [1, 2, 3].map((id) => pair.client.streamState(id)),
    ["publishing", "publishing", "playing"],
  );
});
