import { createDiffieHellman, createHmac, type DiffieHellman, randomBytes } from "node:crypto";
import { PRIME } from "../rtmp/handshake/diffie-hellman.ts";
import type { HandshakeCrypto } from "../rtmp/handshake/handshake.ts";

/** What handshakes need, by Node's own cryptography. */
export const nodeCrypto: HandshakeCrypto = {
  randomBytes,
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
  modularPower(base, exponent): Uint8Array {
    group ??= createGroup();
    group.setPrivateKey(exponent);
    return group.computeSecret(base);
  },
};

/**
 * Makes what RTMPE's key exchange needs, once: OpenSSL takes about 35 ms to check that the prime is one. A server calls
 * this when it starts, so that no handshake holds up the others; a client's first RTMPE connection does it otherwise.
 */
export function prepareKeyExchange(): void {
  group ??= createGroup();
}

let group: DiffieHellman | undefined;

function createGroup(): DiffieHellman {
  return createDiffieHellman(PRIME, 2);
}
