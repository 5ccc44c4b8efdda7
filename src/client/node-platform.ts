import { nodeCrypto } from "../transport/node-crypto.ts";
import { connectTcp } from "../transport/tcp-connect.ts";
import type { ClientPlatform } from "./platform.ts";

/** Sockets and cryptography of Node. */
export const nodePlatform: ClientPlatform = {
  crypto: nodeCrypto,
  async openStream({ scheme, host, port }, { timeouts, signal }) {
    if (scheme !== "rtmp") {
      throw new TypeError(`${scheme}:// cannot be connected to yet. Use rtmp://, or pass a stream of your own.`);
    }
    return await connectTcp({ host, port, timeoutMs: timeouts.connectMs, ...(signal !== undefined && { signal }) });
  },
};
