import { ProtocolError } from "../../errors.ts";

/** C0 and S0: the first byte of each side says which handshake follows. RTMP 1.0 section 5.2.2. */
export const HandshakeVersion = { Clear: 3, Encrypted: 6, EncryptedXtea: 8, EncryptedBlowfish: 9 } as const;
export type HandshakeVersion = (typeof HandshakeVersion)[keyof typeof HandshakeVersion];

/** RTMPE, whose versions differ in how the signatures of C2 and S2 are scrambled: not at all, by XTEA, by Blowfish. */
export type EncryptedVersion = Exclude<HandshakeVersion, typeof HandshakeVersion.Clear>;

/** The families of handshakes that a first byte can start: in clear (plain or digest), or with a key exchange. */
export type HandshakeFamily = "clear" | "encrypted";

const LAST_RESERVED_VERSION = 31;
const TLS_ALERT = 0x15;
const TLS_HANDSHAKE = 0x16;
/** First letters of GET, POST and PUT, HEAD and HTTP/1.1, OPTIONS, CONNECT, DELETE. */
const HTTP_LETTERS = "GPHOCD";

/** Which handshake a client starts with C0. Reserved numbers are answered with 3, as RTMP 1.0 section 5.2.2 asks. */
export function familyOfClientVersion(c0: number): HandshakeFamily {
  refuseStrangers(c0);
  if (isEncrypted(c0)) return "encrypted";
  if (c0 <= LAST_RESERVED_VERSION) return "clear";
  throw new ProtocolError("handshake.version", `the first byte is ${c0}, which starts no RTMP handshake`, {
    byteOffset: 0,
  });
}

/** Throws unless the server chose a version that the client offered: of the encrypted ones it may choose any. */
export function checkServerVersion(s0: number, c0: HandshakeVersion): HandshakeVersion {
  if (s0 === c0) return s0;
  if (isEncrypted(s0) && isEncrypted(c0)) return s0;
  refuseStrangers(s0);
  const isRefusal = isEncrypted(c0) && s0 === HandshakeVersion.Clear;
  const why = isRefusal ? ": it does not encrypt by RTMPE, and the connection must not go on in clear" : "";
  throw new ProtocolError("handshake.version", `the server answers with version ${s0}, but ${c0} was offered${why}`, {
    byteOffset: 0,
  });
}

export function isEncrypted(version: number): version is EncryptedVersion {
  return (
    version === HandshakeVersion.Encrypted ||
    version === HandshakeVersion.EncryptedXtea ||
    version === HandshakeVersion.EncryptedBlowfish
  );
}

/** Tells the two usual mistakes, a wrong port and a wrong scheme, apart from garbage. */
function refuseStrangers(first: number): void {
  if (first === TLS_HANDSHAKE || first === TLS_ALERT) {
    throw new ProtocolError("handshake.tls", "the peer speaks TLS where plain RTMP is expected", { byteOffset: 0 });
  }
  const letter = String.fromCharCode(first);
  if (HTTP_LETTERS.includes(letter)) {
    throw new ProtocolError("handshake.http", `the peer's first byte is the letter ${letter}: it speaks HTTP`, {
      byteOffset: 0,
    });
  }
}
