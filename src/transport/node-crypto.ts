import { createDiffieHellman, createHmac, type DiffieHellman, randomFillSync } from "node:crypto";
import { concatBytes } from "../bytes/concat.ts";
import { createClientHandshake } from "../rtmp/handshake/client-handshake.ts";
import { PRIME } from "../rtmp/handshake/diffie-hellman.ts";
import type { HandshakeCrypto } from "../rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../rtmp/handshake/server-handshake.ts";

/** What handshakes need, by Node's own cryptography. */
export const nodeCrypto: HandshakeCrypto = {
  randomBytes: randomBytesOfPool,
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
  modularPower(base, exponent): Uint8Array {
    group ??= createGroup();
    group.setPrivateKey(exponent);
    return group.computeSecret(base);
  },
};

/**
 * Makes what RTMPE's key exchange needs, once: OpenSSL takes about 35 ms to check that the prime is one. A server calls
 * this when it starts, so that no handshake holds up the others; a client's first RTMPE connection does it otherwise. The
 * first handshake of a process takes up to 4 ms too, before its code is compiled: here it is nobody's.
 */
export function prepareKeyExchange(): void {
  if (group !== undefined) return;
  group = createGroup();
  for (const type of [6, 8, 9] as const) shakeHandsAlone(type);
}

function shakeHandsAlone(encryptedVersion: 6 | 8 | 9): void {
  const client = createClientHandshake({ form: "encrypted", nowMs: 0, crypto: nodeCrypto });
  const server = createServerHandshake({ encryptedVersion, nowMs: 0, crypto: nodeCrypto });
  server.push(concatBytes(client.takeOutput()));
  client.push(concatBytes(server.takeOutput()));
  server.push(concatBytes(client.takeOutput()));
}

/** Twenty handshakes: a call for each would cost them more than their bytes. */
const POOL_BYTES = 32 * 1024;
let pool = new Uint8Array(0);

/** A view of bytes that nobody else gets. */
function randomBytesOfPool(length: number): Uint8Array {
  if (length > pool.length) pool = randomFillSync(new Uint8Array(Math.max(length, POOL_BYTES)));
  const bytes = pool.subarray(0, length);
  pool = pool.subarray(length);
  return bytes;
}

let group: DiffieHellman | undefined;

function createGroup(): DiffieHellman {
  return createDiffieHellman(PRIME, 2);
}
