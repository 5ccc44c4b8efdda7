import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { command, connect, lines, media } from "../../../test/support/session-messages.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeUserControl } from "../message/control.ts";
import { encodeData } from "../message/data.ts";
import type { Message } from "../message/message.ts";
import type { ServerEvent } from "./server-events.ts";
import { ServerSession } from "./server-session.ts";

/** What a client sends, the event that it becomes, and what is replied once the driver has said yes. */
type Step = readonly [sent: Message, event: string, replies: readonly string[]];

const CONNECTED = "0 _result 1 {…} status NetConnection.Connect.Success";
const PLAY_STARTED = [
  "stream-begin 1",
  "1 onStatus 0 status NetStream.Play.Reset",
  "1 onStatus 0 status NetStream.Play.Start",
  "1 onStatus 0 status NetStream.Play.PublishNotify",
];
const PUBLISHED = ["stream-begin 1", "1 onStatus 0 status NetStream.Publish.Start"];
const FRAME = hex`27 01 000000 00000001 41`;

const ffmpegPublish: readonly Step[] = [
  [connect({ type: "nonprivate", flashVer: "FMLE/3.0 (compatible; Lavf59.27.100)" }), "connect live", [CONNECTED]],
  [command(0, "releaseStream", 2, "key"), "-", ["0 _result 2 undefined"]],
  [command(0, "FCPublish", 3, "key"), "-", ["0 _result 3 undefined", "0 onFCPublish 3 status NetStream.Publish.Start"]],
  [command(0, "createStream", 4), "-", ["0 _result 4 1"]],
  [command(0, "_checkbw", 5), "-", ["0 _result 5 undefined"]],
  [command(1, "publish", 6, "key", "live"), "publish 1 key live", PUBLISHED],
  [encodeData(1, 0, "@setDataFrame", "onMetaData", { width: 640 }), "data-set 1 onMetaData", []],
  [media("video", 1, 40, FRAME), "media 1 video 40", []],
  [
    command(0, "FCUnpublish", 7, "key"),
    "unpublish 1 FCUnpublish",
    ["0 _result 7 undefined", "0 onFCUnpublish 7 status NetStream.Unpublish.Success"],
  ],
  [command(0, "deleteStream", 8, 1), "-", ["0 _result 8 undefined"]],
];

const obsPublish: readonly Step[] = [
  [connect({ type: "nonprivate", flashVer: "FMLE/3.0 (compatible; FMSc/1.0)" }), "connect live", [CONNECTED]],
  [command(0, "releaseStream", 2, "key?token=1"), "-", ["0 _result 2 undefined"]],
  [
    command(0, "FCPublish", 3, "key?token=1"),
    "-",
    ["0 _result 3 undefined", "0 onFCPublish 3 status NetStream.Publish.Start"],
  ],
  [command(0, "createStream", 4), "-", ["0 _result 4 1"]],
  [command(1, "publish", 5, "key?token=1", "live"), "publish 1 key ?token=1 live", PUBLISHED],
  [encodeData(1, 0, "@setDataFrame", "onMetaData", { width: 640 }), "data-set 1 onMetaData", []],
  [media("audio", 1, 0, hex`af 00 12 10`), "media 1 audio 0 config", []],
  [media("video", 1, 0, hex`17 00 000000 01 64001f ff`), "media 1 video 0 config", []],
  [
    command(0, "FCUnpublish", 6, "key?token=1"),
    "unpublish 1 FCUnpublish",
    ["0 _result 6 undefined", "0 onFCUnpublish 6 status NetStream.Unpublish.Success"],
  ],
  [command(0, "deleteStream", 7, 1), "-", ["0 _result 7 undefined"]],
];

