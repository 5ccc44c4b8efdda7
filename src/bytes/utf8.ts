// The two codecs that every platform has: declared here because the core knows neither Node's types nor the DOM's.
declare class TextDecoder {
  constructor(label: "utf-8", options?: { readonly ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Never throws: invalid sequences become U+FFFD, since encoders also send Latin-1 and GBK. A character outside the first
 * plane may also come as its two surrogates, three bytes each, as Java writes them.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  return text.includes("\ufffd") ? decoder.decode(withJoinedSurrogates(bytes)) : text;
}

export function encodeUtf8(text: string): Uint8Array {
  return (text.length <= MAX_SHORT_LENGTH ? encodeAscii(text) : undefined) ?? encoder.encode(text);
}

/** Names and codes of commands are short and plain: the platform's codec costs more than their letters. */
const MAX_SHORT_LENGTH = 64;

function encodeAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    bytes[index] = code;
  }
  return bytes;
}

/** The same with four bytes for each pair of surrogates: BlazeDS sends all emoji as such pairs, docs/interop.md. */
function withJoinedSurrogates(bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(bytes.length);
  let length = 0;
  for (let offset = 0; offset < bytes.length; ) {
    const high = surrogateAt(bytes, offset);
    const low = surrogateAt(bytes, offset + 3);
    if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00) {
      joined.set(encodeUtf8(String.fromCharCode(high, low)), length);
      length += 4;
      offset += 6;
    } else {
      joined[length++] = bytes[offset++] ?? 0;
    }
  }
  return joined.subarray(0, length);
}

/** The surrogate that stands in the three bytes from here, or 0. */
function surrogateAt(bytes: Uint8Array, offset: number): number {
  const second = bytes[offset + 1] ?? 0;
  const third = bytes[offset + 2] ?? 0;
  if (bytes[offset] !== 0xed || second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) return 0;
  return 0xd000 | ((second & 0x3f) << 6) | (third & 0x3f);
}
