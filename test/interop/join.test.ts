import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { clip } from "../fixtures/media.ts";
import { tapBroadcast, videoAt } from "../support/broadcast-tap.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags, roleOf } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { comparePlayed, PLAYER_NAMES, startPlayer } from "../support/players.ts";
import { bytesFrom, type RecordedConnection, startRecordingProxy } from "../support/recording-proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("players that join in the middle of a GOP begin with the keyframe before, not after", async (t) => {
  const live = await startLiveServer(t);
  const tap = tapBroadcast(t, live);
  const folder = temporaryFolder(t);
  const publisher = ffmpegPublish(t, live.url(), clip("h264-aac-4s-gop"));
  await tap.until("1.5 s of video", videoAt(1500));
  const joining = [];
  for (const name of PLAYER_NAMES) {
    const proxy = await startRecordingProxy(t, live.port);
    joining.push({ name, proxy, player: startPlayer(t, name, proxy.url(), folder) });
  }
  // All is over before the second keyframe, at 4 s: whatever picture a player got, it did not wait for that one.
  await tap.until("3.5 s of video", videoAt(3500));
  await publisher.stop();
  const keyframes = tap.tags.filter((tag) => tag.type === "video" && roleOf(tag) === "keyframe");
  const [keyframe] = keyframes;
  ok(keyframe !== undefined);
  deepEqual(
    keyframes.map(({ timestamp }) => timestamp),
    [0],
  );
  for (const { name, proxy, player } of joining) {
    const tags = await player.allTags();
    const { video } = comparePlayed(name, tap.tags, tags, { untilEnd: true });
    equal(video.firstIndex, 0);
    if (name === "rtmpdump" || name === "gstreamer") assertBegins(tags);
    const [connection] = proxy.connections;
    ok(connection !== undefined);
    const arrivedMs = arrivalMs(connection, "server", keyframe.payload.subarray(0, 64));
    const askedMs = arrivalMs(connection, "client", Buffer.from("\x02\x00\x04play"));
    t.diagnostic(
      `${name}: keyframe ${(arrivedMs - askedMs).toFixed(1)} ms after play, ${arrivedMs.toFixed(1)} ms after connect`,
    );
  }
  equal(compareFirst(flvTags(clip("h264-aac-4s-gop")), keyframe), true);
});

/** Configurations of both tracks, then the keyframe, with the times that they have in the broadcast. */
function assertBegins(tags: readonly FlvTag[]): void {
  const media = tags.filter(({ type }) => type !== "script").slice(0, 3);
  deepEqual(media.map((tag) => roleOf(tag)).slice(0, 3), ["configuration", "configuration", "keyframe"]);
  equal(media[2]?.timestamp, 0);
}

function compareFirst(published: readonly FlvTag[], keyframe: FlvTag): boolean {
  const first = published.find((tag) => roleOf(tag) === "keyframe");
  return first !== undefined && Buffer.compare(first.payload, keyframe.payload) === 0;
}

/** When the bytes that begin so passed the proxy, in milliseconds after the connection. */
function arrivalMs(connection: RecordedConnection, from: "client" | "server", beginning: Uint8Array): number {
  const at = bytesFrom(connection, from).indexOf(beginning);
  ok(at >= 0, `never sent by the ${from}`);
  let end = 0;
  for (const piece of connection.pieces) {
    if (piece.from === from) end += piece.bytes.length;
    if (end > at) return piece.atMs;
  }
  throw new Error("unreachable");
}
