import type { ByteStream } from "./byte-stream.ts";
import type { ClientTlsOptions } from "./client-tls-options.ts";
import { type ConnectLimits, withDeadline } from "./connect-deadline.ts";
import { openSocket, openTimeoutError, type SocketTarget } from "./open-socket.ts";
import { proxyFor } from "./proxy-settings.ts";
import { isTlsScheme, type RtmpUrl } from "./rtmp-url.ts";
import { connectRtmpt } from "./rtmpt/rtmpt-client.ts";
import { connectTcp } from "./tcp-connect.ts";
import { connectTls } from "./tls-connect.ts";
import { connectWebSocket } from "./websocket/websocket-connect.ts";

export type OpenTransportOptions = ConnectLimits & {
  readonly tls?: ClientTlsOptions;
  /** As `ConnectOptions.httpProxy`. @default what the environment says */
  readonly httpProxy?: string | false;
  /** For each answer of a tunnel. @default 30_000 */
  readonly requestTimeoutMs?: number;
};

/**
 * Connects as the URL's scheme says. What the bytes are, encrypted by RTMPE or not, is no matter here. Rejects with an
 * error that says what to do.
 */
export async function openTransport(url: RtmpUrl, options: OpenTransportOptions): Promise<ByteStream> {
  const { host, port, scheme } = url;
  const { tls, signal, timeoutMs, requestTimeoutMs } = options;
  const limits: ConnectLimits = {
    ...(signal !== undefined && { signal }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  switch (scheme) {
    case "rtmp":
    case "rtmpe":
      return await connectTcp({ host, port, ...limits });
    case "rtmps":
      return await connectTls({ host, port, ...limits, ...(tls !== undefined && { tls }) });
    case "rtmpt":
    case "rtmpte":
    case "rtmpts":
      return await connectRtmpt({
        ...socketTarget(url, options),
        ...limits,
        ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
      });
    case "ws":
    case "wss":
      return await openWebSocket(url, socketTarget(url, options), limits);
    default:
      return scheme satisfies never;
  }
}

async function openWebSocket(url: RtmpUrl, target: SocketTarget, limits: ConnectLimits): Promise<ByteStream> {
  const timeoutError = (timeoutMs: number): Error => openTimeoutError(target, "WebSocket", timeoutMs);
  return await withDeadline(limits, timeoutError, async (deadline) =>
    connectWebSocket(await openSocket(target, deadline), url, deadline),
  );
}

function socketTarget({ scheme, host, port }: RtmpUrl, { tls, httpProxy }: OpenTransportOptions): SocketTarget {
  const isSecure = isTlsScheme(scheme);
  const proxy = proxyFor({ scheme: isSecure ? "https" : "http", host, port }, httpProxy);
  return { host, port, isSecure, ...(tls !== undefined && { tls }), ...(proxy !== undefined && { proxy }) };
}
