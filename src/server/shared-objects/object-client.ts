import type { Message } from "../../rtmp/message/message.ts";
import type { SharedObjectConnection } from "../../rtmp/shared-object/shared-object-connection.ts";
import type { ServerClient } from "../feature.ts";
import { LARGE_BYTES, type LargeMessages } from "./large-messages.ts";

export type ObjectClientOptions = {
  readonly client: ServerClient;
  readonly connection: SharedObjectConnection;
  readonly largeMessages: LargeMessages<ObjectClient>;
  /** How long it may take nothing while something waits. */
  readonly blockedTimeoutMs: number;
};

/** A client that uses shared objects: what it is to be told goes out as far as it reads, and is merged until then. */
export class ObjectClient {
  readonly client: ServerClient;
  readonly connection: SharedObjectConnection;
  readonly #largeMessages: LargeMessages<ObjectClient>;
  readonly #blockedTimeoutMs: number;
  /** Taken, and too long for what the client has not read. */
  #taken: Message[] = [];
  /** What of it lies in the socket and counts as large. */
  #largeBytes = 0;
  /** At the last tick. */
  #unsentBytes = 0;
  #blockedSinceMs: number | undefined;

  constructor({ client, connection, largeMessages, blockedTimeoutMs }: ObjectClientOptions) {
    this.client = client;
    this.connection = connection;
    this.#largeMessages = largeMessages;
    this.#blockedTimeoutMs = blockedTimeoutMs;
  }

  /** Sends what waits, as far as the client reads. */
  pump(): void {
    if (this.connection.isOverrun) {
      this.client.close("it did not read what it was told of shared objects: more than may wait");
      return;
    }
    if (this.client.unsentBytes === 0) this.#releaseLarge();
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      this.client.send(message);
      if (this.client.unsentBytes === 0) this.#releaseLarge();
    }
  }

  /** Closes a client that takes nothing. */
  tick(nowMs: number): void {
    const { unsentBytes } = this.client;
    const isStuck = this.#isWaiting && unsentBytes > 0 && unsentBytes === this.#unsentBytes;
    this.#unsentBytes = unsentBytes;
    if (!isStuck) {
      this.#blockedSinceMs = undefined;
      return;
    }
    this.#blockedSinceMs ??= nowMs;
    const blockedMs = nowMs - this.#blockedSinceMs;
    if (blockedMs < this.#blockedTimeoutMs) return;
    this.client.close(`it read nothing of what it was told of shared objects for ${Math.round(blockedMs)} ms`);
  }

  /** The client is gone. */
  end(): void {
    this.#taken = [];
    this.#largeMessages.forget(this);
    this.#releaseLarge();
  }

  /** Large messages keep others waiting, so they are to be read as well. */
  get #isWaiting(): boolean {
    return this.#largeBytes > 0 || this.#taken.length > 0 || this.connection.hasOutgoing;
  }

  /** The next message, if there is room for it. */
  #next(): Message | undefined {
    const { client } = this;
    if (!client.isOpen || client.unsentBytes >= LARGE_BYTES) return undefined;
    if (this.#taken.length === 0) this.#take();
    const [message] = this.#taken;
    if (message === undefined) return undefined;
    const { unsentBytes } = client;
    if (unsentBytes > 0 && unsentBytes + message.payload.length > LARGE_BYTES) return undefined;
    this.#taken.shift();
    return message;
  }

  #take(): void {
    const { nextBytes } = this.connection;
    if (nextBytes > LARGE_BYTES) {
      if (!this.#largeMessages.take(this, nextBytes)) return;
      this.#largeBytes += nextBytes;
    }
    this.#taken = this.connection.takeOutgoing(1);
  }

  #releaseLarge(): void {
    // What was taken and waits is not in the socket yet.
    if (this.#taken.some(({ payload }) => payload.length > LARGE_BYTES)) return;
    const bytes = this.#largeBytes;
    this.#largeBytes = 0;
    this.#largeMessages.release(bytes);
  }
}
