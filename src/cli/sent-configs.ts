import { equalBytes } from "../bytes/concat.ts";
import { configSlot } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";

/** Knows which configurations have been handed on: what is said again need not be. */
export class SentConfigs {
  readonly #payloads = new Map<string | number, Uint8Array>();

  /** True once for each configuration and each change of it. The payload is copied. */
  isNew(config: MediaMessage): boolean {
    const slot = configSlot(config);
    const before = this.#payloads.get(slot);
    if (before !== undefined && equalBytes(before, config.payload)) return false;
    this.#payloads.set(slot, new Uint8Array(config.payload));
    return true;
  }
}
