import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  type IsoBoxReader,
  readFtyp,
  readHdlr,
  readIsoBoxes,
  readMdhd,
  readMvhd,
  readTkhd,
  readTrex,
} from "@svta/cml-iso-bmff";
import { hex } from "../bytes/hex.ts";
import { encodeInitSegment } from "./init-segment.ts";
import { type Mp4Box, readBoxes } from "./read-boxes.ts";
import { encodeAudioEntry, encodeVisualEntry } from "./sample-entry.ts";
import type { TrackConfig } from "./track.ts";
import { writeBox } from "./write-box.ts";

const VIDEO: TrackConfig = {
  kind: "video",
  trackId: 3,
  codec: "avc",
  codecString: "avc1.64001f",
  timescale: 90_000,
  width: 1920,
  height: 1080,
  sampleRate: 0,
  channels: 0,
  sampleEntry: encodeVisualEntry("avc1", 1920, 1080, (writer) => writeBox(writer, "avcC", () => writer.u8(1))),
};
const AUDIO: TrackConfig = {
  ...VIDEO,
  kind: "audio",
  timescale: 44_100,
  width: 0,
  height: 0,
  sampleEntry: encodeAudioEntry("mp4a", 2, 44_100, 16, () => {}),
};

test("the boxes of two tracks", () => {
  const stbl = (entry: string): string => `stbl(stsd(${entry}) stts stsc stsz stco)`;
  const trak = (header: string, entry: string): string =>
    `trak(tkhd mdia(mdhd hdlr minf(${header} dinf(dref(url )) ${stbl(entry)})))`;
  equal(
    readBoxes(encodeInitSegment([VIDEO, AUDIO]))
      .map(outline)
      .join(" "),
    `ftyp moov(mvhd ${trak("vmhd", "avc1(avcC)")} ${trak("smhd", "mp4a")} mvex(trex trex))`,
  );
});

test("another reader finds ids, times and sizes", () => {
  const readers: Record<string, IsoBoxReader<never>> = {
    ftyp: readFtyp as never,
    mvhd: readMvhd as never,
    tkhd: readTkhd as never,
    mdhd: readMdhd as never,
    hdlr: readHdlr as never,
    trex: readTrex as never,
  };
  const boxes = readIsoBoxes(encodeInitSegment([VIDEO, AUDIO]).slice().buffer, { readers });
  const text = JSON.stringify(boxes, (key, value) => (key === "view" ? undefined : value));
  const found = (name: string): string[] =>
    Array.from(text.matchAll(new RegExp(`"${name}":([^,}]+)`, "g")), ([, value]) => value ?? "");
  deepEqual(found("trackId"), ["1", "2", "1", "2"]);
  deepEqual(found("nextTrackId"), ["3"]);
  deepEqual(found("timescale"), ["1000", "90000", "44100"]);
  deepEqual(found("handlerType"), ['"vide"', '"soun"']);
  deepEqual(found("width"), ["1920", "0"]);
  deepEqual(found("height"), ["1080", "0"]);
  deepEqual(found("majorBrand"), ['"iso6"']);
  deepEqual(found("language"), ['"und"', '"und"']);
});

test("sample entries, byte for byte", () => {
  deepEqual(
    VIDEO.sampleEntry,
    hex`
      0000005f 61766331 000000000000 0001          ; avc1, first data reference
      00000000 000000000000000000000000 0780 0438  ; 1920 × 1080
      00480000 00480000 00000000 0001              ; 72 dpi, one picture a sample
      0000000000000000000000000000000000000000000000000000000000000000
      0018 ffff
      00000009 61766343 01                         ; avcC
    `,
  );
  deepEqual(
    encodeAudioEntry("fLaC", 1, 96_000, 24, () => {}),
    hex`00000024 664c6143 000000000000 0001 0000000000000000 0001 0018 0000 0000 00000000`,
  );
});

test("an init segment has a track", () => {
  throws(() => encodeInitSegment([]), TypeError);
});

function outline({ type, children }: Mp4Box): string {
  return children.length === 0 ? type : `${type}(${children.map(outline).join(" ")})`;
}
