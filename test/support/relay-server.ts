import type { AmfEncodable } from "../../src/formats/amf/amf-value.ts";
import { type Command, decodeCommand, encodeCommand } from "../../src/rtmp/message/command.ts";
import { type Message, MessageType } from "../../src/rtmp/message/message.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { WireEnd } from "./wire-end.ts";

/** Every client has this one. */
const STREAM_ID = 1;

/**
 * A server for one publisher and one player that hands on what comes message by message, and announces another chunk size
 * to both again and again, which no server of ours does.
 */
export class RelayServer {
  readonly #chunkSizes: readonly number[];
  readonly #everyMessages: number;
  #publisher: WireEnd | undefined;
  #player: WireEnd | undefined;
  #relayed = 0;

  constructor(chunkSizes: readonly number[], everyMessages: number) {
    this.#chunkSizes = chunkSizes;
    this.#everyMessages = everyMessages;
  }

  accept(stream: ByteStream): void {
    const end: WireEnd = WireEnd.server(stream, (message) => this.#handle(end, message));
  }

  #handle(end: WireEnd, message: Message): void {
    if (message.type === MessageType.Command) return this.#answer(end, decodeCommand(message));
    if (message.type === MessageType.Audio || message.type === MessageType.Video) this.#relay(message);
  }

  #answer(end: WireEnd, { name, transactionId }: Command): void {
    switch (name) {
      case "connect":
        return reply(end, "_result", transactionId, 0, { code: "NetConnection.Connect.Success" });
      case "createStream":
        return reply(end, "_result", transactionId, 0, STREAM_ID);
      case "publish":
        this.#publisher = end;
        return status(end, "NetStream.Publish.Start");
      case "play":
        this.#player = end;
        return status(end, "NetStream.Play.Start");
      case "deleteStream":
        if (end === this.#publisher && this.#player !== undefined)
          status(this.#player, "NetStream.Play.UnpublishNotify");
    }
  }

  #relay(message: Message): void {
    const player = this.#player;
    if (player === undefined) return;
    if (this.#relayed % this.#everyMessages === 0) {
      const size = this.#chunkSizes[(this.#relayed / this.#everyMessages) % this.#chunkSizes.length] ?? 128;
      player.changeChunkSize(size);
      this.#publisher?.changeChunkSize(size);
    }
    this.#relayed++;
    player.send({ ...message, streamId: STREAM_ID });
  }
}

function status(end: WireEnd, code: string): void {
  reply(end, "onStatus", 0, STREAM_ID, { level: "status", code });
}

function reply(end: WireEnd, name: string, transactionId: number, streamId: number, ...args: AmfEncodable[]): void {
  end.send(encodeCommand({ name, transactionId, args }, streamId));
}
