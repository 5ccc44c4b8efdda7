import type { Md5 } from "../rtmp/authentication/responses.ts";
import type { HandshakeCrypto } from "../rtmp/handshake/handshake.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import type { RtmpUrl } from "../transport/rtmp-url.ts";
import type { ClientClock } from "./clock.ts";
import type { ResolvedConnectOptions } from "./options.ts";

/** What a client needs of the place it runs in: Node (node-platform.ts) or a browser. */
export type ClientPlatform = {
  readonly crypto: HandshakeCrypto;
  /** For publisher authentication. */
  readonly md5: Md5;
  readonly clock: ClientClock;
  /** Connects as the URL's scheme says. Gives up when `options.signal` aborts. Rejects with an error that says what to do. */
  openStream(url: RtmpUrl, options: ResolvedConnectOptions): Promise<ByteStream>;
};
