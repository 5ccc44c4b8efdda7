import { hasMembers } from "../amf/amf-value.ts";
import { codecName } from "./codec-description.ts";
import { codecOfFourCc, codecOfSoundFormat, codecOfVideoCodecId } from "./codec-ids.ts";

/**
 * The value of onMetaData in one line, from what it says that makes sense: "1920×1080 30 fps H.264 2500 kbit/s, AAC
 * 48 kHz stereo 160 kbit/s, obs-output module". Takes what an AMF decoder gave, or a plain object; never throws, and
 * gives an empty text for anything else. FLV 10.1 section E.5, and the strings that older encoders send.
 */
export function describeMetadata(value: unknown): string {
  const read = memberReader(value);
  const parts = [describeVideo(read), describeAudio(read), textOf(read("encoder"))];
  return parts.filter((part) => part !== "").join(", ");
}

type Read = (name: string) => unknown;

function memberReader(value: unknown): Read {
  if (hasMembers(value)) return (name) => value.get(name);
  if (typeof value !== "object" || value === null) return () => undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  return (name) => members.get(name);
}

function describeVideo(read: Read): string {
  const width = positive(read("width"));
  const height = positive(read("height"));
  return join([
    width === undefined || height === undefined ? "" : `${width}×${height}`,
    withUnit(read("framerate") ?? read("fps"), "fps"),
    describeCodecId(read("videocodecid"), codecOfVideoCodecId),
    withUnit(read("videodatarate"), "kbit/s"),
  ]);
}

function describeAudio(read: Read): string {
  const sampleRate = positive(read("audiosamplerate"));
  const channels = positive(read("audiochannels"));
  const isStereo = channels === undefined ? read("stereo") : channels === 2;
  return join([
    describeCodecId(read("audiocodecid"), codecOfSoundFormat),
    sampleRate === undefined ? "" : `${shorten(sampleRate / 1000)} kHz`,
    channels !== undefined && channels > 2 ? `${channels} channels` : stereoName(isStereo),
    withUnit(read("audiodatarate"), "kbit/s"),
  ]);
}

/** A codec id, a FourCC as a number, or, from FMLE and Wirecast, a name such as "avc1". docs/interop.md */
function describeCodecId(id: unknown, codecOfId: (id: number) => string): string {
  if (typeof id === "string") return textOf(id);
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > 0xffff_ffff) return "";
  return codecName(id < 16 ? codecOfId(id) : codecOfFourCc(id));
}

function stereoName(isStereo: unknown): string {
  if (typeof isStereo !== "boolean") return "";
  return isStereo ? "stereo" : "mono";
}

/** Encoders send numbers as text, too. */
function positive(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number.parseFloat(value) : value;
  return typeof number === "number" && number > 0 && number < 1e9 ? number : undefined;
}

function withUnit(value: unknown, unit: string): string {
  const number = positive(value);
  return number === undefined ? "" : `${shorten(number)} ${unit}`;
}

function shorten(number: number): string {
  return String(Math.round(number * 100) / 100);
}

const MAX_TEXT_LENGTH = 80;

/** Text from the wire, fit for a log: short, on one line, without controls and marks of direction. */
function textOf(value: unknown): string {
  if (typeof value !== "string") return "";
  return value
    .slice(0, MAX_TEXT_LENGTH)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?")
    .trim();
}

function join(words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}
