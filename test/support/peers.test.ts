import { deepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { clip } from "../fixtures/media.ts";
import { compareTags } from "./compare-tags.ts";
import { ffmpegListen, ffmpegPublish } from "./ffmpeg.ts";
import { ffmpeg8Listen, ffmpeg8Publish } from "./ffmpeg8.ts";
import { flvTags } from "./flv-tags.ts";
import { freePort, untilListening } from "./free-port.ts";
import { gstPublish, gstRemux } from "./gstreamer.ts";
import { assertEndedWell } from "./peer-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { capture, tsharkMalformed, tsharkRead } from "./tshark.ts";

// The peers among themselves, without millrace: whatever they change on the way, no test may hold against millrace.

test("FFmpeg to FFmpeg is exact, and tshark reads it", async (t) => {
  const port = await freePort();
  const folder = temporaryFolder(t);
  const packets = await capture(t, port, join(folder, "session.pcap"));
  const listener = ffmpegListen(t, `rtmp://127.0.0.1:${port}/live/key`, join(folder, "seen.flv"));
  await untilListening(port);
  const publisher = ffmpegPublish(t, `rtmp://127.0.0.1:${port}/live/key`, clip("h264-aac"), { isRealtime: false });
  assertEndedWell(publisher, await publisher.done);
  assertEndedWell(listener, await listener.done);
  compareTags(flvTags(clip("h264-aac")), flvTags(join(folder, "seen.flv")));
  assertEndedWell(packets, await packets.stop());
  deepEqual(tsharkMalformed(packets.file, port), []);
  const types = tsharkRead(packets.file, { port, filter: "rtmpt", fields: ["rtmpt.header.typeid"] }).flat(2);
  for (const type of ["8", "9", "20"])
    ok(
      types.some((text) => Number(text) === Number(type)),
      `no message of type ${type}`,
    );
});

for (const name of ["hevc-aac", "av1-opus"] as const) {
  test(`FFmpeg 8 to FFmpeg 8 is exact: ${name}`, async (t) => {
    const port = await freePort();
    const seen = join(temporaryFolder(t), "seen.flv");
    const listener = ffmpeg8Listen(t, `rtmp://127.0.0.1:${port}/live/key`, seen);
    await untilListening(port);
    const publisher = ffmpeg8Publish(t, `rtmp://127.0.0.1:${port}/live/key`, clip(name), { isRealtime: false });
    assertEndedWell(publisher, await publisher.done);
    assertEndedWell(listener, await listener.done);
    compareTags(flvTags(clip(name)), flvTags(seen), { untilEnd: true });
  });
}

test("GStreamer to FFmpeg is exact when compared with what GStreamer's muxer wrote", async (t) => {
  const port = await freePort();
  const folder = temporaryFolder(t);
  const sent = gstRemux(t, clip("h264-aac"), join(folder, "sent.flv"));
  assertEndedWell(sent, await sent.done);
  const listener = ffmpegListen(t, `rtmp://127.0.0.1:${port}/live/key`, join(folder, "seen.flv"));
  await untilListening(port);
  const publisher = gstPublish(t, `rtmp://127.0.0.1:${port}/live/key`, clip("h264-aac"));
  await publisher.done;
  await listener.stop();
  compareTags(flvTags(join(folder, "sent.flv")), flvTags(join(folder, "seen.flv")));
});
