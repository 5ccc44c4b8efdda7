import type { Message } from "../rtmp/message/message.ts";
import { decodeSharedObject, SHARED_OBJECT_LIMITS_OF_CLIENTS } from "../rtmp/message/shared-object.ts";
import type { AnySlots } from "../rtmp/shared-object/slot-view.ts";
import { type CloseReason, endWithConnection } from "./close-reason.ts";
import type { ResolvedConnectOptions } from "./options.ts";
import type { SessionDriver } from "./session-driver.ts";
import { ClientSharedObject, type SharedObjectOpenOptions, type SharedObjectPort } from "./shared-object.ts";

/** The shared objects that a connection has open. */
export class ClientSharedObjects {
  readonly #port: SharedObjectPort;
  readonly #options: ResolvedConnectOptions;
  readonly #objects = new Map<string, ClientSharedObject<never>>();

  /** `objectEncoding` tells what was agreed at `connect`. */
  constructor(driver: SessionDriver, options: ResolvedConnectOptions, objectEncoding: () => 0 | 3) {
    const objects = this.#objects;
    this.#options = options;
    this.#port = {
      registry: options.registry,
      log: options.log,
      get objectEncoding() {
        return objectEncoding();
      },
      get queuedBytes() {
        return driver.queuedBytes;
      },
      send: (message) => driver.sendMessage(message),
      closed(object) {
        if (objects.get(object.name) === object) objects.delete(object.name);
      },
    };
  }

  async open<Slots extends object = AnySlots>(
    name: string,
    options: SharedObjectOpenOptions,
  ): Promise<ClientSharedObject<Slots>> {
    const { isPersistent = false, timeoutMs = this.#options.timeouts.answerMs, handlers } = options;
    const known = this.#objects.get(name);
    if (known !== undefined && known.isPersistent !== isPersistent) {
      const kind = known.isPersistent ? "a persistent" : "a temporary";
      throw new Error(`the shared object ${JSON.stringify(name)} is open as ${kind} one`);
    }
    const object = known ?? new ClientSharedObject<never>(name, this.#port, timeoutMs, isPersistent);
    this.#objects.set(name, object);
    await object.use(handlers);
    // The types are the application's promise.
    return object as unknown as ClientSharedObject<Slots>;
  }

  /** A ProtocolError for what cannot be read; what nobody has open is passed over. */
  receive(message: Message): void {
    if (this.#objects.size === 0) return;
    const decoded = decodeSharedObject(message, {
      limits: SHARED_OBJECT_LIMITS_OF_CLIENTS,
      amf: { registry: this.#options.registry },
    });
    this.#objects.get(decoded.name)?.receive(decoded);
  }

  drained(): void {
    for (const object of this.#objects.values()) object.drained();
  }

  disconnect(reason: CloseReason): void {
    for (const object of [...this.#objects.values()]) object.disconnect(endWithConnection(reason));
  }
}
