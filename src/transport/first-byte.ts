import { PROXY_SIGNATURE_1, PROXY_SIGNATURE_2 } from "./proxy-protocol.ts";

/** What a connection turns out to be, by its first bytes. */
export type Opening = "rtmp" | "tls" | "http" | "proxy-header" | "unknown";

/** Begins a TLS record of a handshake. */
const TLS_HANDSHAKE = 0x16;
/** A TLS alert, with which nobody begins: left to TLS to say so. */
const TLS_ALERT = 0x15;
/** Higher ones are not allowed as C0, so that RTMP can be told from text. RTMP 1.0 section 5.2.2. */
const LAST_RTMP_VERSION = 31;

/**
 * Nearly always decided by the first byte. Only what could still become a PROXY protocol header, a `P` or a 13, needs
 * more: undefined then, and while there is no byte. Needs at most 12.
 */
export function openingOf(bytes: Uint8Array): Opening | undefined {
  const [first] = bytes;
  if (first === undefined) return undefined;
  for (const signature of [PROXY_SIGNATURE_1, PROXY_SIGNATURE_2]) {
    const common = bytes.subarray(0, signature.length);
    if (!common.every((byte, index) => byte === signature[index])) continue;
    return common.length === signature.length ? "proxy-header" : undefined;
  }
  if (first === TLS_HANDSHAKE || first === TLS_ALERT) return "tls";
  if (first <= LAST_RTMP_VERSION) return "rtmp";
  return isLetter(first) ? "http" : "unknown";
}

function isLetter(byte: number): boolean {
  const lowerCase = byte | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x7a;
}
