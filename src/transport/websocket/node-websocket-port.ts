import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { WebSocketPort, WebSocketPortEvents } from "./websocket-port.ts";

/** Longest frame, or message of several frames, that is accepted: it is held until it is whole. */
export const MAX_WEBSOCKET_MESSAGE_BYTES: number = 4 * 1024 * 1024;

/** Frames of one client in one go; then it is the others' turn. A read of 64 KiB has 9 000 of the shortest, and more reads follow. */
const MAX_FRAMES_A_TURN = 500;

type WebSocketLimits = {
  readonly perMessageDeflate: false;
  readonly maxPayload: number;
  readonly maxFragments: number;
  /** Reads of the socket that one frame may come in. */
  readonly maxBufferedChunks: number;
  /** Pings that came while the answers to earlier ones could not be sent. */
  readonly maxPendingAutoPongs: number;
  /** Milliseconds for the peer's close frame, once ours is sent, and for its end of the connection. */
  readonly closeTimeout: number;
};

/** What a peer may make ws hold, on either side. Nothing is compressed: media has been, and pays for it in time only. */
export const WEBSOCKET_LIMITS: WebSocketLimits = {
  perMessageDeflate: false,
  maxPayload: MAX_WEBSOCKET_MESSAGE_BYTES,
  maxFragments: 1024,
  maxBufferedChunks: 16 * 1024,
  maxPendingAutoPongs: 60,
  closeTimeout: 1000,
};

const NO_BYTES = new Uint8Array();

/** ws's WebSocket, on either side. `socket` is the one that carries it. */
export class NodeWebSocketPort implements WebSocketPort {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #events: WebSocketPortEvents | undefined;
  /** Writes that have not called back. */
  #writesUnderWay = 0;
  /** What to close with as soon as everything is sent. */
  #close: { readonly code: number; readonly reason: string } | undefined;
  #framesThisTurn = 0;
  #isPaused = true;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    webSocket.pause();
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  listen(events: WebSocketPortEvents): void {
    this.#events = events;
    const webSocket = this.#webSocket;
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#countFrame();
      // No Buffer: its slice() is a view, where everybody above means a copy.
      if (isBinary) events.onBytes(new Uint8Array(data.buffer, data.byteOffset, data.length));
      else events.onText();
    });
    webSocket.on("ping", () => this.#countFrame());
    webSocket.on("pong", () => this.#countFrame());
    webSocket.on("error", (error) => events.onError(error));
    webSocket.on("close", (code, reason) => events.onClose(code, reason.toString()));
  }

  send(frames: readonly Uint8Array[]): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#socket.cork();
    // ws masks what a client sends into a copy of its own.
    for (const frame of frames) {
      if (frame.length === 0) continue;
      this.#writesUnderWay++;
      this.#webSocket.send(frame, this.#onSent);
    }
    this.#socket.uncork();
  }

  /** ws counts the time for the close frames from the call on: it comes when nothing waits any more. */
  close(code: number, reason: string): void {
    this.#close = { code, reason };
    this.#closeWhenSent();
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  pause(): void {
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#webSocket.resume();
  }

  #countFrame(): void {
    this.#framesThisTurn++;
    if (this.#framesThisTurn === 1) setImmediate(this.#onTurnOver);
    if (this.#framesThisTurn === MAX_FRAMES_A_TURN) this.#webSocket.pause();
  }

  readonly #onTurnOver = (): void => {
    const wasLong = this.#framesThisTurn >= MAX_FRAMES_A_TURN;
    this.#framesThisTurn = 0;
    if (wasLong && !this.#isPaused) this.#webSocket.resume();
  };

  readonly #onSent = (error?: Error | null): void => {
    this.#writesUnderWay--;
    if (!error) this.#tellSent();
  };

  /** Behind the last frame ws may have put a pong, of which it tells nobody: an empty write calls back behind that. */
  #tellSent(): void {
    if (this.#writesUnderWay === 0 && this.bufferedBytes > 0 && this.#socket.writable) {
      this.#writesUnderWay++;
      this.#socket.write(NO_BYTES, this.#onSent);
    }
    this.#closeWhenSent();
    this.#events?.onSent();
  }

  #closeWhenSent(): void {
    if (this.#close === undefined || this.bufferedBytes > 0) return;
    this.#webSocket.close(this.#close.code, this.#close.reason);
    this.#close = undefined;
  }
}
