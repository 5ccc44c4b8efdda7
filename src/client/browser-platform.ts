import { connectBrowserWebSocket } from "../transport/websocket/browser-websocket.ts";
import { systemClock } from "./clock.ts";
import { md5 } from "./md5.ts";
import type { ClientPlatform } from "./platform.ts";

// Declared here because the sources know neither the DOM's types nor its library.
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };

/** WebSockets and the random numbers of a browser. */
export const browserPlatform: ClientPlatform = {
  crypto: {
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    hmacSha256() {
      throw plainOnly();
    },
  },
  md5,
  clock: systemClock,
  async openStream(url, { timeouts, signal, handshake }) {
    if (url.scheme !== "ws" && url.scheme !== "wss") {
      throw new TypeError(
        `a browser cannot connect to ${url.scheme}://. Use ws:// or wss://, which the server takes too.`,
      );
    }
    if (handshake !== "plain") throw plainOnly();
    const limits = { timeoutMs: timeouts.connectMs, ...(signal !== undefined && { signal }) };
    return await connectBrowserWebSocket(url, limits);
  },
};

/** A browser's signatures come too late: as promises. */
function plainOnly(): TypeError {
  return new TypeError('in a browser the handshake is "plain" only. Leave the option out; wss:// encrypts.');
}
