import { ByteWriter } from "../../bytes/byte-writer.ts";
import { equalBytes } from "../../bytes/concat.ts";
import { PLAYER_KEY } from "./genuine-keys.ts";
import type { HandshakeCrypto } from "./handshake.ts";

/** What a server asks a player to prove that it was loaded from. Keys and algorithm are public: no security. */
export type SwfIdentity = {
  /** HMAC-SHA-256 of the decompressed file. */
  readonly hash: Uint8Array;
  /** Of the decompressed file. */
  readonly byteLength: number;
};

/** Undoes zlib's compression; Node's is `inflateSync`. */
export type Inflate = (compressed: Uint8Array) => Uint8Array;

/** What follows the event type of user control 26, the request of the server. */
export const SWF_VERIFICATION_REQUEST: Uint8Array = Uint8Array.of(1);

const HEADER_LENGTH = 8;
const RESPONSE_LENGTH = 42;

/** Takes a whole file, plain (`FWS`) or compressed by zlib (`CWS`); throws a TypeError for any other. */
export function identifySwf(
  file: Uint8Array,
  { crypto, inflate }: { readonly crypto: Pick<HandshakeCrypto, "hmacSha256">; readonly inflate: Inflate },
): SwfIdentity {
  const plain = decompressSwf(file, inflate);
  return { hash: crypto.hmacSha256(PLAYER_KEY, plain), byteLength: plain.length };
}

/**
 * What follows the event type of user control 27, the answer of the player: 42 bytes.
 * `serverSignatureTail` is of the handshake's result.
 */
export function encodeSwfVerificationResponse(
  swf: SwfIdentity,
  serverSignatureTail: Uint8Array,
  crypto: HandshakeCrypto,
): Uint8Array {
  const writer = new ByteWriter(RESPONSE_LENGTH);
  writer.u8(1);
  writer.u8(1);
  writer.u32(swf.byteLength);
  writer.u32(swf.byteLength);
  writer.bytes(crypto.hmacSha256(serverSignatureTail, swf.hash));
  return writer.take();
}

/** Which of the allowed files the player's answer (what follows the event type) stands for; undefined for none. */
export function verifySwfResponse(
  response: Uint8Array,
  allowed: readonly SwfIdentity[],
  serverSignatureTail: Uint8Array,
  crypto: HandshakeCrypto,
): SwfIdentity | undefined {
  return allowed.find((swf) => equalBytes(response, encodeSwfVerificationResponse(swf, serverSignatureTail, crypto)));
}

function decompressSwf(file: Uint8Array, inflate: Inflate): Uint8Array {
  const signature = String.fromCharCode(...file.subarray(0, 3));
  if (file.length < HEADER_LENGTH) throw new TypeError("the file is too short for an SWF file");
  if (signature === "FWS") return file;
  if (signature !== "CWS") throw new TypeError(`not an SWF file that can be verified: it starts with ${signature}`);
  const body = inflate(file.subarray(HEADER_LENGTH));
  const plain = new Uint8Array(HEADER_LENGTH + body.length);
  plain.set(file.subarray(0, HEADER_LENGTH));
  plain.set(body, HEADER_LENGTH);
  plain[0] = "F".charCodeAt(0);
  return plain;
}
