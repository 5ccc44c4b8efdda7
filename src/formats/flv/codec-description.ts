import { ProtocolError } from "../../errors.ts";

/** A track in words and numbers, for logs and pages. What is not known is undefined. */
export type CodecDescription = {
  /** As in the headers: "avc", "aac", …; empty when the message is no media. */
  readonly codec: string;
  /** "High", "Main 10", "AAC-LC", … */
  readonly profile: string | undefined;
  /** "4.1", … */
  readonly level: string | undefined;
  /** Pixels that are shown. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Hz, as it is heard. */
  readonly sampleRate: number | undefined;
  /** As they are heard. */
  readonly channels: number | undefined;
  /** All of it in one line. */
  readonly text: string;
};

/** What a codec's own headers tell, before it is put into words. */
export type CodecFacts = Partial<Omit<CodecDescription, "codec" | "text">> & {
  /** What people call the codec, where the profile does not already say it. */
  readonly name?: string;
  /** The codec that it truly is, where the message says another. */
  readonly codec?: string;
};

export const NO_CODEC: CodecDescription = describeFacts("", { name: "" });

/** Puts facts into words: name, profile, level, size, rate, channels. */
export function describeFacts(codec: string, facts: CodecFacts): CodecDescription {
  const { profile, level, width, height, sampleRate, channels } = facts;
  const words = [
    facts.name ?? codecName(facts.codec ?? codec),
    profile,
    level,
    width === undefined || height === undefined ? undefined : `${width}×${height}`,
    sampleRate === undefined ? undefined : `${sampleRate / 1000} kHz`,
    channels === undefined ? undefined : channelsName(channels),
  ];
  const text = words.filter((word) => word !== undefined && word !== "").join(" ");
  return { codec: facts.codec ?? codec, profile, level, width, height, sampleRate, channels, text };
}

/**
 * Whether what was found takes the place of what was known of a track: it is the first, tells another codec, or no less
 * of the same one. Colour and channel configurations tell less than a sequence header.
 */
export function isNewDescription(known: CodecDescription | undefined, found: CodecDescription): boolean {
  if (found.codec === "" || found.text === known?.text) return false;
  return known === undefined || found.codec !== known.codec || countFacts(found) >= countFacts(known);
}

function countFacts({ profile, level, width, height, sampleRate, channels }: CodecDescription): number {
  return [profile, level, width, height, sampleRate, channels].filter((fact) => fact !== undefined).length;
}

/** The facts, or none where the bytes do not hold what they should: a description never fails. */
export function factsOrNone(read: () => CodecFacts | undefined): CodecFacts {
  try {
    return read() ?? {};
  } catch (error) {
    if (error instanceof ProtocolError) return {};
    throw error;
  }
}

/** How people call a codec: "H.264" for "avc"; an unknown one by its own name. */
export function codecName(codec: string): string {
  // The four characters of an unknown FourCC come from the wire: a log or a terminal must not obey them.
  return CODEC_NAMES[codec] ?? codec.replaceAll(/[^\x20-\x7e]/g, "?");
}

const CODEC_NAMES: Record<string, string> = {
  avc: "H.264",
  hevc: "H.265",
  vvc: "H.266",
  av1: "AV1",
  vp8: "VP8",
  vp9: "VP9",
  flv1: "FLV1",
  vp6: "VP6",
  "vp6-alpha": "VP6 with alpha",
  screen1: "Screen Video",
  screen2: "Screen Video 2",
  h263: "H.263",
  mpeg4: "MPEG-4",
  jpeg: "JPEG",
  aac: "AAC",
  mp3: "MP3",
  opus: "Opus",
  flac: "FLAC",
  ac3: "AC-3",
  eac3: "E-AC-3",
  speex: "Speex",
  nellymoser: "Nellymoser",
  adpcm: "ADPCM",
  pcm: "PCM",
  "g711-alaw": "G.711 A-law",
  "g711-mulaw": "G.711 µ-law",
};

function channelsName(channels: number): string {
  return CHANNEL_NAMES[channels] ?? `${channels} channels`;
}

const CHANNEL_NAMES: Record<number, string> = { 1: "mono", 2: "stereo", 6: "5.1", 8: "7.1" };
