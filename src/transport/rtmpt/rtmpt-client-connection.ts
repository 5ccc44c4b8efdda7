import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Socket } from "node:net";
import { formatAddress } from "../address.ts";
import { KEEP_ALIVE_MS } from "../tcp-listener.ts";

/** Most of one answer: servers that know what they do send 64 KiB. */
export const MAX_ANSWER_BYTES: number = 16 * 1024 * 1024;

export type PostEvents = {
  /** A part of the answer's body, valid during the call. */
  onData(bytes: Uint8Array): void;
  /** The answer is whole. */
  onEnd(): void;
  /** There is none, or none that counts; the connection is of no use any more. */
  onFailure(failure: PostFailure): void;
};

export type PostFailure = {
  readonly error: Error;
  /** The connection broke, or something on the way to the server did: another attempt may succeed. */
  readonly mayRepeat: boolean;
};

export type PostSettings = {
  /** Before the path of each request: the server's URL where a proxy is asked, otherwise nothing. */
  readonly targetPrefix: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the answer to begin, and then for each further part of it. */
  readonly timeoutMs: number;
};

/** One TCP or TLS connection that carries posts, one at a time. Owns its socket. */
export class PostConnection {
  /** `address:port`, of the proxy where there is one. */
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #settings: PostSettings;
  readonly #agent: Agent;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onTimeout: () => void = () => {};
  #isPaused = false;
  #isUsable = true;

  constructor(socket: Socket, settings: PostSettings) {
    this.#socket = socket;
    // Asked for now: a destroyed socket has forgotten its peer.
    this.remoteAddress = formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
    this.#settings = settings;
    // A server that closes an idle connection has closed both directions of it.
    socket.allowHalfOpen = false;
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isUsable = false;
    });
    this.#agent = new OneSocketAgent(socket);
  }

  /** Whether the connection can carry a further post, as far as is known. */
  get isUsable(): boolean {
    return this.#isUsable && !this.#socket.destroyed;
  }

  /** `body` must not change before the end. Neither `onEnd` nor `onFailure` comes after `destroy`. */
  post(path: string, body: Uint8Array, events: PostEvents): void {
    const { targetPrefix, headers } = this.#settings;
    const posted = request({
      agent: this.#agent,
      method: "POST",
      path: targetPrefix + path,
      headers: { ...headers, "Content-Length": body.length },
    });
    this.#request = posted;
    const fail = (error: Error, mayRepeat: boolean): void => {
      if (this.#request !== posted) return;
      this.destroy();
      events.onFailure({ error, mayRepeat });
    };
    this.#onTimeout = () => fail(new Error(`no answer in ${this.#settings.timeoutMs} ms`), true);
    posted.on("error", (error) => fail(explained(error), true));
    posted.once("response", (response) => {
      const { statusCode = 0 } = response;
      if (statusCode !== 200) return fail(statusError(response), statusCode >= 500);
      this.#response = response;
      this.#read(response, events, fail);
    });
    this.#wait();
    // With its length given, head and body go out in one write.
    posted.end(body);
  }

  /** Stops and resumes reading the answer; meanwhile its time does not count. */
  pause(): void {
    this.#isPaused = true;
    if (this.#response === undefined) return;
    this.#response.pause();
    clearTimeout(this.#timer);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#response === undefined) return;
    this.#response.resume();
    this.#wait();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#isUsable = false;
    this.#request = undefined;
    this.#response = undefined;
    this.#agent.destroy();
    this.#socket.destroy();
  }

  #read(
    response: IncomingMessage,
    { onData, onEnd }: PostEvents,
    fail: (error: Error, mayRepeat: boolean) => void,
  ): void {
    let byteLength = 0;
    this.#wait();
    if (this.#isPaused) this.pause();
    response.on("error", (error) => fail(explained(error), true));
    response.on("data", (bytes: Uint8Array) => {
      if (this.#response !== response) return;
      byteLength += bytes.length;
      if (byteLength > MAX_ANSWER_BYTES) {
        return fail(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`), false);
      }
      if (!this.#isPaused) this.#wait();
      // No Buffer: its slice() is a view, where everybody above means a copy.
      onData(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    });
    response.once("end", () => {
      if (this.#response !== response) return;
      if (!response.complete) return fail(new Error("the connection broke in the middle of an answer"), true);
      clearTimeout(this.#timer);
      // Proxies such as tinyproxy end the connection behind each answer: docs/interop.md.
      if (this.#request?.shouldKeepAlive !== true) this.destroy();
      this.#request = undefined;
      this.#response = undefined;
      onEnd();
    });
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onTimeout, this.#settings.timeoutMs);
  }
}

/** Sends requests on a socket that is there already, and on no other. */
class OneSocketAgent extends Agent {
  #socket: Socket | undefined;

  constructor(socket: Socket) {
    super({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(_: unknown, callback?: (error: Error | null, socket: Socket) => void): Socket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    // Node asks again when the socket is gone.
    if (socket === undefined) callback?.(new Error("the connection was closed"), new Socket());
    return socket;
  }
}

/** The path is not told: it has the session's id, which is all that a stranger needs. */
function statusError({ statusCode = 0, statusMessage = "", headers }: IncomingMessage): Error {
  const status = `it answers ${statusCode} ${statusMessage}`.trimEnd();
  if (statusCode >= 300 && statusCode < 400) {
    const { location } = headers;
    const target = location === undefined ? "" : ` to ${location.slice(0, 200)}`;
    return new Error(`${status}, a redirect${target}, which RTMPT does not follow: use the server's own address`);
  }
  if (statusCode === 407) {
    return new Error(`${status}: the HTTP proxy wants user and password, http://user:password@host:port`);
  }
  return new Error(status);
}

function explained(error: Error): Error {
  const code = "code" in error ? String(error.code) : "";
  if (code.startsWith("HPE_")) return new Error("it does not answer in HTTP", { cause: error });
  if (code === "ECONNRESET") return new Error("it closed the connection without an answer", { cause: error });
  return error;
}
