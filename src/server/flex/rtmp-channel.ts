import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import type { OutgoingFlexMessage } from "../../formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../formats/flex/message-codec.ts";
import type { CallEvent } from "../../rtmp/session/call-events.ts";
import type { ServerClient } from "../feature.ts";
import { refuse } from "./answers.ts";
import { Backlog, type Push } from "./backlog.ts";
import type { FlexBroker } from "./flex-broker.ts";
import type { FlexSession, FlexSessionPort } from "./flex-session.ts";

/** The method of the client that gets what is pushed. */
const RECEIVE = "receive";
/** What is sent without waiting that the client reads: far less than `maxUnreadReplyBytes`, which would end the connection. */
const MAX_AHEAD_BYTES = 64 * 1024;

/** A connection by RTMP: messages come as calls, and are pushed as they are published. */
export class RtmpChannel implements FlexSessionPort {
  readonly channel = "rtmp";
  readonly session: FlexSession;
  readonly #client: ServerClient;
  readonly #broker: FlexBroker;
  readonly #backlog: Backlog;
  #sentAheadBytes = 0;
  #isConnected = false;
  #endReason: string | undefined;

  constructor(client: ServerClient, broker: FlexBroker, flexClientId: string | null) {
    this.#client = client;
    this.#broker = broker;
    this.#backlog = new Backlog(broker.context.limits);
    this.session = broker.open(flexClientId, this);
    this.#isConnected = client.isOpen;
  }

  get remoteAddress(): string {
    return this.#client.info.remoteAddress;
  }

  get canPush(): boolean {
    return this.#client.objectEncoding === 3;
  }

  connected(): void {
    this.#isConnected = true;
  }

  /** Answers one call, sooner or later. Never rejects. */
  async receive(call: CallEvent): Promise<void> {
    const message = decodeFlexMessage(call.args[0]);
    const answer =
      message === undefined || call.unreadable !== undefined
        ? refuse(message, unreadable(call))
        : await this.#broker.answer(this.session, message);
    this.#send(call.transactionId, answer);
    this.#endIfAsked();
  }

  push(push: Push): void {
    if (!this.#isConnected || !this.#client.isOpen) return;
    if (this.#backlog.isEmpty && this.#hasRoomFor(push.byteLength)) return this.#notify(push);
    if (this.#broker.context.limits.fullBacklog === "close" && this.#backlog.isFullFor(push)) {
      this.#backlog.clear();
      return this.#client.close("the Flex client does not read what it subscribed to");
    }
    const { dropped } = this.#backlog;
    this.#backlog.add(push);
    if (dropped === 0 && this.#backlog.dropped > 0) this.#warn();
  }

  end(reason: string): void {
    this.#endReason = reason;
  }

  /** The client has read everything. */
  drained(): void {
    // Where the kernel takes all at once, nothing tells of it again.
    while (!this.#backlog.isEmpty && this.#hasRoomFor(this.#backlog.nextByteLength)) {
      const push = this.#backlog.take(this.#broker.context.nowMs());
      if (push !== undefined) this.#notify(push);
    }
  }

  #hasRoomFor(byteLength: number): boolean {
    if (this.#client.unsentBytes === 0) this.#sentAheadBytes = 0;
    else if (this.#sentAheadBytes === 0) return false;
    return this.#sentAheadBytes === 0 || this.#sentAheadBytes + byteLength <= MAX_AHEAD_BYTES;
  }

  #notify(push: Push): void {
    this.#sentAheadBytes += push.byteLength;
    this.#guard(() => this.#client.notify(RECEIVE, [this.#encode(push.message())]));
  }

  #send(transactionId: number, answer: OutgoingFlexMessage): void {
    const value = this.#encode(answer);
    this.#guard(() => {
      if (answer.kind === "error") this.#client.rejectCallWith(transactionId, value);
      else this.#client.resolveCall(transactionId, value);
    });
  }

  #encode(message: OutgoingFlexMessage) {
    const isSmall = this.session.messagingVersion >= 1 && this.#client.objectEncoding === 3;
    return encodeFlexMessage(message, isSmall ? "small" : "full");
  }

  #endIfAsked(): void {
    if (this.#endReason !== undefined) this.#client.close(`Flex: ${this.#endReason}`);
  }

  /** What cannot be sent must not reach whoever published it. */
  #guard(send: () => void): void {
    try {
      send();
    } catch (err) {
      this.#broker.context.log.error({ remote: this.remoteAddress, err }, "a Flex message could not be sent");
    }
  }

  #warn(): void {
    const { log } = this.#broker.context;
    log.warn({ remote: this.remoteAddress }, "a Flex client does not read: the oldest messages for it are dropped");
  }
}

function unreadable({ unreadable: code, args }: CallEvent): FlexFault {
  if (code === undefined) return NO_MESSAGE;
  if (code === "amf.externalizable" && args.length === 0) {
    return new FlexFault({
      code: FaultCode.InvalidType,
      description: "The message has a class that is not known here.",
    });
  }
  return new FlexFault({ code: FaultCode.MessageEncoding, description: `The message cannot be read: ${code}.` });
}

const NO_MESSAGE = new FlexFault({ code: FaultCode.MessageEncoding, description: "The call carries no message." });
