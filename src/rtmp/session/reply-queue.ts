import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { encodeCommand, type OutgoingCommand } from "../message/command.ts";
import { encodeUserControl, type UserControl } from "../message/control.ts";
import { encodeData } from "../message/data.ts";
import type { Message } from "../message/message.ts";
import type { StatusObject } from "./status.ts";

/** Messages that a session wants to have sent, in order. */
export class ReplyQueue {
  /** Commands are of type 17 once AMF3 was agreed, and of type 20 before: peers ignore what they did not ask for. */
  objectEncoding: 0 | 3 = 0;
  readonly #registry: ExternalizableRegistry | undefined;
  readonly #maxQueuedReplies: number;
  #messages: Message[] = [];

  constructor(maxQueuedReplies: number, registry?: ExternalizableRegistry) {
    this.#maxQueuedReplies = maxQueuedReplies;
    this.#registry = registry;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** What was queued since the last time. */
  take(): readonly Message[] {
    const messages = this.#messages;
    if (messages.length > 0) this.#messages = [];
    return messages;
  }

  /** `session.reply-limit` when nobody takes what is queued. */
  push(message: Message): void {
    if (this.#messages.length >= this.#maxQueuedReplies) {
      throw new ProtocolError("session.reply-limit", `${this.#messages.length} replies wait to be sent`);
    }
    this.#messages.push(message);
  }

  command(streamId: number, command: OutgoingCommand): void {
    const { objectEncoding } = this;
    const registry = this.#registry;
    const options = registry === undefined ? { objectEncoding } : { objectEncoding, registry };
    this.push(encodeCommand(command, streamId, options));
  }

  /** The command object must be Null: FFmpeg reads no result otherwise (docs/interop.md). */
  result(streamId: number, transactionId: number, value?: AmfEncodable): void {
    this.command(streamId, { name: "_result", transactionId, args: [value] });
  }

  error(streamId: number, transactionId: number, status: StatusObject): void {
    this.command(streamId, { name: "_error", transactionId, args: [status] });
  }

  /** On the stream's own id: GStreamer waits for it there (docs/interop.md). */
  status(streamId: number, status: StatusObject): void {
    this.command(streamId, { name: "onStatus", args: [status] });
  }

  data(streamId: number, name: string, ...values: AmfEncodable[]): void {
    this.push(encodeData(streamId, 0, name, ...values));
  }

  userControl(control: UserControl): void {
    this.push(encodeUserControl(control));
  }

  streamBegin(streamId: number): void {
    this.userControl({ kind: "stream-begin", streamId });
  }

  streamEof(streamId: number): void {
    this.userControl({ kind: "stream-eof", streamId });
  }

  streamIsRecorded(streamId: number): void {
    this.userControl({ kind: "stream-is-recorded", streamId });
  }
}
