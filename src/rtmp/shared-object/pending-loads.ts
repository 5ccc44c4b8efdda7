import { ProtocolError } from "../../errors.ts";
import type { SharedObjectMessage } from "../message/shared-object.ts";
import type { SharedObjectAccess, SharedObjectConnection } from "./shared-object-connection.ts";
import type { SharedObjectLimits } from "./shared-object-limits.ts";

/** A message for an object that is being loaded, with all that came with it. */
export type WaitingMessage = {
  readonly connection: SharedObjectConnection;
  readonly message: SharedObjectMessage;
  readonly nowMs: number;
  readonly access: SharedObjectAccess;
  /** As it came. */
  readonly byteLength: number;
  readonly objectEncoding: 0 | 3;
};

type PendingLoadsLimits = Pick<SharedObjectLimits, "maxWaitingMessages" | "maxBacklogBytes">;

/** Objects that are being loaded, and the messages that wait for them. */
export class PendingLoads {
  readonly #limits: PendingLoadsLimits;
  readonly #waiting = new Map<string, WaitingMessage[]>();
  #wanted: string[] = [];

  /** The limits are for each connection. */
  constructor(limits: PendingLoadsLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(name: string): boolean {
    return this.#waiting.has(name);
  }

  start(name: string): void {
    this.#waiting.set(name, []);
    this.#wanted.push(name);
  }

  /** The object is being loaded. `object.limit` when the connection has too many messages waiting, or too long ones. */
  wait(name: string, one: WaitingMessage): void {
    const { connection, byteLength } = one;
    const { maxWaitingMessages, maxBacklogBytes } = this.#limits;
    if (connection.waitingMessages >= maxWaitingMessages) {
      throw new ProtocolError("object.limit", `more than ${maxWaitingMessages} messages for objects being loaded`);
    }
    if (connection.waitingMessages > 0 && connection.waitingBytes + byteLength > maxBacklogBytes) {
      throw new ProtocolError("object.limit", `more than ${maxBacklogBytes} bytes for objects being loaded`);
    }
    connection.waitingMessages++;
    connection.waitingBytes += byteLength;
    this.#waiting.get(name)?.push(one);
  }

  /** Names that were not given before. */
  takeWanted(): readonly string[] {
    const names = this.#wanted;
    this.#wanted = [];
    return names;
  }

  /** The object is not being loaded any more. Returns what waited, in order. */
  end(name: string): readonly WaitingMessage[] {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (const { connection, byteLength } of waiting) {
      connection.waitingMessages--;
      connection.waitingBytes -= byteLength;
    }
    return waiting;
  }

  /** Drops what waits of a connection that is gone. */
  withdraw(connection: SharedObjectConnection): void {
    for (const [name, waiting] of this.#waiting) {
      const left = waiting.filter((one) => one.connection !== connection);
      this.#waiting.set(name, left);
    }
    connection.waitingMessages = 0;
    connection.waitingBytes = 0;
  }
}
