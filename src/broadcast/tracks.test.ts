import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../bytes/hex.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import { Tracks } from "./tracks.ts";

test("tracks are told by their configuration once, and again when it changes", () => {
  const tracks = new Tracks();
  const stereo = classifyMedia("audio", 0, hex`af 00 12 10`);
  equal(tracks.note(stereo)?.codec.text, "AAC-LC 44.1 kHz stereo");
  equal(tracks.note(stereo), undefined);
  equal(tracks.note(classifyMedia("audio", 5, hex`af 01 21 10`)), undefined);
  equal(tracks.note(classifyMedia("audio", 9, hex`af 00 12 08`))?.codec.text, "AAC-LC 44.1 kHz mono");
  equal(tracks.list.length, 1);
});

test("a codec without configuration is told by its first picture", () => {
  const tracks = new Tracks();
  const picture = hex`12 00 00 84 02 92 a6`; // FLV1: key, size 5 = 320×240
  equal(tracks.note(classifyMedia("video", 0, picture))?.codec.text, "FLV1 320×240");
  equal(tracks.note(classifyMedia("video", 40, hex`22 00 00 84 1a 92 a6`)), undefined);
});

test("several tracks are listed, video first", () => {
  const tracks = new Tracks();
  tracks.note(classifyMedia("audio", 0, hex`af 00 12 10`));
  tracks.note(classifyMedia("audio", 0, hex`95 00 6d703461 01 1190`)); // track 1: AAC by FourCC
  tracks.note(classifyMedia("video", 0, hex`12 00 00 84 02 92 a6`));
  deepEqual(
    tracks.list.map(({ kind, trackId, codec }) => `${kind} ${trackId} ${codec.text}`),
    ["video 0 FLV1 320×240", "audio 0 AAC-LC 44.1 kHz stereo", "audio 1 AAC-LC 48 kHz stereo"],
  );
  tracks.clear();
  deepEqual(tracks.list, []);
});

test("silence and colour information change nothing", () => {
  const tracks = new Tracks();
  equal(tracks.note(classifyMedia("audio", 0, new Uint8Array())), undefined);
  equal(tracks.note(classifyMedia("video", 0, hex`90 61763031 81 05 0c 00`))?.codec.codec, "av1");
  const before = tracks.list;
  equal(tracks.note(classifyMedia("video", 0, hex`84 61763031 02 0009 636f6c6f72496e666f 05`)), undefined);
  deepEqual(tracks.list, before);
});

test("a channel configuration, which tells less than the header before it, changes nothing", () => {
  const tracks = new Tracks();
  const head = hex`90 4f707573 4f70757348656164 01 02 3801 80bb0000 0000 00`; // Opus, OpusHead: 2 channels
  equal(tracks.note(classifyMedia("audio", 0, head))?.codec.text, "Opus 48 kHz stereo");
  equal(tracks.note(classifyMedia("audio", 0, hex`94 4f707573 01 02 00000003`)), undefined);
  equal(tracks.list[0]?.codec.text, "Opus 48 kHz stereo");
});
