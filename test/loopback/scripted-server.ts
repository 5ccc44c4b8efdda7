import type { AmfEncodable } from "../../src/formats/amf/amf-value.ts";
import type { Handshake } from "../../src/rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../../src/rtmp/handshake/server-handshake.ts";
import { type Command, decodeCommand, encodeCommand } from "../../src/rtmp/message/command.ts";
import { decodeUserControl, encodeUserControl, type UserControl } from "../../src/rtmp/message/control.ts";
import { encodeData } from "../../src/rtmp/message/data.ts";
import { type Message, MessageType } from "../../src/rtmp/message/message.ts";
import { Wire } from "../../src/rtmp/session/wire.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";

/** What the server does with a command, in place of what it usually does. */
export type Reaction = (server: ScriptedServer, command: Command, streamId: number) => void;

export type ScriptedServerOptions = {
  /** By the name of the command. */
  readonly reactions?: Readonly<Record<string, Reaction>>;
  readonly handshake?: Handshake;
  /** The server's end of a connection that stands. @default one of a new pair, of which `clientStream` is the other */
  readonly stream?: ByteStream;
};

/** Does nothing: the client waits. */
export const SILENCE: Reaction = () => {};

/**
 * A server that answers `connect`, `createStream`, `publish` and `play` as most do, and any other way that a test wants.
 * It notes what it gets, a line a message: `publish/1 key live`, `audio/1 40`, `ping-request`, `closed`.
 */
export class ScriptedServer {
  /** The client's end. */
  readonly clientStream: ByteStream;
  readonly stream: ByteStream;
  readonly wire: Wire;
  readonly lines: string[] = [];
  readonly commands: Command[] = [];
  readonly messages: Message[] = [];
  readonly controls: UserControl[] = [];
  readonly #reactions: Readonly<Record<string, Reaction>>;
  #lastStreamId = 0;

  constructor(options: ScriptedServerOptions = {}) {
    const { handshake = createServerHandshake({ nowMs: 0, crypto: nodeCrypto }) } = options;
    const [clientStream, stream] = memoryStreamPair();
    this.clientStream = clientStream;
    this.stream = options.stream ?? stream;
    this.#reactions = { ...USUAL, ...options.reactions };
    this.wire = new Wire({ handshake });
    this.stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      onDrain() {},
      onEnd() {},
      onClose: () => this.lines.push("closed"),
    });
  }

  createStreamId(): number {
    return ++this.#lastStreamId;
  }

  result(transactionId: number, ...args: AmfEncodable[]): void {
    this.send(encodeCommand({ name: "_result", transactionId, args }, 0));
  }

  error(transactionId: number, ...args: AmfEncodable[]): void {
    this.send(encodeCommand({ name: "_error", transactionId, args }, 0));
  }

  command(name: string, transactionId: number, ...args: AmfEncodable[]): void {
    this.send(encodeCommand({ name, transactionId, args }, 0));
  }

  status(streamId: number, code: string, level = "status", description = ""): void {
    this.send(encodeCommand({ name: "onStatus", args: [{ level, code, description }] }, streamId));
  }

  data(streamId: number, name: string, ...values: AmfEncodable[]): void {
    this.send(encodeData(streamId, 0, name, ...values));
  }

  video(streamId: number, timestamp: number, payload: Uint8Array): void {
    this.send({ type: MessageType.Video, timestamp, streamId, payload });
  }

  ping(): void {
    this.send(encodeUserControl({ kind: "ping-request", timestampMs: 1 }));
  }

  send(message: Message): void {
    this.wire.send(message);
    this.#flush();
  }

  #receive(bytes: Uint8Array): void {
    this.wire.push(bytes);
    this.#flush();
    for (let message = this.wire.next(); message !== undefined; message = this.wire.next()) this.#note(message);
    this.#flush();
  }

  #flush(): void {
    const pieces = this.wire.takeOutput();
    if (pieces.length > 0) this.stream.write(pieces);
  }

  #note(message: Message): void {
    const { type, streamId, timestamp, payload } = message;
    switch (type) {
      case MessageType.Command:
      case MessageType.CommandAmf3: {
        const command = decodeCommand(message);
        const plain = command.args.filter((arg) => typeof arg !== "object");
        this.lines.push([`${command.name}/${streamId}`, ...plain].join(" "));
        this.commands.push(command);
        this.#reactions[command.name]?.(this, command, streamId);
        return;
      }
      case MessageType.UserControl: {
        const control = decodeUserControl(payload.slice());
        if (control !== undefined) this.controls.push(control);
        this.lines.push(control?.kind ?? "user control");
        return;
      }
      default:
        this.messages.push({ ...message, payload: new Uint8Array(payload) });
        this.lines.push(`${KINDS[type] ?? type}/${streamId} ${timestamp}`);
    }
  }
}

const KINDS: Readonly<Record<number, string>> = { 8: "audio", 9: "video", 15: "data", 18: "data" };

const USUAL: Readonly<Record<string, Reaction>> = {
  connect: (server, { transactionId }) => server.result(transactionId, { code: "NetConnection.Connect.Success" }),
  createStream: (server, { transactionId }) => server.result(transactionId, server.createStreamId()),
  publish: (server, _, streamId) => server.status(streamId, "NetStream.Publish.Start"),
  play: (server, _, streamId) => {
    server.status(streamId, "NetStream.Play.Reset");
    server.status(streamId, "NetStream.Play.Start");
  },
};
