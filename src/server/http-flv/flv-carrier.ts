import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import { takeOver } from "../../transport/http-takeover.ts";
import { endWithText } from "../http-replies.ts";

/** How FLV goes to one viewer. It is not begun before there is something to send, so that a refusal can still be one. */
export type FlvCarrier = {
  /** Begins the answer: where the bytes go, or undefined when the client has gone. Once. */
  begin(remoteAddress: string): ByteStream | undefined;
  /** Answers with an error instead. */
  refuse(status: number, text: string, headers?: Readonly<Record<string, string>>): void;
  /** Called once when the client goes before `begin`. */
  onGone(gone: () => void): void;
};

/** Makes a WebSocket of a request's socket: undefined where the request is no good one, and has been answered. */
export type OpenWebSocket = (
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  remoteAddress: string,
) => ByteStream | undefined;

const TYPE = { "Content-Type": "video/x-flv", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

/**
 * The body ends with the connection: a live stream has no length, and chunks of HTTP would give each viewer bytes of its own
 * where all share theirs. It holds for HTTP/1.0 and 1.1, and no connection would be used again anyway.
 */
export class HttpCarrier implements FlvCarrier {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #cors: Readonly<Record<string, string>>;

  constructor(request: IncomingMessage, response: ServerResponse, cors: Readonly<Record<string, string>>) {
    this.#request = request;
    this.#response = response;
    this.#cors = cors;
  }

  begin(remoteAddress: string): ByteStream | undefined {
    const stream = takeOver(this.#request, this.#response, remoteAddress);
    stream?.write([encodeHead({ ...ownHeaders(this.#response), ...TYPE, ...this.#cors })]);
    return stream;
  }

  /** The head alone. */
  answerHead(): void {
    this.#response.writeHead(200, { ...TYPE, ...this.#cors }).end();
  }

  refuse(status: number, text: string, headers?: Readonly<Record<string, string>>): void {
    endWithText(this.#response, status, text, { ...this.#cors, ...headers });
  }

  onGone(gone: () => void): void {
    this.#response.once("close", gone);
  }
}

export class WebSocketCarrier implements FlvCarrier {
  readonly #request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #head: Uint8Array;
  readonly #open: OpenWebSocket;

  constructor(request: IncomingMessage, socket: Duplex, head: Uint8Array, open: OpenWebSocket) {
    this.#request = request;
    this.#socket = socket;
    this.#head = head;
    this.#open = open;
    socket.on("error", () => {});
    // Node reads it no more, and only who reads sees the client's end. Before the answer, a WebSocket sends nothing else.
    socket.on("end", this.#onEnd).resume();
  }

  begin(remoteAddress: string): ByteStream | undefined {
    this.#socket.off("end", this.#onEnd).pause();
    if (this.#socket.destroyed || !this.#socket.writable) return undefined;
    return this.#open(this.#request, this.#socket, this.#head, remoteAddress);
  }

  refuse(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    const socket = this.#socket;
    if (!socket.writable) return void socket.destroy();
    const body = encodeUtf8(`${text}\n`);
    const fields = { "Content-Type": "text/plain; charset=utf-8", "Content-Length": `${body.length}`, ...headers };
    socket.write(encodeHead(fields, status));
    socket.end(body);
    // Nothing that still comes is read: a sender that goes on must not hold the socket.
    socket.once("finish", () => socket.destroy());
  }

  onGone(gone: () => void): void {
    this.#socket.once("close", gone);
  }

  readonly #onEnd = (): void => void this.#socket.destroy();
}

function encodeHead(headers: Readonly<Record<string, string>>, status = 200): Uint8Array {
  const fields = Object.entries({ ...headers, Connection: "close" }).map(([name, value]) => `${name}: ${value}`);
  return encodeUtf8(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields.join("\r\n")}\r\n\r\n`);
}

/** What others have set on the response already. */
function ownHeaders(response: ServerResponse): Record<string, string> {
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}
