import { ProtocolError } from "../errors.ts";
import { decodeHevcConfig, HEVC_SPS_TYPE } from "../formats/codecs/hevc-config.ts";
import type { VideoFormat } from "./video-config.ts";
import { writeBox } from "./write-box.ts";

/** Undefined when the record leaves the parameter sets, and with them the size, to the pictures. */
export function hevcConfig(record: Uint8Array): VideoFormat | undefined {
  const { sps } = decodeHevcConfig(record);
  if (sps === undefined) return undefined;
  return {
    codecString: `hvc1.${profileText(record)}`,
    entryType: "hvc1",
    width: sps.width,
    height: sps.height,
    writeConfig: (writer) => writeBox(writer, "hvcC", () => writer.bytes(record)),
  };
}

/** Whether this is a configuration of HEVC that has a parameter set. */
export function isHevcRecord(record: Uint8Array): boolean {
  try {
    return decodeHevcConfig(record).nalUnits.has(HEVC_SPS_TYPE);
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

/** Profile, compatibility (bits turned round), tier and level, constraints. ISO/IEC 14496-15 section E.3. */
function profileText(record: Uint8Array): string {
  const profile = record[1] ?? 0;
  const space = ["", "A", "B", "C"][profile >> 6] ?? "";
  const tier = (profile & 0x20) === 0 ? "L" : "H";
  const constraints = Array.from(record.subarray(6, 12));
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    `${space}${profile & 0x1f}`,
    turnedRound(record.subarray(2, 6)).toString(16).toUpperCase(),
    `${tier}${record[12] ?? 0}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

function turnedRound(bytes: Uint8Array): number {
  let value = 0;
  for (let bit = 31; bit >= 0; bit--) value = value * 2 + (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
}
