import { formatAddress } from "../address.ts";
import type { ByteStream } from "../byte-stream.ts";
import { connectError } from "../network-errors.ts";
import type { RtmpUrl } from "../rtmp-url.ts";
import { CloseCode, type WebSocketPort, type WebSocketPortEvents } from "./websocket-port.ts";
import { WebSocketStream } from "./websocket-stream.ts";
import { webSocketUrl } from "./websocket-url.ts";

// What is used of a browser's WebSocket: declared here because the sources know neither the DOM's types nor its library.
declare class WebSocket {
  constructor(url: string);
  binaryType: "arraybuffer";
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: ArrayBuffer | string }) => void) | null;
  onerror: (() => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(bytes: Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** How often a browser is asked whether all has left: it tells nobody by itself. */
const DRAIN_POLL_MS = 5;
/** Programs in browsers may close with 1000 and with 3000 to 4999 only. */
const FIRST_PRIVATE_CODE = 4000;

export type BrowserConnectLimits = {
  /** Gives up when aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** For looking up the name, connecting, TLS and the answer to the request. */
  readonly timeoutMs: number;
};

/** Connects by the WebSocket of the browser, with the app as path. Rejects with an error that says what to do. */
export function connectBrowserWebSocket(
  url: RtmpUrl,
  { signal, timeoutMs }: BrowserConnectLimits,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const { host, port } = url;
    signal?.throwIfAborted();
    const webSocket = openWebSocket(url);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      webSocket.onopen = null;
      webSocket.onclose = null;
    };
    const fail = (reason: unknown): void => {
      settle();
      webSocket.close();
      reject(reason);
    };
    const onAbort = (): void => fail(signal?.reason);
    const timer = setTimeout(() => {
      fail(connectError(new Error(`no answer within ${timeoutMs} ms. Check the address.`), host, port));
    }, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    webSocket.onclose = () => fail(connectError(new Error(UNTOLD), host, port));
    webSocket.onopen = () => {
      settle();
      const transport = url.scheme === "wss" ? "wss" : "ws";
      resolve(
        new WebSocketStream(new BrowserWebSocketPort(webSocket), {
          transport,
          remoteAddress: formatAddress(host, port),
        }),
      );
    };
  });
}

/** Browsers keep the reason from the page. */
const UNTOLD =
  "the browser gives no reason. Check the address, that the server takes WebSockets there, and for wss:// its certificate.";

/** A page that came by HTTPS may open `wss://` only. */
function openWebSocket(url: RtmpUrl): WebSocket {
  try {
    const webSocket = new WebSocket(webSocketUrl(url));
    webSocket.binaryType = "arraybuffer";
    return webSocket;
  } catch (error) {
    throw connectError(error instanceof Error ? error : new Error(String(error)), url.host, url.port);
  }
}

class BrowserWebSocketPort implements WebSocketPort {
  readonly #webSocket: WebSocket;
  #events: WebSocketPortEvents | undefined;
  #isClosed = false;
  #drainTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  listen(events: WebSocketPortEvents): void {
    this.#events = events;
    this.#webSocket.onmessage = ({ data }) => {
      if (typeof data === "string") events.onText();
      else events.onBytes(new Uint8Array(data));
    };
    this.#webSocket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  send(frames: readonly Uint8Array[]): void {
    for (const frame of frames) if (frame.length > 0) this.#webSocket.send(frame);
    this.#awaitDrain();
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code === CloseCode.Normal ? code : FIRST_PRIVATE_CODE, reason);
  }

  /** A browser goes on with the close frames by itself; nobody hears of it. */
  terminate(): void {
    if (this.#isClosed) return;
    this.#webSocket.onmessage = null;
    this.#webSocket.onclose = null;
    this.#webSocket.close();
    queueMicrotask(() => this.#closed(CloseCode.Abnormal, ""));
  }

  /** A browser cannot be told to read no more: what comes is held by the stream. */
  pause(): void {}

  resume(): void {}

  #awaitDrain(): void {
    if (this.#drainTimer !== undefined || this.#isClosed || this.bufferedBytes === 0) return;
    this.#drainTimer = setTimeout(() => {
      this.#drainTimer = undefined;
      if (this.bufferedBytes > 0) this.#awaitDrain();
      else this.#events?.onSent();
    }, DRAIN_POLL_MS);
  }

  /** What was not sent by now stays in `bufferedAmount` for ever. */
  #closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#drainTimer);
    this.#events?.onClose(code, reason);
  }
}