const gstreamerPublish: readonly Step[] = [
  [connect(), "connect live", [CONNECTED]],
  [command(0, "releaseStream", 0, "key"), "-", []],
  [command(0, "FCPublish", 0, "key"), "-", ["0 onFCPublish 0 status NetStream.Publish.Start"]],
  [command(0, "createStream", 2), "-", ["0 _result 2 1"]],
  [command(1, "publish", 0, "key", "live"), "publish 1 key live", PUBLISHED],
  [encodeData(1, 0, "onMetaData", { width: 640 }), "data-set 1 onMetaData", []],
  [media("video", 1, 40, FRAME), "media 1 video 40", []],
  [
    command(0, "FCUnpublish", 0, "key"),
    "unpublish 1 FCUnpublish",
    ["0 onFCUnpublish 0 status NetStream.Unpublish.Success"],
  ],
  [command(0, "deleteStream", 0, "key"), "-", []],
];

const ffmpegPlay: readonly Step[] = [
  [connect({ fpad: false, capabilities: 15, audioCodecs: 4071, videoCodecs: 252 }), "connect live", [CONNECTED]],
  [command(0, "createStream", 2), "-", ["0 _result 2 1"]],
  [
    command(0, "FCSubscribe", 3, "key"),
    "-",
    ["0 _result 3 undefined", "0 onFCSubscribe 0 status NetStream.Play.Start"],
  ],
  [command(0, "getStreamLength", 4, "key"), "-", ["0 _result 4 0"]],
  [command(1, "play", 5, "key", -2000), "play 1 key -2000", PLAY_STARTED],
  [setBufferLength(1, 3000), "buffer-length 1 3000", []],
  [command(0, "deleteStream", 6, 1), "stop-play 1 deleteStream", ["0 _result 6 undefined"]],
];

const rtmpdumpPlay: readonly Step[] = [
  [connect({ audioCodecs: 3191, videoCodecs: 252 }), "connect live", [CONNECTED]],
  [setBufferLength(0, 300), "buffer-length 0 300", []],
  [command(0, "createStream", 2), "-", ["0 _result 2 1"]],
  [
    command(0, "FCSubscribe", 3, "key"),
    "-",
    ["0 _result 3 undefined", "0 onFCSubscribe 0 status NetStream.Play.Start"],
  ],
  [command(1, "play", 4, "key", -1000), "play 1 key -1000", PLAY_STARTED],
  [setBufferLength(1, 36_000_000), "buffer-length 1 36000000", []],
  [command(1, "pause", 5, true, 1234), "pause 1 true 1234", ["1 onStatus 0 status NetStream.Pause.Notify"]],
  [command(1, "pause", 6, false, 1234), "pause 1 false 1234", ["1 onStatus 0 status NetStream.Unpause.Notify"]],
  [
    command(0, "FCUnsubscribe", 7, "key"),
    "-",
    ["0 _result 7 undefined", "0 onFCUnsubscribe 0 status NetStream.Play.Stop"],
  ],
  [command(0, "deleteStream", 8, 1), "stop-play 1 deleteStream", ["0 _result 8 undefined"]],
];

const gstreamerPlay: readonly Step[] = [
  [connect(), "connect live", [CONNECTED]],
  [setBufferLength(0, 300), "buffer-length 0 300", []],
  [command(0, "createStream", 2), "-", ["0 _result 2 1"]],
  [command(1, "play", 0, "key", -2), "play 1 key -2000", PLAY_STARTED],
  [setBufferLength(1, 30_000), "buffer-length 1 30000", []],
  [command(0, "deleteStream", 0, "key"), "stop-play 1 deleteStream", []],
];

/** Names its SWF file, and gets what ActionScript looks for. */
const flashPlay: readonly Step[] = [
  [connect({ swfUrl: "http://page/player.swf", pageUrl: "http://page/" }), "connect live", [CONNECTED]],
  [command(0, "createStream", 2), "-", ["0 _result 2 1"]],
  [
    command(1, "play", 0, "key"),
    "play 1 key -2000",
    [
      ...PLAY_STARTED.slice(0, 3),
      "1 data |RtmpSampleAccess true true",
      '1 data onStatus {code: "NetStream.Data.Start"}',
      ...PLAY_STARTED.slice(3),
    ],
  ],
];

