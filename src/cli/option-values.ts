import { InvalidArgumentError } from "commander";
import type { AmfEncodable } from "../formats/amf/amf-value.ts";

const PARTS_OF_TIME = /^(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)$/;

/** Seconds, `mm:ss` or `h:mm:ss`; returns milliseconds. */
export function parseTime(text: string): number {
  const parts = PARTS_OF_TIME.exec(text);
  if (parts === null) throw new InvalidArgumentError("Write seconds, or h:mm:ss.");
  const [, hours = "0", minutes = "0", seconds = "0"] = parts;
  return Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000);
}

/** The same for a time that must not be 0. */
export function parseLength(text: string): number {
  const timeMs = parseTime(text);
  if (timeMs === 0) throw new InvalidArgumentError("It must be more than 0.");
  return timeMs;
}

export function parseSpeed(text: string): number {
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (speed < 0.01 || speed > 1000) throw new InvalidArgumentError("Write a number between 0.01 and 1000.");
  return speed;
}

/** A JSON value; what is none is text. */
export function parseValue(text: string): AmfEncodable {
  try {
    return JSON.parse(text) as AmfEncodable;
  } catch {
    return text;
  }
}

/** For an option that may be repeated. */
export function collect(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

export function collectValues(text: string, previous: readonly AmfEncodable[] | undefined): AmfEncodable[] {
  return [...(previous ?? []), parseValue(text)];
}

/** `name=value`, the value as JSON or text. */
export function collectMembers(
  text: string,
  previous: Readonly<Record<string, AmfEncodable>> | undefined,
): Record<string, AmfEncodable> {
  const split = text.indexOf("=");
  if (split < 1) throw new InvalidArgumentError("Write name=value.");
  return { ...previous, [text.slice(0, split)]: parseValue(text.slice(split + 1)) };
}
