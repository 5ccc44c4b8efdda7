import { type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import type { Play2Event, PlayEvent } from "./server-events.ts";
import { nameText, splitQuery } from "./stream-name.ts";

export type PlayRequest = Omit<PlayEvent, "kind" | "streamId" | "wantsAudio" | "wantsVideo">;
export type Play2Request = Omit<Play2Event, "kind" | "streamId">;

/** Reads the arguments of `play` in both habits of units. RTMP 1.0 section 7.2.2.1. */
export function decodePlayRequest(args: readonly AmfValue[]): PlayRequest {
  const [name, start, duration, reset] = args;
  const mode = decodeResetMode(reset);
  return {
    ...splitQuery(nameText(name)),
    startMs: decodeStart(start),
    durationMs: decodeDuration(duration),
    reset: mode === 1 || mode === 3,
    isUnpaced: mode >= 2,
  };
}

/** Reads NetStreamPlayOptions. RTMP 1.0 section 7.2.2.2. */
export function decodePlay2Request(args: readonly AmfValue[]): Play2Request {
  const options = args.find(hasMembers);
  const text = (key: string): string => {
    const value = options?.get(key);
    return typeof value === "string" ? value : "";
  };
  return {
    ...splitQuery(text("streamName")),
    oldName: splitQuery(text("oldStreamName")).name,
    transition: text("transition"),
    startMs: decodeStart(options?.get("start")),
    durationMs: decodeDuration(options?.get("len")),
  };
}

/** -2 and -1 come in seconds from GStreamer, in milliseconds from Flash, FFmpeg and librtmp: docs/interop.md. */
function decodeStart(start: AmfValue): number {
  if (typeof start !== "number" || Number.isNaN(start)) return -2000;
  if (start >= 0) return start;
  const seconds = start <= -1000 ? start / 1000 : start;
  return seconds < -1 ? -2000 : -1000;
}

function decodeDuration(duration: AmfValue): number {
  return typeof duration === "number" && duration >= 0 ? duration : -1;
}

/** 0 appends to the playlist, 1 starts a new one; 2 and 3 do the same without pacing. */
function decodeResetMode(reset: AmfValue): number {
  if (typeof reset === "boolean") return Number(reset);
  return reset === 0 || reset === 2 || reset === 3 ? reset : 1;
}
