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

/** Never throws: invalid sequences become U+FFFD, since encoders also send Latin-1 and GBK. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
