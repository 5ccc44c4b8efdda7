import { isIPv4, isIPv6 } from "node:net";
import { ByteReader } from "../bytes/byte-reader.ts";
import { ProtocolError } from "../errors.ts";
import { formatAddress } from "./address.ts";

/** The header that a load balancer puts in front of a connection, to name its client. PROXY protocol, sections 2.1 and 2.2. */
export type ProxyHeader = {
  /** How many bytes it took. */
  readonly byteLength: number;
  /** `address:port` of the client; undefined where the balancer speaks for itself, or does not know. */
  readonly source: string | undefined;
};

/** The longest line of version 1 with its line end, by section 2.1. */
const MAX_LINE_BYTES = 107;
/** What version 2 may put behind its 16 fixed bytes: addresses, and values that are passed over. */
const MAX_BLOCK_BYTES = 4096;
const FIXED_BYTES = 16;

/** What a header of version 1 and 2 begins with. */
export const PROXY_SIGNATURE_1: Uint8Array = Uint8Array.from("PROXY ", (letter) => letter.charCodeAt(0));
export const PROXY_SIGNATURE_2: Uint8Array = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10);
const LINE_FEED = 0x0a;

const Command = { Local: 0, Proxy: 1 } as const;
const Family = { Unspecified: 0, Ipv4: 1, Ipv6: 2, Unix: 3 } as const;
const STREAM = 1;

/** Returns undefined when `bytes` ends before the header does. Throws `proxy.header` as soon as it cannot be one. */
export function decodeProxyHeader(bytes: Uint8Array): ProxyHeader | undefined {
  if (beginsAlike(bytes, PROXY_SIGNATURE_1))
    return bytes.length < PROXY_SIGNATURE_1.length ? undefined : decodeLine(bytes);
  if (beginsAlike(bytes, PROXY_SIGNATURE_2)) return bytes.length < FIXED_BYTES ? undefined : decodeBlock(bytes);
  return fail("the connection begins without a PROXY protocol header, though proxyProtocolFrom names its address", 0);
}

function decodeLine(bytes: Uint8Array): ProxyHeader | undefined {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf(LINE_FEED);
  if (end < 0) {
    if (bytes.length < MAX_LINE_BYTES) return undefined;
    return fail(`the PROXY protocol line has no end within ${MAX_LINE_BYTES} bytes`, MAX_LINE_BYTES);
  }
  const line = String.fromCharCode(...bytes.subarray(0, end));
  if (!line.endsWith("\r")) return fail("the PROXY protocol line ends without a carriage return", end);
  const [, protocol, source = "", destination = "", sourcePort = "", destinationPort = "", ...rest] = line
    .slice(0, -1)
    .split(" ");
  const byteLength = end + 1;
  // What follows UNKNOWN is to be ignored.
  if (protocol === "UNKNOWN") return { byteLength, source: undefined };
  // Node takes a zone, `fe80::1%eth0`, for a part of the address.
  const isAddress = protocol === "TCP4" ? isIPv4 : (text: string): boolean => isIPv6(text) && !text.includes("%");
  const isGood =
    (protocol === "TCP4" || protocol === "TCP6") &&
    isAddress(source) &&
    isAddress(destination) &&
    isPort(sourcePort) &&
    isPort(destinationPort) &&
    rest.length === 0;
  if (!isGood) return fail("the PROXY protocol line is not `PROXY TCP4 source destination port port`", 0);
  const isMapped = source.includes(".");
  const host = isMapped ? source : shortenIpv6(source);
  return { byteLength, source: formatAddress(host, Number(sourcePort)) };
}

function decodeBlock(bytes: Uint8Array): ProxyHeader | undefined {
  const reader = new ByteReader(bytes);
  reader.skip(PROXY_SIGNATURE_2.length);
  const versionAndCommand = reader.u8();
  const familyAndProtocol = reader.u8();
  const blockBytes = reader.u16();
  const command = versionAndCommand & 0x0f;
  const isKnown = versionAndCommand >> 4 === 2 && (command === Command.Local || command === Command.Proxy);
  if (!isKnown) return fail(`no version and command of PROXY protocol 2: ${versionAndCommand}`, 12);
  if (blockBytes > MAX_BLOCK_BYTES) return fail(`the PROXY protocol header has ${blockBytes} bytes more`, 14);
  if (reader.remaining < blockBytes) return undefined;
  const byteLength = FIXED_BYTES + blockBytes;
  if (command === Command.Local) return { byteLength, source: undefined };
  const block = new ByteReader(reader.bytes(blockBytes));
  return { byteLength, source: decodeSource(block, familyAndProtocol) };
}

/** What follows the addresses is passed over. */
function decodeSource(block: ByteReader, familyAndProtocol: number): string | undefined {
  const family = familyAndProtocol >> 4;
  if (familyAndProtocol === Family.Unspecified) return undefined;
  if (family > Family.Unix || (familyAndProtocol & 0x0f) !== STREAM) {
    return fail(`no address family and protocol of TCP: ${familyAndProtocol}`, 13);
  }
  if (family === Family.Unspecified || family === Family.Unix) return undefined;
  const addressBytes = family === Family.Ipv4 ? 4 : 16;
  if (block.remaining < 2 * addressBytes + 4) return fail("the PROXY protocol header ends before its addresses", 14);
  const address = block.bytes(addressBytes);
  block.skip(addressBytes);
  return formatAddress(family === Family.Ipv4 ? address.join(".") : formatIpv6(address), block.u16());
}

function formatIpv6(address: Uint8Array): string {
  const reader = new ByteReader(address);
  const isMapped = address.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff));
  if (isMapped) return address.subarray(12).join(".");
  return shortenIpv6(Array.from({ length: 8 }, () => reader.u16().toString(16)).join(":"));
}

/** One way to write each address, so that they can be compared as text. */
function shortenIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function beginsAlike(bytes: Uint8Array, signature: Uint8Array): boolean {
  return bytes.subarray(0, signature.length).every((byte, index) => byte === signature[index]);
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function fail(message: string, byteOffset: number): never {
  throw new ProtocolError("proxy.header", message, { byteOffset });
}
