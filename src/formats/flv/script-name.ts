import { decodeUtf8 } from "../../bytes/utf8.ts";

const AMF0_STRING = 2;

/** Where the AMF0 string at the start of `bytes` ends, or 0 when there is none, or it is cut. */
export function scriptNameEnd(bytes: Uint8Array): number {
  if (bytes[0] !== AMF0_STRING || bytes.length < 3) return 0;
  const end = 3 + (((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0));
  return end <= bytes.length ? end : 0;
}

/** The name in front of script data: the AMF0 string that it starts with; undefined when it starts otherwise. */
export function scriptName(bytes: Uint8Array): string | undefined {
  const end = scriptNameEnd(bytes);
  return end === 0 ? undefined : decodeUtf8(bytes.subarray(3, end));
}
