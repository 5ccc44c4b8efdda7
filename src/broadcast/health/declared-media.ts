import { ProtocolError } from "../../errors.ts";
import { hasMembers } from "../../formats/amf/amf-value.ts";
import { decodeCommandValues } from "../../formats/amf/command-values.ts";

/** What `onMetaData` says of the media; what it does not say, or says without sense, is undefined. */
export type DeclaredMedia = {
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  /** Bits in a second. */
  readonly videoBitrate: number | undefined;
  readonly audioBitrate: number | undefined;
  /** Pictures in a second. */
  readonly frameRate: number | undefined;
};

/** Higher ones are time bases that FFmpeg took for frame rates. */
const MAX_FRAME_RATE = 240;
const MAX_KILOBITS = 1_000_000;

/** From the body of the message; undefined where it cannot be read. */
export function readDeclaredMedia(payload: Uint8Array): DeclaredMedia | undefined {
  const value = readValue(payload);
  if (!hasMembers(value)) return undefined;
  const rate = (name: string): number | undefined => {
    const kilobits = positive(value.get(name), MAX_KILOBITS);
    return kilobits === undefined ? undefined : kilobits * 1000;
  };
  const videoBitrate = rate("videodatarate");
  const audioBitrate = rate("audiodatarate");
  const isThere = (name: string): boolean => isCodec(value.get(name));
  return {
    hasVideo: videoBitrate !== undefined || isThere("videocodecid"),
    hasAudio: audioBitrate !== undefined || isThere("audiocodecid"),
    videoBitrate,
    audioBitrate,
    frameRate: positive(value.get("framerate") ?? value.get("fps"), MAX_FRAME_RATE),
  };
}

function readValue(payload: Uint8Array): unknown {
  try {
    return decodeCommandValues(payload).values[1];
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** A number or, from FMLE and Wirecast, a name: docs/interop.md. Encoders without a track write 0 or leave it out. */
function isCodec(value: unknown): boolean {
  return typeof value === "number" ? value > 0 : typeof value === "string" && value !== "";
}

/** Encoders send numbers as text, too. */
function positive(value: unknown, most: number): number | undefined {
  const number = typeof value === "string" ? Number.parseFloat(value) : value;
  return typeof number === "number" && number > 0 && number <= most ? number : undefined;
}
