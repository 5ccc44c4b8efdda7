import { connect, type Socket } from "node:net";
import type { CleanUp } from "./peer-process.ts";

/** Frame opcodes. RFC 6455 section 5.2. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

export type RawFrame = {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  /** @default true */
  readonly isFinal?: boolean;
  /** @default true, as clients must */
  readonly isMasked?: boolean;
  /** Of the payload, instead of its own. */
  readonly length?: bigint;
  /** The three reserved bits. @default 0 */
  readonly reserved?: number;
};

/** The bytes of a frame, written without any code of src or ws: also such as break rules. */
export function encodeFrame(frame: RawFrame): Buffer {
  const { opcode, payload = new Uint8Array(), isFinal = true, isMasked = true, reserved = 0 } = frame;
  const length = frame.length ?? BigInt(payload.length);
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const maskBit = isMasked ? 0x80 : 0;
  const mask = isMasked ? Buffer.of(0x1a, 0x2b, 0x3c, 0x4d) : Buffer.alloc(0);
  const body = isMasked ? Buffer.from(payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))) : payload;
  return Buffer.concat([Buffer.of(first), encodeLength(length, maskBit), mask, body]);
}

function encodeLength(length: bigint, maskBit: number): Buffer {
  if (length < 126n) return Buffer.of(maskBit | Number(length));
  if (length < 65_536n) return Buffer.of(maskBit | 126, Number(length) >> 8, Number(length) & 0xff);
  const bytes = Buffer.alloc(9, maskBit | 127);
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

/** A client that writes bytes of its own choice. */
export type RawWebSocket = {
  readonly socket: Socket;
  /** The head of the answer. */
  readonly answer: string;
  send(...frames: readonly RawFrame[]): void;
  /** Resolves with all that came behind the head when the server has ended the connection. */
  rest(): Promise<Buffer>;
};

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": KEY,
  "Sec-WebSocket-Version": "13",
};

/** Asks for a WebSocket; a header that is empty is left out. */
export async function openRawWebSocket(
  owner: CleanUp,
  port: number,
  headers: Readonly<Record<string, string>> = {},
  requestLine = "GET /live HTTP/1.1",
): Promise<RawWebSocket> {
  const socket = connect(port, "127.0.0.1");
  owner.after(async () => {
    socket.destroy();
  });
  socket.on("error", () => {});
  let received = Buffer.alloc(0);
  let onBytes = (): void => {};
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    onBytes();
  });
  const lines = Object.entries({ Host: "localhost", ...DEFAULT_HEADERS, ...headers })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${requestLine}\r\n${lines.join("")}\r\n`);
  const headEnd = (): number => received.indexOf("\r\n\r\n");
  await Promise.race([
    ended,
    new Promise<void>((resolve) => {
      onBytes = () => {
        if (headEnd() >= 0) resolve();
      };
    }),
  ]);
  const bodyStart = headEnd() + 4;
  return {
    socket,
    answer: received.subarray(0, bodyStart).toString("latin1"),
    send(...frames) {
      for (const frame of frames) socket.write(encodeFrame(frame));
    },
    async rest() {
      await ended;
      return received.subarray(bodyStart);
    },
  };
}

/** Code and reason of the close frame that ends what a server sent; undefined if nothing of the kind is there. */
export function closeFrameOf(bytes: Uint8Array): { readonly code: number; readonly reason: string } | undefined {
  const buffer = Buffer.from(bytes);
  for (let at = 0; at + 2 <= buffer.length; ) {
    const opcode = (buffer[at] ?? 0) & 15;
    const short = (buffer[at + 1] ?? 0) & 0x7f;
    const size =
      short === 126 ? buffer.readUInt16BE(at + 2) : short === 127 ? Number(buffer.readBigUInt64BE(at + 2)) : short;
    const start = at + (short === 126 ? 4 : short === 127 ? 10 : 2);
    const payload = buffer.subarray(start, start + size);
    if (opcode === Opcode.Close && size >= 2)
      return { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
    at = start + size;
  }
  return undefined;
}
