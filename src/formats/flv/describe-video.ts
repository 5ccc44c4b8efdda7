import { av1LevelName, av1ProfileName, decodeAv1Config, findAv1SequenceHeader } from "../codecs/av1-config.ts";
import { decodeAvcConfig } from "../codecs/avc-config.ts";
import { type AvcSps, avcLevelName, avcProfileName, decodeAvcSps } from "../codecs/avc-sps.ts";
import { decodeFlv1Picture } from "../codecs/flv1-picture.ts";
import { decodeHevcConfig, HEVC_SPS_TYPE } from "../codecs/hevc-config.ts";
import { decodeHevcSps, type HevcSps, hevcLevelName, hevcProfileName } from "../codecs/hevc-sps.ts";
import { nalUnits, startCodeUnits } from "../codecs/nal-units.ts";
import { decodeScreenVideo } from "../codecs/screen-video.ts";
import { decodeVpConfig } from "../codecs/vp-config.ts";
import { decodeVp8FrameSize, decodeVp9Frame } from "../codecs/vp-frame.ts";
import { decodeVp6FrameSize } from "../codecs/vp6-frame.ts";
import { decodeVvcConfig, vvcLevelName, vvcProfileName } from "../codecs/vvc-config.ts";
import { type CodecDescription, type CodecFacts, describeFacts, factsOrNone } from "./codec-description.ts";
import type { VideoPacketType, VideoTrack } from "./video-header.ts";

/** Never throws. */
export function describeVideoTrack(track: VideoTrack, packetType: VideoPacketType): CodecDescription {
  const facts = factsOrNone(() => {
    if (packetType === "sequence-start") return configFacts(track);
    return packetType === "frames" ? frameFacts(track) : undefined;
  });
  return describeFacts(track.codec, facts);
}

function configFacts({ codec, body }: VideoTrack): CodecFacts | undefined {
  switch (codec) {
    case "avc":
      return avcConfigFacts(body);
    case "hevc":
      return hevcConfigFacts(body);
    case "vvc":
      return vvcFacts(body);
    case "av1":
      return av1ConfigFacts(body);
    case "vp8":
    case "vp9":
      return vpConfigFacts(codec, body);
    default:
      return undefined;
  }
}

function frameFacts({ codec, body }: VideoTrack): CodecFacts | undefined {
  switch (codec) {
    case "avc":
    case "hevc":
      return inBandFacts(codec, body);
    case "av1":
      return av1FrameFacts(body);
    case "vp8":
      return decodeVp8FrameSize(body);
    case "vp9":
      return vp9FrameFacts(body);
    case "flv1":
      return sizeOf(decodeFlv1Picture(body));
    case "screen1":
    case "screen2":
      return sizeOf(decodeScreenVideo(body));
    case "vp6":
    case "vp6-alpha":
      return decodeVp6FrameSize(body, codec === "vp6-alpha");
    default:
      return undefined;
  }
}

function sizeOf({ width, height }: { readonly width: number; readonly height: number }): CodecFacts {
  return { width, height };
}

/** OBS with a patch from before 29.1 sends an HEVC record under the codec id of AVC: docs/interop.md. */
function avcConfigFacts(record: Uint8Array): CodecFacts {
  const avc = factsOrNone(() => avcFacts(decodeAvcConfig(record).sps));
  if (avc.profile !== undefined) return avc;
  const hevc = factsOrNone(() => (decodeHevcConfig(record).sps === undefined ? undefined : hevcConfigFacts(record)));
  return hevc.profile === undefined ? {} : { ...hevc, codec: "hevc" };
}

function avcFacts({ profileIdc, constraints, levelIdc, width, height }: AvcSps): CodecFacts {
  const profile = avcProfileName(profileIdc, constraints);
  return { profile, level: avcLevelName(levelIdc, profileIdc, constraints), width, height };
}

function hevcConfigFacts(record: Uint8Array): CodecFacts {
  const config = decodeHevcConfig(record);
  return hevcFacts(config.sps ?? { ...config, width: undefined, height: undefined });
}

type HevcFacts = Pick<HevcSps, "profileIdc" | "levelIdc" | "isHighTier"> & {
  readonly width: number | undefined;
  readonly height: number | undefined;
};

function hevcFacts({ profileIdc, levelIdc, isHighTier, width, height }: HevcFacts): CodecFacts {
  return { profile: hevcProfileName(profileIdc), level: hevcLevelName(levelIdc, isHighTier), width, height };
}

/** Lengths before NAL units of a frame whose configuration was not seen: everybody uses four bytes. */
const USUAL_NAL_LENGTH_BYTES = 4;
const AVC_SPS_TYPE = 7;
/** Parameter sets stand in front of the pictures, behind a delimiter and SEI. */
const MAX_SEARCHED_UNITS = 64;

/** How far start codes are searched. */
const MAX_SEARCHED_BYTES = 65_536;

/** GStreamer and DJI send parameter sets with the frames, some encoders behind start codes: docs/interop.md. */
function inBandFacts(codec: "avc" | "hevc", body: Uint8Array): CodecFacts | undefined {
  const facts = factsOrNone(() => parameterSetFacts(codec, nalUnits(body, USUAL_NAL_LENGTH_BYTES)));
  const isStartCode = body[0] === 0 && body[1] === 0 && body[2] === 0 && body[3] === 1;
  if (facts.profile !== undefined || !isStartCode) return facts;
  return parameterSetFacts(codec, startCodeUnits(body.subarray(0, MAX_SEARCHED_BYTES)));
}

function parameterSetFacts(codec: "avc" | "hevc", units: Iterable<Uint8Array>): CodecFacts | undefined {
  let searched = 0;
  for (const unit of units) {
    if (++searched > MAX_SEARCHED_UNITS) return undefined;
    const first = unit[0] ?? 0;
    if (codec === "avc" && (first & 0x1f) === AVC_SPS_TYPE) return avcFacts(decodeAvcSps(unit));
    if (codec === "hevc" && ((first >> 1) & 0x3f) === HEVC_SPS_TYPE) return hevcFacts(decodeHevcSps(unit));
  }
  return undefined;
}

function vvcFacts(record: Uint8Array): CodecFacts | undefined {
  const { format } = decodeVvcConfig(record);
  if (format === undefined) return undefined;
  const { profileIdc, levelIdc, isHighTier, width, height } = format;
  return { profile: vvcProfileName(profileIdc), level: vvcLevelName(levelIdc, isHighTier), width, height };
}

function av1ConfigFacts(record: Uint8Array): CodecFacts {
  const { profile, levelIndex, isHighTier, size } = decodeAv1Config(record);
  return { profile: av1ProfileName(profile), level: av1LevelName(levelIndex, isHighTier), ...size };
}

function av1FrameFacts(body: Uint8Array): CodecFacts | undefined {
  const header = findAv1SequenceHeader(body);
  if (header === undefined) return undefined;
  const { profile, levelIndex, isHighTier, size } = header;
  return { profile: av1ProfileName(profile), level: av1LevelName(levelIndex, isHighTier), ...size };
}

function vpConfigFacts(codec: "vp8" | "vp9", record: Uint8Array): CodecFacts {
  const { profile, level } = decodeVpConfig(record);
  const words = codec === "vp9" ? { profile: `profile ${profile}` } : {};
  return level === 0 ? words : { ...words, level: (level / 10).toFixed(1) };
}

function vp9FrameFacts(frame: Uint8Array): CodecFacts | undefined {
  const header = decodeVp9Frame(frame);
  return header === undefined ? undefined : { profile: `profile ${header.profile}`, ...sizeOf(header) };
}
