import type { ReconnectEvent } from "../../client/reconnect-options.ts";

/** Open while the server is there. */
export class Gate {
  #opening: PromiseWithResolvers<void> | undefined;

  /** Undefined while it is open. */
  get opened(): Promise<void> | undefined {
    return this.#opening?.promise;
  }

  note(kind: ReconnectEvent["kind"]): void {
    if (kind === "lost") this.#opening ??= Promise.withResolvers();
    if (kind !== "connected" && kind !== "gave-up") return;
    this.#opening?.resolve();
    this.#opening = undefined;
  }
}
