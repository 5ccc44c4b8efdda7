import { findBox, readBoxes } from "../../src/mp4/read-boxes.ts";

/** A part or a segment as a playlist names it. */
export type NamedMedia = {
  readonly url: string;
  readonly durationSeconds: number;
  readonly isIndependent: boolean;
};

/** A whole segment as a playlist names it. */
export type NamedSegment = NamedMedia & {
  readonly number: number;
  readonly startsAtMs: number;
  readonly initUrl: string;
  readonly isDiscontinuous: boolean;
  readonly parts: readonly NamedMedia[];
};

/** What this walk needs of a media playlist; `hls-parser` holds whole playlists against the rules. */
export type ReadPlaylist = {
  readonly targetDuration: number;
  readonly partTarget: number;
  readonly partHoldBack: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly NamedSegment[];
  /** Those of the segment that grows. */
  readonly openParts: readonly NamedMedia[];
  readonly isEnded: boolean;
};

export function readPlaylist(text: string, url: string): ReadPlaylist {
  const numberOf = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const mediaSequence = numberOf(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m);
  const segments: NamedSegment[] = [];
  let parts: NamedMedia[] = [];
  let initUrl = "";
  let startsAtMs = Number.NaN;
  let durationSeconds = Number.NaN;
  let isDiscontinuous = false;
  for (const line of text.split("\n")) {
    const [, tag = "", value = ""] = /^#(EXT[A-Z0-9-]*):?(.*)$/.exec(line) ?? [];
    if (tag === "EXT-X-DISCONTINUITY") isDiscontinuous = true;
    else if (tag === "EXT-X-MAP") initUrl = absolute(url, value);
    else if (tag === "EXT-X-PROGRAM-DATE-TIME") startsAtMs = Date.parse(value);
    else if (tag === "EXTINF") durationSeconds = Number.parseFloat(value);
    else if (tag === "EXT-X-PART") parts.push(readPart(url, value));
    else if (line !== "" && !line.startsWith("#")) {
      const isIndependent = parts[0]?.isIndependent ?? true;
      const number = mediaSequence + segments.length;
      const media = { url: new URL(line, url).href, durationSeconds, isIndependent };
      segments.push({ ...media, number, startsAtMs, initUrl, isDiscontinuous, parts });
      parts = [];
      isDiscontinuous = false;
    }
  }
  return {
    targetDuration: numberOf(/^#EXT-X-TARGETDURATION:(\d+)/m),
    partTarget: numberOf(/PART-TARGET=([\d.]+)/),
    partHoldBack: numberOf(/PART-HOLD-BACK=([\d.]+)/),
    mediaSequence,
    discontinuitySequence: numberOf(/^#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)/m),
    segments,
    openParts: parts,
    isEnded: /^#EXT-X-ENDLIST/m.test(text),
  };
}

function readPart(url: string, attributes: string): NamedMedia {
  const durationSeconds = Number(/DURATION=([\d.]+)/.exec(attributes)?.[1]);
  return { url: absolute(url, attributes), durationSeconds, isIndependent: attributes.includes("INDEPENDENT=YES") };
}

function absolute(url: string, attributes: string): string {
  return new URL(/URI="([^"]*)"/.exec(attributes)?.[1] ?? "", url).href;
}

/** The times of fragments, one after the other, in ticks. */
export type FragmentTimes = {
  readonly decodeTime: number;
  readonly durations: readonly number[];
  /** When each picture is shown, in the order of their bytes. */
  readonly presentationTimes: readonly number[];
};

/** Of each `moof` in a part or a segment. */
export function readFragmentTimes(bytes: Uint8Array): FragmentTimes[] {
  return readBoxes(bytes)
    .filter(({ type }) => type === "moof")
    .map((moof) => {
      const tfdt = findBox([moof], "moof", "traf", "tfdt")?.body ?? new Uint8Array(12);
      const trun = findBox([moof], "moof", "traf", "trun")?.body ?? new Uint8Array(8);
      return timesOf(viewOf(tfdt), viewOf(trun));
    });
}

function timesOf(tfdt: DataView, trun: DataView): FragmentTimes {
  const decodeTime = Number(tfdt.getBigUint64(4));
  const flags = trun.getUint32(0) & 0xffffff;
  const durations: number[] = [];
  const presentationTimes: number[] = [];
  let at = 12; // flags, count, data offset
  let time = decodeTime;
  for (let count = trun.getUint32(4); count > 0; count--) {
    const duration = trun.getUint32(at);
    const offsetAt = at + 8 + ((flags & 0x400) === 0 ? 0 : 4);
    const hasOffset = (flags & 0x800) !== 0;
    presentationTimes.push(time + (hasOffset ? trun.getInt32(offsetAt) : 0));
    durations.push(duration);
    time += duration;
    at = offsetAt + (hasOffset ? 4 : 0);
  }
  return { decodeTime, durations, presentationTimes };
}

/** Of the track of an init segment. */
export function readTimescale(init: Uint8Array): number {
  const mdhd = findBox(readBoxes(init), "moov", "trak", "mdia", "mdhd")?.body ?? new Uint8Array(16);
  return viewOf(mdhd).getUint32(mdhd[0] === 1 ? 20 : 12);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
