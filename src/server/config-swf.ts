import type { ReportProblem } from "./config-value.ts";

/** How an SWF file that may play is written. */
export const SWF_FORM = "SHA256HEX:SIZE or the path of a .swf file";

/** A file to read at the start, or what identifies one: `rtmpdump --swfhash … --swfsize …` uses the same two. */
export type AllowedSwf =
  | { readonly file: string }
  | {
      /** HMAC-SHA-256 of the decompressed file, as 64 hexadecimal digits. */
      readonly hash: string;
      /** Of the decompressed file. */
      readonly byteLength: number;
    };

/** Reads one item of `swfVerification.allowed`; reports what is wrong, and returns undefined then. */
export function parseAllowedSwf(value: unknown, report: ReportProblem): AllowedSwf | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  const [, hash, size] = /^([0-9A-Fa-f]{64}):(\d{1,9})$/.exec(text) ?? [];
  if (hash !== undefined) return { hash: hash.toLowerCase(), byteLength: Number(size) };
  if (/[^/\\]\.swf$/i.test(text)) return { file: text };
  report({});
  return undefined;
}
