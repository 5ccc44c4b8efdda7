import { createHmac, randomBytes } from "node:crypto";
import type { HandshakeCrypto } from "../rtmp/handshake/handshake.ts";

/** What handshakes need, by Node's own cryptography. */
export const nodeCrypto: HandshakeCrypto = {
  randomBytes,
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
};
