import { ByteReader } from "../../bytes/byte-reader.ts";
import { nalUnits } from "../codecs/nal-units.ts";
import { FrameType, fourCcNumber, VideoCodecId } from "./codec-ids.ts";
import { ExVideoPacketType } from "./enhanced.ts";

/**
 * True for the body of an AVC message (legacy, or enhanced without multitrack and ModEx) whose pictures no other
 * picture refers to: nal_ref_idc is 0 in all its NAL units. Encoders that do not use frame type 3 drop no hint but
 * this one. ITU-T H.264 section 7.4.1.
 */
export function isDisposableAvc(payload: Uint8Array, nalLengthBytes = 4): boolean {
  const start = nalUnitsStart(payload);
  if (start === 0) return false;
  let hasPicture = false;
  for (const unit of nalUnits(payload.subarray(start), nalLengthBytes)) {
    if (unit.length !== lengthBefore(payload, unit, nalLengthBytes)) return false;
    const header = unit[0] ?? 0;
    if ((header & 0x60) !== 0) return false;
    const type = header & 0x1f;
    if (type >= 1 && type <= 5) hasPicture = true;
  }
  return hasPicture;
}

/** A unit that is cut may be anything: some encoders write start codes in place of lengths (docs/interop.md). */
function lengthBefore(payload: Uint8Array, unit: Uint8Array, nalLengthBytes: number): number {
  const at = unit.byteOffset - payload.byteOffset;
  let length = 0;
  for (let index = at - nalLengthBytes; index < at; index++) length = length * 256 + (payload[index] ?? 0);
  return length;
}

const AVC1 = fourCcNumber("avc1");

/** Where the NAL units begin; 0 when there are none. */
function nalUnitsStart(payload: Uint8Array): number {
  const first = payload[0] ?? 0;
  const isCommand = ((first >> 4) & 7) === FrameType.Command;
  if (isCommand) return 0;
  if ((first & 0x80) === 0) return (first & 15) === VideoCodecId.Avc && payload[1] === 1 ? 5 : 0;
  if (payload.length < 5 || new ByteReader(payload.subarray(1)).u32() !== AVC1) return 0;
  const packetType = first & 15;
  if (packetType === ExVideoPacketType.CodedFrames) return 8;
  return packetType === ExVideoPacketType.CodedFramesX ? 5 : 0;
}
