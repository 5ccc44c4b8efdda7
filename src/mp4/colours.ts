import type { ByteWriter } from "../bytes/byte-writer.ts";
import { type AmfValue, hasMembers } from "../formats/amf/amf-value.ts";
import { decodeAmf0 } from "../formats/amf/amf0-decoder.ts";
import { writeBox } from "./write-box.ts";

/** What a publisher tells of colours in a message of its own. Enhanced RTMP v2, "Metadata Frame". */
export type Colours = {
  /** Numbers of ISO/IEC 23091-2; 2 where nothing is known. */
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  /** Brightest pixel and brightest average of a picture, in cd/m²; undefined where it is not told. */
  readonly contentLight: readonly [max: number, average: number] | undefined;
  readonly mastering: MasteringDisplay | undefined;
};

/** The display on which the pictures were graded. SMPTE ST 2086. */
export type MasteringDisplay = {
  /** CIE 1931 coordinates in the order of the box: green, blue, red, white; x before y. */
  readonly coordinates: readonly number[];
  /** cd/m². */
  readonly maxLuminance: number;
  readonly minLuminance: number;
};

/** Takes the body of a packet of type "metadata"; undefined when it says nothing of colours. Throws ProtocolErrors. */
export function decodeColours(body: Uint8Array): Colours | undefined {
  const [name, info] = decodeAmf0(body);
  if (name !== "colorInfo") return undefined;
  const config = memberOf(info, "colorConfig");
  const light = memberOf(info, "hdrCll");
  const maxLight = numberOf(light, "maxCLL") ?? numberOf(light, "maxCll");
  return {
    primaries: byteOf(config, "colorPrimaries"),
    transfer: byteOf(config, "transferCharacteristics"),
    matrix: byteOf(config, "matrixCoefficients"),
    contentLight: maxLight === undefined ? undefined : [maxLight, numberOf(light, "maxFall") ?? 0],
    mastering: masteringOf(memberOf(info, "hdrMdcv")),
  };
}

/** Writes colr and, for HDR, mdcv and clli. ISO/IEC 14496-12 sections 12.1.5 to 12.1.7. */
export function writeColours(writer: ByteWriter, colours: Colours): void {
  const { primaries, transfer, matrix, contentLight, mastering } = colours;
  if (primaries !== UNKNOWN || transfer !== UNKNOWN || matrix !== UNKNOWN) {
    writeBox(writer, "colr", () => {
      writer.utf8("nclx");
      for (const value of [primaries, transfer, matrix]) writer.u16(value);
      writer.u8(0); // limited range: the message does not tell
    });
  }
  if (mastering !== undefined) {
    writeBox(writer, "mdcv", () => {
      for (const value of mastering.coordinates) writer.u16(scaled(value, 50_000, 0xffff));
      writer.u32(scaled(mastering.maxLuminance, 10_000, 0xffff_ffff));
      writer.u32(scaled(mastering.minLuminance, 10_000, 0xffff_ffff));
    });
  }
  if (contentLight !== undefined) {
    writeBox(writer, "clli", () => {
      for (const value of contentLight) writer.u16(scaled(value, 1, 0xffff));
    });
  }
}

const UNKNOWN = 2;
const COORDINATES: readonly string[] = [
  "greenX",
  "greenY",
  "blueX",
  "blueY",
  "redX",
  "redY",
  "whitePointX",
  "whitePointY",
];

function masteringOf(value: AmfValue): MasteringDisplay | undefined {
  const coordinates = COORDINATES.map((name) => numberOf(value, name)).filter((number) => number !== undefined);
  const maxLuminance = numberOf(value, "maxLuminance");
  if (coordinates.length < COORDINATES.length || maxLuminance === undefined) return undefined;
  return { coordinates, maxLuminance, minLuminance: numberOf(value, "minLuminance") ?? 0 };
}

function memberOf(value: AmfValue, name: string): AmfValue {
  return hasMembers(value) ? value.get(name) : undefined;
}

function numberOf(value: AmfValue, name: string): number | undefined {
  const member = memberOf(value, name);
  return typeof member === "number" && Number.isFinite(member) ? member : undefined;
}

function byteOf(value: AmfValue, name: string): number {
  const number = numberOf(value, name) ?? UNKNOWN;
  return Number.isInteger(number) && number >= 0 && number <= 255 ? number : UNKNOWN;
}

function scaled(value: number, factor: number, most: number): number {
  return Math.min(most, Math.max(0, Math.round(value * factor)));
}
