import { connect, type Socket } from "node:net";
import type { FlvTag } from "./flv-tags.ts";
import type { CleanUp } from "./peer-process.ts";

export type RawPublishOptions = {
  readonly app?: string;
  readonly key?: string;
  /** Payload bytes of a chunk. @default 128, which nobody need announce */
  readonly chunkSize?: number;
  /** "absolute": each message has a type 0 header. "delta": only the first of its chunk stream has. @default "absolute" */
  readonly headers?: "absolute" | "delta";
  /** Whether type 3 chunks repeat the extended timestamp, as FFmpeg does, or not, as OBS did before 2024. @default true */
  readonly repeatsExtendedTimestamp?: boolean;
  /** How many bits of the timestamp are counted: go2rtc had 24 before 2026. @default 32 */
  readonly timestampBits?: 24 | 32;
};

/**
 * Publishes tags by bytes written here, without any code of src: FLV tag types are RTMP's message types. Resolves when
 * the server has closed the connection after the orderly end.
 */
export async function rawPublish(
  owner: CleanUp,
  port: number,
  tags: readonly FlvTag[],
  options: RawPublishOptions = {},
): Promise<void> {
  const { app = "live", key = "key" } = options;
  const socket = connect(port, "127.0.0.1");
  owner.after(async () => {
    socket.destroy();
  });
  const heard = listen(socket);
  socket.write(Buffer.concat([Uint8Array.of(3), Buffer.alloc(1536)])); // C0 and C1
  await heard.untilBytes(1 + 1536 + 1536);
  socket.write(heard.bytes().subarray(1, 1537)); // C2 is S1
  const chunks = new Chunks(options);
  const tcUrl = `rtmp://127.0.0.1:${port}/${app}`;
  socket.write(chunks.message(3, 20, 0, 0, amf("connect", 1, { app, tcUrl })));
  await heard.untilText("NetConnection.Connect.Success");
  socket.write(chunks.message(3, 20, 0, 0, amf("createStream", 2, null)));
  socket.write(chunks.message(3, 20, 0, 1, amf("publish", 3, null, key, "live")));
  await heard.untilText("NetStream.Publish.Start");
  for (const { type, timestamp, payload } of tags) {
    const [chunkStreamId, messageType] = CHANNELS[type];
    if (!socket.write(chunks.message(chunkStreamId, messageType, timestamp, 1, payload))) await drained(socket);
  }
  socket.write(chunks.message(3, 20, 0, 0, amf("deleteStream", 4, null, 1)));
  socket.end();
  await heard.closed;
}

/** Chunk stream and message type; metadata goes out as it stands in a file. */
const CHANNELS = { audio: [4, 8], video: [6, 9], script: [5, 18] } as const;

class Chunks {
  readonly #options: RawPublishOptions;
  readonly #lastTimestamps = new Map<number, number>();

  constructor(options: RawPublishOptions) {
    this.#options = options;
  }

  message(chunkStreamId: number, type: number, time: number, streamId: number, payload: Uint8Array): Buffer {
    const {
      headers = "absolute",
      timestampBits = 32,
      repeatsExtendedTimestamp = true,
      chunkSize = 128,
    } = this.#options;
    const timestamp = (timestampBits === 24 ? time & 0xffffff : time) >>> 0;
    const last = this.#lastTimestamps.get(chunkStreamId);
    const isDelta = headers === "delta" && last !== undefined && chunkStreamId !== 3;
    this.#lastTimestamps.set(chunkStreamId, timestamp);
    const field = isDelta ? (timestamp - last) >>> 0 : timestamp;
    const header = Buffer.alloc(isDelta ? 8 : 12);
    header[0] = (isDelta ? 0x40 : 0) | chunkStreamId;
    header.writeUIntBE(Math.min(field, 0xffffff), 1, 3);
    header.writeUIntBE(payload.length, 4, 3);
    header[7] = type;
    if (!isDelta) header.writeUInt32LE(streamId, 8);
    const extended = Buffer.alloc(field >= 0xffffff ? 4 : 0);
    if (extended.length > 0) extended.writeUInt32BE(field);
    const pieces: Uint8Array[] = [header, extended, payload.subarray(0, chunkSize)];
    for (let at = chunkSize; at < payload.length; at += chunkSize) {
      pieces.push(Uint8Array.of(0xc0 | chunkStreamId));
      if (repeatsExtendedTimestamp) pieces.push(extended);
      pieces.push(payload.subarray(at, at + chunkSize));
    }
    return Buffer.concat(pieces);
  }
}

type AmfInput = string | number | null | Readonly<Record<string, string>>;

/** Strings, numbers, null and one flat object in AMF0. */
function amf(...values: readonly AmfInput[]): Buffer {
  return Buffer.concat(values.map(amfValue));
}

function amfValue(value: AmfInput): Buffer {
  if (value === null) return Buffer.of(5);
  if (typeof value === "string") return Buffer.concat([Buffer.of(2), amfKey(value)]);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const members = Object.entries(value).flatMap(([key, member]) => [amfKey(key), amfValue(member)]);
  return Buffer.concat([Buffer.of(3), ...members, Buffer.of(0, 0, 9)]);
}

function amfKey(text: string): Buffer {
  const bytes = Buffer.from(`\0\0${text}`);
  bytes.writeUInt16BE(bytes.length - 2);
  return bytes;
}

type Heard = {
  bytes(): Buffer;
  untilBytes(length: number): Promise<void>;
  /** Codes of statuses stand in the bytes as they are. */
  untilText(text: string): Promise<void>;
  readonly closed: Promise<void>;
};

function listen(socket: Socket): Heard {
  let bytes: Buffer = Buffer.alloc(0);
  const looks = new Set<() => void>();
  const closed = Promise.withResolvers<void>();
  socket.on("data", (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    for (const look of looks) look();
  });
  socket.once("error", closed.reject);
  socket.once("close", () => closed.resolve());
  closed.promise.catch(() => {});
  const until = (what: string, isThere: () => boolean): Promise<void> => {
    const arrived = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isThere()) return;
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      look();
    });
    const lost = closed.promise.then(() => {
      if (!isThere()) throw new Error(`the server closed before ${what}`);
    });
    return Promise.race([arrived, lost]);
  };
  return {
    bytes: () => bytes,
    untilBytes: (length) => until(`${length} bytes`, () => bytes.length >= length),
    untilText: (text) => until(text, () => bytes.includes(text)),
    closed: closed.promise,
  };
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("drain", () => resolve()));
}
