/**
 * `millrace/flv`: FLV files and the bodies of audio, video and data messages, which are the same in a file, over HTTP
 * and over RTMP. `FlvReader` and `encodeFlvTag` read and write files, `decodeVideoHeader` and `decodeAudioHeader` look
 * into tags, legacy and Enhanced RTMP v1 and v2, and `describeCodec` says what is in them.
 */

export {
  AAC_SOUND,
  type AudioHeader,
  type AudioPacket,
  type AudioPacketType,
  createAudioPacket,
  decodeAudioHeader,
  encodeAudioHeader,
  type Sound,
} from "./audio-header.ts";
export { classifyMedia, configSlot } from "./classify.ts";
export {
  codecOfFourCc,
  codecOfSoundFormat,
  codecOfVideoCodecId,
  FrameType,
  fourCcNumber,
  fourCcOf,
  fourCcText,
  SoundFormat,
  VideoCodecId,
} from "./codec-ids.ts";
export { type CodecDescription, describeCodec } from "./describe-media.ts";
export { describeMetadata } from "./describe-metadata.ts";
export { isDisposableAvc } from "./disposable-avc.ts";
export { MAX_MODEX_BLOCKS, MAX_TRACKS, type Multitrack, type TrackBody } from "./enhanced.ts";
export { type FlvHeader, FlvReader, type FlvReaderOptions, type FlvTag, MAX_FLV_HEADER_BYTES } from "./flv-reader.ts";
export { type FlvPatch, FlvRecording, type FlvRecordingState } from "./flv-recording.ts";
export { FlvScan, type FlvScanResult } from "./flv-scan.ts";
export { encodeFlvHeader, encodeFlvTag, encodeMediaTag, FLV_HEADER_BYTES } from "./flv-writer.ts";
export type { MediaMessage } from "./media-message.ts";
export {
  decodeMultichannelConfig,
  encodeMultichannelConfig,
  type MultichannelConfig,
} from "./multichannel-config.ts";
export { type DataMessage, normalizeDataMessage } from "./script-data.ts";
export {
  decodeTagHeader,
  kindOfTagType,
  MAX_TAG_DATA_BYTES,
  TAG_HEADER_BYTES,
  TAG_TRAILER_BYTES,
  type TagHeader,
  TagType,
  tagTypeOf,
  writeTagHeader,
  writeTagTrailer,
} from "./tag.ts";
export {
  createVideoPacket,
  decodeVideoHeader,
  encodeVideoHeader,
  type VideoHeader,
  type VideoPacket,
  type VideoPacketType,
  type VideoTrack,
} from "./video-header.ts";