/** Haivision: `createStream` before FCPublish, and calls that nobody asked for. */
const haivisionPublish: readonly Step[] = [
  [connect(), "connect live", [CONNECTED]],
  [command(0, "_checkbw", 2), "-", ["0 _result 2 undefined"]],
  [command(0, "createStream", 3), "-", ["0 _result 3 1"]],
  [command(0, "FCPublish", 4, "key"), "-", ["0 _result 4 undefined", "0 onFCPublish 4 status NetStream.Publish.Start"]],
  [command(1, "publish", 5, "key"), "publish 1 key live", PUBLISHED],
];

/** Wirecast: a second `publish` of the same name shortly before the end. */
const wirecastPublish: readonly Step[] = [
  [connect(), "connect live", [CONNECTED]],
  [command(0, "releaseStream", 2, "key"), "-", ["0 _result 2 undefined"]],
  [command(0, "FCPublish", 3, "key"), "-", ["0 _result 3 undefined", "0 onFCPublish 3 status NetStream.Publish.Start"]],
  [command(0, "createStream", 4), "-", ["0 _result 4 1"]],
  [command(1, "publish", 5, "key", "live"), "publish 1 key live", PUBLISHED],
  [command(1, "publish", 6, "key", "live"), "-", PUBLISHED],
  [media("video", 1, 40, FRAME), "media 1 video 40", []],
  [command(1, "closeStream", 0), "unpublish 1 closeStream", []],
];

const CLIENTS = {
  "FFmpeg publishes": ffmpegPublish,
  "OBS publishes": obsPublish,
  "GStreamer publishes": gstreamerPublish,
  "Haivision publishes": haivisionPublish,
  "Wirecast publishes": wirecastPublish,
  "FFmpeg plays": ffmpegPlay,
  "rtmpdump plays": rtmpdumpPlay,
  "Flash plays": flashPlay,
  "GStreamer plays": gstreamerPlay,
};

for (const [name, steps] of Object.entries(CLIENTS)) {
  test(`${name} as it does`, () => {
    const session = new ServerSession();
    for (const [sent, expectedEvent, replies] of steps) {
      const event = session.receive(sent);
      if (event !== undefined) accept(session, event);
      deepEqual([event === undefined ? "-" : line(event), lines(session.takeReplies())], [expectedEvent, replies]);
    }
  });
}

function accept(session: ServerSession, event: ServerEvent): void {
  if (event.kind === "connect") session.acceptConnect();
  if (event.kind === "publish") session.acceptPublish(event.streamId);
  if (event.kind === "play") session.acceptPlay(event.streamId, { hasPublisher: true });
}

function line(event: ServerEvent): string {
  switch (event.kind) {
    case "connect":
      return `connect ${event.app}`;
    case "publish":
      return `publish ${event.streamId} ${event.name} ${event.query && `?${event.query} `}${event.publishType}`;
    case "play":
      return `play ${event.streamId} ${event.name} ${event.startMs}`;
    case "pause":
      return `pause ${event.streamId} ${event.isPaused} ${event.positionMs}`;
    case "media": {
      const { kind, timestamp, isConfig } = event.message;
      return `media ${event.streamId} ${kind} ${timestamp}${isConfig ? " config" : ""}`;
    }
    case "data-set":
      return `data-set ${event.streamId} ${event.name}`;
    case "buffer-length":
      return `buffer-length ${event.streamId} ${event.bufferMs}`;
    case "unpublish":
    case "stop-play":
      return `${event.kind} ${event.streamId} ${event.reason}`;
    default:
      return event.kind;
  }
}

function setBufferLength(streamId: number, bufferMs: number): Message {
  return encodeUserControl({ kind: "set-buffer-length", streamId, bufferMs });
}
