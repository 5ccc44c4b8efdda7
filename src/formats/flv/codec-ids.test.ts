import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  codecOfFourCc,
  codecOfSoundFormat,
  codecOfVideoCodecId,
  fourCcNumber,
  fourCcOf,
  fourCcText,
  videoCodecIdOf,
} from "./codec-ids.ts";

test("FourCCs are numbers as onMetaData has them", () => {
  equal(fourCcOf("av1"), 1635135537);
  equal(fourCcOf("opus"), 1332770163);
  equal(codecOfFourCc(1635135537), "av1");
  equal(fourCcText(0x2e6d7033), ".mp3");
});

test("any FourCC comes back, and look-alikes are no codec", () => {
  for (const number of [0, 0xffffffff, 0xfffef717, fourCcNumber("AVC1"), fourCcNumber("flac")]) {
    equal(fourCcOf(codecOfFourCc(number)), number);
  }
  equal(codecOfFourCc(fourCcNumber("opus")), "fourcc:opus");
  throws(() => fourCcOf("speex"), TypeError);
  throws(() => fourCcOf("fourcc:abc"), TypeError);
});

test("any legacy codec id comes back; a codec without one has none", () => {
  for (let id = 0; id < 16; id++) equal(videoCodecIdOf(codecOfVideoCodecId(id)), id);
  equal(videoCodecIdOf("vp9"), undefined);
  equal(videoCodecIdOf("video-16"), undefined);
  equal(codecOfSoundFormat(12), "audio-12");
});
