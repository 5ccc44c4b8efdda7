import { encodeSharedObject } from "../../src/rtmp/message/encode-shared-object.ts";
import type { Message } from "../../src/rtmp/message/message.ts";
import {
  decodeSharedObject,
  describeSharedObjectEvent,
  SHARED_OBJECT_LIMITS_OF_CLIENTS,
  type SharedObjectEvent,
} from "../../src/rtmp/message/shared-object.ts";
import type {
  SharedObjectAccess,
  SharedObjectConnection,
} from "../../src/rtmp/shared-object/shared-object-connection.ts";
import type {
  SharedObjectDirectory,
  SharedObjectReceived,
} from "../../src/rtmp/shared-object/shared-object-directory.ts";

const WHOLE = { limits: SHARED_OBJECT_LIMITS_OF_CLIENTS };

/** Messages of a shared object in short: the version, then each event. */
export function describeMessages(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    const { version, events } = decodeSharedObject(message, WHOLE);
    return `${version}: ${events.map(describeEvent).join(", ")}`;
  });
}

/** One connection to a directory of shared objects, without a network: what it asks for is applied at once. */
export class SharedObjectTestClient {
  readonly connection: SharedObjectConnection;
  readonly #directory: SharedObjectDirectory;
  /** Of the last message it got: goes into what it sends, unless a test says otherwise. */
  version = 0;
  nowMs = 0;

  constructor(directory: SharedObjectDirectory, objectEncoding: 0 | 3 = 0) {
    this.#directory = directory;
    this.connection = directory.connect(objectEncoding);
  }

  use(name = "o", access?: SharedObjectAccess): SharedObjectReceived[] {
    return this.#receive(name, [{ kind: "use" }], access);
  }

  ask(...events: SharedObjectEvent[]): SharedObjectReceived[] {
    return this.#receive("o", events);
  }

  set(key: string, value: (SharedObjectEvent & { readonly kind: "request-change" })["value"]): SharedObjectReceived[] {
    return this.ask({ kind: "request-change", key, value });
  }

  remove(key: string): SharedObjectReceived[] {
    return this.ask({ kind: "request-remove", key });
  }

  send(method: string): SharedObjectReceived[] {
    return this.ask({ kind: "send", method, args: [] });
  }

  /** Everything that waits for it, in short. */
  take(): string[] {
    const messages = this.connection.takeOutgoing();
    const last = messages.at(-1);
    if (last !== undefined) this.version = decodeSharedObject(last, WHOLE).version;
    return describeMessages(messages);
  }

  #receive(name: string, events: readonly SharedObjectEvent[], access?: SharedObjectAccess): SharedObjectReceived[] {
    const isPersistent = name.startsWith("persistent");
    // Over the wire, as it would come.
    const message = encodeSharedObject({ name, version: this.version, isPersistent, events });
    return this.#directory.receive(this.connection, decodeSharedObject(message, WHOLE), this.nowMs, access);
  }
}

function describeEvent(event: SharedObjectEvent): string {
  if (event.kind !== "change") return describeSharedObjectEvent(event).replaceAll('"', "");
  return event.slots.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(", ");
}
