import { BitReader } from "../bytes/bit-reader.ts";
import { decodeMp3Header } from "../formats/codecs/mp3-header.ts";

/** Samples at 48 kHz that an Opus packet lasts; 0 for one that makes no sense. RFC 6716 sections 3.1 and 3.2. */
export function opusSamples(packet: Uint8Array): number {
  const [first, second] = packet;
  if (first === undefined) return 0;
  const config = first >> 3;
  const perFrame =
    config < 12 ? (SILK_SAMPLES[config & 3] ?? 0) : config < 16 ? 480 << (config & 1) : 120 << (config & 3);
  const code = first & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (second ?? 0) & 0x3f;
  const samples = perFrame * count;
  return samples > MAX_OPUS_SAMPLES ? 0 : samples;
}

/** Samples of the MPEG audio frames in a message: some publishers send several at once. Throws for the first only. */
export function mp3Samples(body: Uint8Array): number {
  let samples = 0;
  for (let at = 0; at + 4 <= body.length && (at === 0 || body[at] === 0xff); ) {
    const { samplesPerFrame, bitrateKbps, sampleRate, layer } = decodeMp3Header(body.subarray(at));
    samples += samplesPerFrame;
    if (bitrateKbps === 0 || layer === 1) break; // a length that the header does not tell
    const padding = ((body[at + 2] ?? 0) >> 1) & 1;
    at += Math.floor((samplesPerFrame * bitrateKbps * 125) / sampleRate) + padding;
  }
  return samples;
}

/** Samples of a FLAC frame; 0 for one that makes no sense. RFC 9639 section 9.1. */
export function flacSamples(frame: Uint8Array): number {
  if (frame.length < 6 || frame[0] !== 0xff || ((frame[1] ?? 0) & 0xfc) !== 0xf8) return 0;
  const code = (frame[2] ?? 0) >> 4;
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 144 << code;
  if (code >= 8) return 1 << code;
  // The size stands behind the number of the frame, which is coded as UTF-8 codes a character, in up to seven bytes.
  const lead = Math.clz32(~((frame[4] ?? 0) << 24));
  const at = 4 + Math.max(1, lead);
  const bits = new BitReader(frame.subarray(at));
  if (code === 0 || bits.remainingBits < 16) return 0;
  return bits.bits(code === 6 ? 8 : 16) + 1;
}

/** 10, 20, 40 and 60 ms. */
const SILK_SAMPLES: readonly number[] = [480, 960, 1920, 2880];
/** 120 ms. */
const MAX_OPUS_SAMPLES = 5760;
