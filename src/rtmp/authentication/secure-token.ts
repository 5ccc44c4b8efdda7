import { ByteWriter } from "../../bytes/byte-writer.ts";
import { decodeUtf8, encodeUtf8 } from "../../bytes/utf8.ts";

const DELTA = 0x9e3779b9;
const WORD_DIGITS = 8;
/** Real tokens have some dozens of characters. */
const MAX_TOKEN_DIGITS = 4096;

/**
 * What a server that sends `secureToken` with its answer to `connect` wants back: its hex digits, decrypted by XXTEA with
 * the secret that both know, of which 16 bytes count. Undefined if they are no hex digits, or fewer than 16.
 */
export function answerSecureToken(token: string, secret: string): string | undefined {
  if (!/^[0-9a-f]+$/i.test(token) || token.length < 2 * WORD_DIGITS || token.length > MAX_TOKEN_DIGITS)
    return undefined;
  const words = wordsOf(token);
  decryptXxtea(words, keyOf(secret));
  const writer = new ByteWriter();
  for (const word of words) writer.u32LittleEndian(word);
  return decodeUtf8(writer.view().subarray(0, Math.floor(token.length / 2)));
}

/** Eight digits are four bytes, the lowest first. */
function wordsOf(token: string): Uint32Array {
  const words = new Uint32Array(Math.ceil(token.length / WORD_DIGITS));
  for (let index = 0; index < words.length; index++) {
    const digits = token.slice(index * WORD_DIGITS, (index + 1) * WORD_DIGITS).padEnd(WORD_DIGITS, "0");
    words[index] = swapped(Number.parseInt(digits, 16));
  }
  return words;
}

function keyOf(secret: string): Uint32Array {
  const key = new Uint32Array(4);
  for (const [index, byte] of encodeUtf8(secret).subarray(0, 16).entries()) {
    key[index >> 2] = (key[index >> 2] ?? 0) | (byte << ((index & 3) * 8));
  }
  return key;
}

function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** "Correction to XTEA", Wheeler and Needham, 1998; in place. */
function decryptXxtea(words: Uint32Array, key: Uint32Array): void {
  const last = words.length - 1;
  let next = words[0] ?? 0;
  for (let round = 6 + Math.floor(52 / words.length); round > 0; round--) {
    const sum = Math.imul(round, DELTA) >>> 0;
    const keyOffset = (sum >>> 2) & 3;
    for (let at = last; at >= 0; at--) {
      const before = words[at === 0 ? last : at - 1] ?? 0;
      const keyWord = key[(at & 3) ^ keyOffset] ?? 0;
      const mixed =
        (((before >>> 5) ^ (next << 2)) + ((next >>> 3) ^ (before << 4))) ^ ((sum ^ next) + (keyWord ^ before));
      next = ((words[at] ?? 0) - mixed) >>> 0;
      words[at] = next;
    }
  }
}
