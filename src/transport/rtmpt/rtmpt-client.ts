import { formatAddress } from "../address.ts";
import type { ByteStream } from "../byte-stream.ts";
import { type ConnectDeadline, type ConnectLimits, withDeadline } from "../connect-deadline.ts";
import { httpAuthority } from "../http-authority.ts";
import { proxyHeaders } from "../http-proxy-connect.ts";
import { isAskedForRequests, openSocket, openTimeoutError, type SocketTarget } from "../open-socket.ts";
import { PostConnection, type PostSettings } from "./rtmpt-client-connection.ts";
import { RtmptStream } from "./rtmpt-client-stream.ts";

const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
/** Servers send 16 to 32 characters. */
const MAX_ID_BYTES = 1024;
const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const NOTHING = new Uint8Array(1);

export type RtmptConnectOptions = Omit<SocketTarget, "isForwarded"> &
  ConnectLimits & {
    /** For one request to be answered, and then for each further part of the answer. @default 30_000 */
    readonly requestTimeoutMs?: number;
  };

/**
 * Opens a session of RTMPT, or of RTMPTS, and carries its bytes in posts on one connection. Rejects with an error that
 * says what to do.
 */
export async function connectRtmpt(options: RtmptConnectOptions): Promise<ByteStream> {
  const { host, port, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = options;
  const target: SocketTarget = { ...options, isForwarded: true };
  const transport = options.isSecure ? "https" : "http";
  const name = `to ${transport}://${formatAddress(host, port)}`;
  const settings = postSettings(target, transport, requestTimeoutMs);
  const connect = async (deadline: ConnectDeadline): Promise<PostConnection> =>
    new PostConnection(await openSocket(target, deadline), settings);
  const timeoutError = (timeoutMs: number): Error => openTimeoutError(target, "tunnel", timeoutMs);
  return await withDeadline(options, timeoutError, async (deadline) => {
    const connection = await connect(deadline);
    const id = await openSession(connection, name, deadline.signal);
    return new RtmptStream({
      transport,
      remoteAddress: options.proxy === undefined ? connection.remoteAddress : formatAddress(host, port),
      id,
      connection,
      name,
      reconnect: (signal) => withDeadline({ signal, timeoutMs: requestTimeoutMs }, timeoutError, connect),
    });
  });
}

function postSettings(target: SocketTarget, transport: "http" | "https", timeoutMs: number): PostSettings {
  const { host, port, proxy } = target;
  const authority = httpAuthority(host, port, DEFAULT_PORTS[transport]);
  const isForwarded = proxy !== undefined && isAskedForRequests(target);
  return {
    timeoutMs,
    targetPrefix: isForwarded ? `http://${authority}` : "",
    headers: {
      Host: authority,
      "User-Agent": "Shockwave Flash",
      Connection: "Keep-Alive",
      "Cache-Control": "no-cache",
      "Content-Type": "application/x-fcs",
      ...(isForwarded && proxyHeaders(proxy)),
    },
  };
}

/** Resolves with the id, ready for a path. The connection is gone when it rejects. */
function openSession(connection: PostConnection, name: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      connection.destroy();
      reject(reason);
    };
    const failOpen = (reason: string, cause?: Error): void =>
      fail(new Error(`cannot open a tunnel ${name}: ${reason}. Check that it serves RTMPT on this port.`, { cause }));
    const onAbort = (): void => fail(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    connection.post("/open/1", NOTHING, {
      onData: (bytes) => {
        text += Buffer.from(bytes).toString("latin1");
        if (text.length > MAX_ID_BYTES) failOpen(`a session id of more than ${MAX_ID_BYTES} bytes`);
      },
      onFailure: ({ error }) => failOpen(error.message, error),
      onEnd: () => {
        const id = pathSegment(text.trim());
        if (id === undefined) return failOpen("an answer without a session id");
        signal.removeEventListener("abort", onAbort);
        resolve(id);
      },
    });
  });
}

/**
 * Whatever a path may hold between two slashes stays as it is (RFC 3986 section 3.3): servers compare without decoding.
 * Undefined for what would be no segment of its own.
 */
export function pathSegment(id: string): string | undefined {
  if (/^\.{0,2}$/.test(id)) return undefined;
  return id.replace(/%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@%]/gi, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, "0")}`;
  });
}
