/** The codec in the first byte of a legacy audio tag body. FLV 10.1 section E.4.2.1. */
export const SoundFormat = {
  PcmPlatformEndian: 0,
  Adpcm: 1,
  Mp3: 2,
  PcmLittleEndian: 3,
  Nellymoser16kHz: 4,
  Nellymoser8kHz: 5,
  Nellymoser: 6,
  G711ALaw: 7,
  G711MuLaw: 8,
  /** Enhanced RTMP: the codec follows as FourCC. */
  Enhanced: 9,
  Aac: 10,
  Speex: 11,
  Mp3At8kHz: 14,
  DeviceSpecific: 15,
} as const;

/** The codec in the first byte of a legacy video tag body. FLV 10.1 section E.4.3.1; 8, 9, 12 and 13 are vendors'. */
export const VideoCodecId = {
  Jpeg: 1,
  Flv1: 2,
  Screen: 3,
  Vp6: 4,
  Vp6Alpha: 5,
  Screen2: 6,
  Avc: 7,
  H263: 8,
  Mpeg4: 9,
  Hevc: 12,
  Av1: 13,
} as const;

/** The frame type in the first byte of a video tag body. FLV 10.1 section E.4.3.1. */
export const FrameType = { Key: 1, Inter: 2, DisposableInter: 3, GeneratedKey: 4, Command: 5 } as const;

/** "aac", "mp3", …, or "audio-13" for a number without a meaning. */
export function codecOfSoundFormat(soundFormat: number): string {
  return SOUND_FORMAT_CODECS[soundFormat] ?? `audio-${soundFormat}`;
}

/** "avc", "flv1", …, or "video-14" for a number without a meaning. */
export function codecOfVideoCodecId(codecId: number): string {
  return VIDEO_CODECS[codecId] ?? `video-${codecId}`;
}

/** The reverse of `codecOfVideoCodecId`; undefined for a codec that has only a FourCC. */
export function videoCodecIdOf(codec: string): number | undefined {
  const known = VIDEO_CODECS.indexOf(codec);
  if (known > 0) return known;
  const other = /^video-(\d|1[0-5])$/.exec(codec);
  return other === null ? undefined : Number(other[1]);
}

/** "hevc" for `hvc1`, …. An unknown one gives "fourcc:" and its four bytes as Latin-1: look-alikes are no codec. */
export function codecOfFourCc(fourCc: number): string {
  return FOURCC_CODECS.get(fourCc) ?? `fourcc:${fourCcText(fourCc)}`;
}

/** The reverse of `codecOfFourCc`; a TypeError for a codec that has none. */
export function fourCcOf(codec: string): number {
  const known = CODEC_FOURCCS.get(codec);
  if (known !== undefined) return known;
  if (/^fourcc:[\0-\xff]{4}$/s.test(codec)) return fourCcNumber(codec.slice("fourcc:".length));
  throw new TypeError(`no FourCC for the codec ${codec}`);
}

/** The four bytes as text: 0x68766331 is "hvc1". */
export function fourCcText(fourCc: number): string {
  return String.fromCharCode(fourCc >>> 24, (fourCc >>> 16) & 0xff, (fourCc >>> 8) & 0xff, fourCc & 0xff);
}

/** The text as four bytes, big-endian: "hvc1" is 0x68766331. */
export function fourCcNumber(text: string): number {
  let number = 0;
  for (let index = 0; index < 4; index++) number = number * 256 + (text.charCodeAt(index) & 0xff);
  return number;
}

const SOUND_FORMAT_CODECS: readonly (string | undefined)[] = [
  "pcm",
  "adpcm",
  "mp3",
  "pcm",
  "nellymoser",
  "nellymoser",
  "nellymoser",
  "g711-alaw",
  "g711-mulaw",
  undefined,
  "aac",
  "speex",
  undefined,
  undefined,
  "mp3",
  "device",
];

const VIDEO_CODECS: readonly (string | undefined)[] = [
  undefined,
  "jpeg",
  "flv1",
  "screen1",
  "vp6",
  "vp6-alpha",
  "screen2",
  "avc",
  "h263",
  "mpeg4",
  undefined,
  undefined,
  "hevc",
  "av1",
];

/** Enhanced RTMP v2, tables of VideoFourCc and AudioFourCc. Case matters. */
const FOURCCS: readonly (readonly [codec: string, fourCc: string])[] = [
  ["avc", "avc1"],
  ["hevc", "hvc1"],
  ["vvc", "vvc1"],
  ["av1", "av01"],
  ["vp8", "vp08"],
  ["vp9", "vp09"],
  ["ac3", "ac-3"],
  ["eac3", "ec-3"],
  ["opus", "Opus"],
  ["mp3", ".mp3"],
  ["flac", "fLaC"],
  ["aac", "mp4a"],
];
const CODEC_FOURCCS = new Map(FOURCCS.map(([codec, text]) => [codec, fourCcNumber(text)]));
const FOURCC_CODECS = new Map(FOURCCS.map(([codec, text]) => [fourCcNumber(text), codec]));
