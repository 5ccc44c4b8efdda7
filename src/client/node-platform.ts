import { createHash } from "node:crypto";
import { nodeCrypto } from "../transport/node-crypto.ts";
import { openTransport } from "../transport/open-transport.ts";
import { systemClock } from "./clock.ts";
import type { ClientPlatform } from "./platform.ts";

/** Sockets and cryptography of Node. */
export const nodePlatform: ClientPlatform = {
  crypto: nodeCrypto,
  md5: (bytes) => createHash("md5").update(bytes).digest(),
  clock: systemClock,
  async openStream(url, { timeouts, signal, tls, httpProxy }) {
    return await openTransport(url, {
      timeoutMs: timeouts.connectMs,
      requestTimeoutMs: timeouts.tunnelRequestMs,
      ...(signal !== undefined && { signal }),
      ...(tls !== undefined && { tls }),
      ...(httpProxy !== undefined && { httpProxy }),
    });
  },
};
