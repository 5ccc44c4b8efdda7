import { createHash } from "node:crypto";

/** What of a name is kept for people to read. */
const MAX_READABLE_CHARACTERS = 40;

/**
 * A file name for any text: a part to read, and a hash that tells names apart whatever the file system makes of letters,
 * lengths, `..` and NUL.
 */
export function storedName(text: string): string {
  const readable = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, MAX_READABLE_CHARACTERS);
  // Lone surrogates are one character in UTF-8, so they are told apart before.
  const hash = createHash("sha256").update(text, "utf16le").digest("hex").slice(0, 32);
  return `${readable}-${hash}`;
}
