import { aacProfileName, decodeAacConfig } from "../codecs/aac-config.ts";
import { decodeAc3Frame } from "../codecs/ac3-frame.ts";
import { decodeAdtsHeader, isAdts } from "../codecs/adts-header.ts";
import { decodeFlacConfig } from "../codecs/flac-config.ts";
import { decodeMp3Header } from "../codecs/mp3-header.ts";
import { decodeOpusHead, opusPacketChannels } from "../codecs/opus-head.ts";
import type { AudioPacketType, Sound } from "./audio-header.ts";
import { type CodecDescription, type CodecFacts, describeFacts, factsOrNone } from "./codec-description.ts";
import { SoundFormat } from "./codec-ids.ts";
import type { TrackBody } from "./enhanced.ts";
import { decodeMultichannelConfig } from "./multichannel-config.ts";

/** Never throws. `sound` is what the first byte of a legacy message said. */
export function describeAudioTrack(
  track: TrackBody,
  packetType: AudioPacketType,
  sound: Sound | undefined,
): CodecDescription {
  const declared = sound === undefined ? {} : factsOfSound(sound);
  const found = factsOrNone(() => factsOf(track, packetType));
  return describeFacts(track.codec, { ...declared, ...found });
}

function factsOf({ codec, body }: TrackBody, packetType: AudioPacketType): CodecFacts | undefined {
  if (packetType === "multichannel-config") return { channels: decodeMultichannelConfig(body).channels };
  if (packetType === "sequence-end") return undefined;
  const isConfig = packetType === "sequence-start";
  switch (codec) {
    case "aac":
      return isConfig ? aacFacts(body) : adtsFacts(body);
    case "opus":
      return opusFacts(body, isConfig);
    case "flac":
      return isConfig ? flacFacts(body) : undefined;
    case "mp3":
      return isConfig ? undefined : mp3Facts(body);
    case "ac3":
    case "eac3":
      return isConfig ? undefined : ac3Facts(body);
    default:
      return undefined;
  }
}

function aacFacts(record: Uint8Array): CodecFacts {
  const config = decodeAacConfig(record);
  const profile = aacProfileName(config);
  const sampleRate = config.sbrSampleRate ?? config.sampleRate;
  const channels = config.hasParametricStereo ? 2 : config.channels;
  return { name: "", profile, sampleRate, channels };
}

/** Some encoders send ADTS frames instead of raw ones, without a configuration: docs/interop.md. */
function adtsFacts(frame: Uint8Array): CodecFacts | undefined {
  if (!isAdts(frame)) return undefined;
  const { objectType, sampleRate, channelConfiguration } = decodeAdtsHeader(frame);
  const profile = aacProfileName({ objectType, sbrSampleRate: undefined, hasParametricStereo: false });
  const channels = channelConfiguration === 7 ? 8 : channelConfiguration;
  return { name: "", profile, sampleRate, ...(channels === 0 ? {} : { channels }) };
}

/** Opus plays at 48 kHz whatever was encoded. A header may be empty: packets tell mono or stereo then. */
function opusFacts(body: Uint8Array, isConfig: boolean): CodecFacts {
  const sampleRate = 48000;
  if (isConfig && body.length === 0) return { sampleRate };
  return { sampleRate, channels: isConfig ? decodeOpusHead(body).channels : opusPacketChannels(body) };
}

function flacFacts(record: Uint8Array): CodecFacts {
  const { sampleRate, channels, bitsPerSample } = decodeFlacConfig(record);
  return { profile: `${bitsPerSample}-bit`, sampleRate, channels };
}

function mp3Facts(frame: Uint8Array): CodecFacts {
  const { layer, sampleRate, channels } = decodeMp3Header(frame);
  return { ...(layer === 3 ? {} : { name: `MPEG audio layer ${layer}` }), sampleRate, channels };
}

function ac3Facts(frame: Uint8Array): CodecFacts {
  const { codec, sampleRate, channels } = decodeAc3Frame(frame);
  return { codec, sampleRate, channels };
}

/** What the first byte truly means: it has too few rates for some codecs, which then have one by convention. */
function factsOfSound(sound: Sound): CodecFacts {
  const { format, sampleRate, channels, bitsPerSample } = sound;
  switch (format) {
    case SoundFormat.Aac:
      return {}; // it says 44.1 kHz stereo, always
    case SoundFormat.Nellymoser16kHz:
    case SoundFormat.Speex:
      return { sampleRate: 16000, channels: 1 };
    case SoundFormat.Nellymoser8kHz:
      return { sampleRate: 8000, channels: 1 };
    case SoundFormat.G711ALaw:
    case SoundFormat.G711MuLaw:
    case SoundFormat.Mp3At8kHz:
      return { sampleRate: 8000, channels };
    case SoundFormat.PcmLittleEndian:
    case SoundFormat.PcmPlatformEndian:
      return { profile: `${bitsPerSample}-bit`, sampleRate, channels };
    default:
      return { sampleRate, channels };
  }
}
