import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AmfEcmaArray, AmfObject } from "../amf/amf-value.ts";
import { describeMetadata } from "./describe-metadata.ts";

test("metadata of OBS", () => {
  const metadata = new AmfEcmaArray([
    ["width", 1920],
    ["height", 1080],
    ["videocodecid", 7],
    ["videodatarate", 2500],
    ["framerate", 30],
    ["audiocodecid", 10],
    ["audiodatarate", 160],
    ["audiosamplerate", 48000],
    ["audiosamplesize", 16],
    ["audiochannels", 2],
    ["stereo", true],
    ["encoder", "obs-output module (libobs version 30.2.0)"],
  ]);
  equal(
    describeMetadata(metadata),
    "1920×1080 30 fps H.264 2500 kbit/s, AAC 48 kHz stereo 160 kbit/s, obs-output module (libobs version 30.2.0)",
  );
});

test("metadata of FMLE: codecs, rates and numbers as text", () => {
  const metadata = new AmfObject([
    ["videocodecid", "avc1"],
    ["audiocodecid", "mp4a"],
    ["framerate", "29.97"],
    ["audiosamplerate", 44100],
    ["stereo", false],
  ]);
  equal(describeMetadata(metadata), "29.97 fps avc1, mp4a 44.1 kHz mono");
});

test("codecs of Enhanced RTMP are FourCCs as numbers; 5.1 has no stereo", () => {
  const metadata = { videocodecid: 1752589105, audiocodecid: 1633889587, audiochannels: 6, stereo: true };
  equal(describeMetadata(metadata), "H.265, AC-3 6 channels");
});

test("what makes no sense is left out", () => {
  const nonsense = { width: -1, height: "x", framerate: Number.NaN, videocodecid: 1.5, audiosamplerate: null };
  equal(describeMetadata(nonsense), "");
  equal(describeMetadata({ encoder: "a\nb\u001b[31m\u202e" }), "a?b?[31m?");
  equal(describeMetadata({ encoder: "x".repeat(5000) }).length, 80);
  for (const value of [undefined, null, 5, "text", [], new Uint8Array(2)]) equal(describeMetadata(value), "");
});

test("anything is described, and on one line", () => {
  const names = fc.constantFrom("width", "height", "framerate", "videocodecid", "audiocodecid", "stereo", "encoder");
  fc.assert(
    fc.property(fc.dictionary(names, fc.anything()), (metadata) => {
      equal(/[\n\r]/.test(describeMetadata(metadata)), false);
    }),
  );
});
