import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import { encodeSharedObjectEvent } from "../message/encode-shared-object.ts";
import type { SharedObjectEvent } from "../message/shared-object.ts";

/** An event for many listeners: encoded once for AMF0, and once for AMF3 when the first listener wants that. */
export class OutgoingEvent {
  readonly event: SharedObjectEvent;
  readonly #amf0: Uint8Array;
  readonly #options: AmfEncodeOptions;
  #amf3: Uint8Array | undefined;

  /** Throws `amf.encode` for what has no AMF0 form, or a longer one than `options` allow. */
  constructor(event: SharedObjectEvent, options: AmfEncodeOptions = {}) {
    this.event = event;
    this.#options = options;
    this.#amf0 = encodeSharedObjectEvent(event, { ...options, objectEncoding: 0 });
  }

  /** Length as AMF0, type and length field included. */
  get byteLength(): number {
    return this.#amf0.length;
  }

  /** Shared: do not change it. */
  bytes(objectEncoding: 0 | 3): Uint8Array {
    if (objectEncoding === 0 || !hasValues(this.event)) return this.#amf0;
    this.#amf3 ??= encodeSharedObjectEvent(this.event, { ...this.#options, objectEncoding: 3 });
    return this.#amf3;
  }

  /** The slot that is set or removed, if it is that. */
  get slotKey(): string | undefined {
    const { event } = this;
    return event.kind === "change" ? event.slots[0]?.[0] : event.kind === "remove" ? event.key : undefined;
  }
}

/**
 * The events without the changes of slots that a later event changes again. A call, a clear and the answer to a Use are
 * borders: what a listener sees at them stays as it was.
 */
export function coalesceEvents(events: readonly OutgoingEvent[]): OutgoingEvent[] {
  const changedLater = new Set<string>();
  const kept: OutgoingEvent[] = [];
  for (const event of events.toReversed()) {
    const key = event.slotKey;
    if (key !== undefined && changedLater.has(key)) continue;
    if (key !== undefined) changedLater.add(key);
    else if (isBorder(event.event)) changedLater.clear();
    kept.push(event);
  }
  return kept.reverse();
}

function isBorder({ kind }: SharedObjectEvent): boolean {
  return kind === "send" || kind === "clear" || kind === "use-success";
}

function hasValues(event: SharedObjectEvent): boolean {
  return event.kind === "change" || event.kind === "send";
}
