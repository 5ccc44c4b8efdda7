import type { AmfEncodable, AmfValue } from "../../src/formats/amf/amf-value.ts";
import { hasMembers } from "../../src/formats/amf/amf-value.ts";
import { type ClientHandshakeForm, createClientHandshake } from "../../src/rtmp/handshake/client-handshake.ts";
import type { HandshakeResult } from "../../src/rtmp/handshake/handshake.ts";
import { decodeCommand, encodeCommand } from "../../src/rtmp/message/command.ts";
import { decodeUserControl } from "../../src/rtmp/message/control.ts";
import { encodeData } from "../../src/rtmp/message/data.ts";
import { type Message, MessageType } from "../../src/rtmp/message/message.ts";
import { Wire } from "../../src/rtmp/session/wire.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";

/**
 * A client that sends exactly what a test tells it, and notes what comes back, one line a message: `_result 1`,
 * `onStatus/1 NetStream.Publish.Start`, `video/1 40 17`, `stream-begin 1`, `closed`.
 */
export class RtmpPeer {
  readonly lines: string[] = [];
  /** Payloads of audio, video and data as they came. */
  readonly media: Message[] = [];
  readonly wire: Wire;
  readonly stream: ByteStream;
  /** The description of the last status. */
  lastDescription = "";

  /** What the handshake came to, once it is over. */
  readonly handshake: () => HandshakeResult | undefined;

  constructor(stream: ByteStream, form: ClientHandshakeForm = "plain") {
    this.stream = stream;
    const handshake = createClientHandshake({ form, nowMs: 0, crypto: nodeCrypto });
    this.handshake = () => handshake.result;
    this.wire = new Wire({ handshake });
    stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      onDrain() {},
      onEnd() {},
      onClose: () => this.lines.push("closed"),
    });
    this.flush();
  }

  command(name: string, transactionId: number, streamId: number, ...args: AmfEncodable[]): void {
    this.send(encodeCommand({ name, transactionId, args }, streamId));
  }

  connect(app: string, more: Record<string, AmfEncodable> = {}): void {
    const commandObject = { app, tcUrl: `rtmp://test/${app}`, flashVer: "test", ...more };
    this.send(encodeCommand({ name: "connect", transactionId: 1, commandObject }, 0));
  }

  data(streamId: number, timestamp: number, name: string, ...values: AmfEncodable[]): void {
    this.send(encodeData(streamId, timestamp, name, ...values));
  }

  video(streamId: number, timestamp: number, payload: Uint8Array): void {
    this.send({ type: MessageType.Video, timestamp, streamId, payload });
  }

  audio(streamId: number, timestamp: number, payload: Uint8Array): void {
    this.send({ type: MessageType.Audio, timestamp, streamId, payload });
  }

  send(message: Message): void {
    this.wire.send(message);
    this.flush();
  }

  flush(): void {
    const pieces = this.wire.takeOutput();
    if (pieces.length > 0) this.stream.write(pieces);
  }

  /** What came since the last time. */
  take(): string[] {
    return this.lines.splice(0);
  }

  #receive(bytes: Uint8Array): void {
    this.wire.push(bytes);
    for (let message = this.wire.next(); message !== undefined; message = this.wire.next()) this.#note(message);
    this.flush();
  }

  #note(message: Message): void {
    const { type, streamId, timestamp, payload } = message;
    switch (type) {
      case MessageType.Command:
      case MessageType.CommandAmf3:
        return this.#noteCommand(message);
      case MessageType.UserControl: {
        const control = decodeUserControl(payload);
        this.lines.push(
          `${control?.kind} ${control !== undefined && "streamId" in control ? control.streamId : ""}`.trim(),
        );
        return;
      }
      default: {
        const kind = type === MessageType.Audio ? "audio" : type === MessageType.Video ? "video" : "data";
        this.media.push({ ...message, payload: payload.slice() });
        this.lines.push(`${kind}/${streamId} ${timestamp} ${payload[0]?.toString(16) ?? ""}`.trim());
      }
    }
  }

  #noteCommand(message: Message): void {
    const { name, transactionId, args } = decodeCommand(message);
    if (name === "onStatus") {
      this.lastDescription = text(args[0], "description");
      this.lines.push(`onStatus/${message.streamId} ${text(args[0], "code")}`);
    } else {
      const code = text(args[0], "code");
      this.lastDescription = text(args[0], "description");
      this.lines.push(`${name} ${transactionId}${code === "" ? "" : ` ${code}`}`);
    }
  }
}

function text(value: AmfValue, key: string): string {
  const member = hasMembers(value) ? value.get(key) : undefined;
  return typeof member === "string" ? member : "";
}

/** Lets everything that is joined in memory come to rest: microtasks, and the passes that run behind the bytes at hand. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve));
}
