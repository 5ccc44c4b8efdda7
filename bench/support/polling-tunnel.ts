import type { Socket } from "node:net";
import { concatBytes } from "../../src/bytes/concat.ts";
import type { ByteStream, ByteStreamEvents } from "../../src/transport/byte-stream.ts";

const ONE_BYTE = new Uint8Array(1);

/**
 * RTMPT by hand, as cheap as it goes, for a load that must not be what is measured. One request is under way at a time, on
 * one connection. After an answer the next request follows at once, as librtmp's and FFmpeg's do, or `pollDelayMs` later.
 */
export class PollingTunnel implements Pick<ByteStream, "start" | "write" | "destroy"> {
  readonly #socket: Socket;
  readonly #pollDelayMs: number;
  #events: ByteStreamEvents | undefined;
  #sessionId: string | undefined;
  #sequence = 0;
  #isAsking = false;
  #outgoing: Uint8Array[] = [];
  #pollTimer: NodeJS.Timeout | undefined;
  /** What there is of the head of an answer. */
  #head = "";
  /** Bytes of the answer's body that are still to come; undefined in its head. */
  #bodyBytesLeft: number | undefined;
  /** The next byte of the body is its first: how long to wait, which this client decides for itself. */
  #isAtInterval = false;

  constructor(socket: Socket, pollDelayMs: number) {
    this.#socket = socket;
    this.#pollDelayMs = pollDelayMs;
  }

  start(events: ByteStreamEvents): void {
    this.#events = events;
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => events.onClose());
    this.#socket.on("data", (bytes: Uint8Array) => this.#read(bytes));
    this.#post("/open/1", ONE_BYTE);
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#outgoing.push(...pieces);
    if (!this.#isAsking) this.#ask();
  }

  destroy(): void {
    clearTimeout(this.#pollTimer);
    this.#socket.destroy();
  }

  #ask(): void {
    if (this.#sessionId === undefined || this.#socket.destroyed) return;
    clearTimeout(this.#pollTimer);
    const body = concatBytes(this.#outgoing);
    this.#outgoing = [];
    const isIdle = body.length === 0;
    this.#post(`/${isIdle ? "idle" : "send"}/${this.#sessionId}/${this.#sequence++}`, isIdle ? ONE_BYTE : body);
  }

  #post(path: string, body: Uint8Array): void {
    this.#isAsking = true;
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-fcs\r\nContent-Length: ${body.length}\r\n\r\n`;
    this.#socket.write(concatBytes([Buffer.from(head, "latin1"), body]));
  }

  #read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      at =
        this.#bodyBytesLeft === undefined ? this.#readHead(bytes, at) : this.#readBody(bytes, at, this.#bodyBytesLeft);
    }
  }

  /** Returns where the body begins, or the end of `bytes`. */
  #readHead(bytes: Uint8Array, from: number): number {
    const known = this.#head.length;
    this.#head += Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.length - from).toString("latin1", 0, 1024);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return bytes.length;
    const [, status, length] = /^HTTP\/1\.1 (\d+) .*\r\ncontent-length: (\d+)/is.exec(this.#head.slice(0, end)) ?? [];
    if (status !== "200") this.#socket.destroy(new Error(`the tunnel was answered ${status ?? "something else"}`));
    this.#bodyBytesLeft = Number(length);
    this.#isAtInterval = this.#sessionId !== undefined;
    this.#head = "";
    return from + end + 4 - known;
  }

  /** Returns where the next answer begins, or the end of `bytes`. */
  #readBody(bytes: Uint8Array, from: number, bytesLeft: number): number {
    const end = Math.min(bytes.length, from + bytesLeft);
    const data = bytes.subarray(this.#isAtInterval ? from + 1 : from, end);
    this.#isAtInterval = false;
    this.#bodyBytesLeft = bytesLeft - (end - from);
    if (this.#sessionId === undefined) this.#sessionId = Buffer.from(data).toString("latin1").trim();
    else if (data.length > 0) this.#events?.onBytes(data);
    if (this.#bodyBytesLeft === 0) this.#answered();
    return end;
  }

  #answered(): void {
    this.#bodyBytesLeft = undefined;
    this.#isAsking = false;
    if (this.#pollDelayMs === 0 || this.#outgoing.length > 0) this.#ask();
    else this.#pollTimer = setTimeout(() => this.#ask(), this.#pollDelayMs);
  }
}
