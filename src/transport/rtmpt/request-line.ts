import type { HttpExchange } from "./http-exchange.ts";
import { MAX_REQUESTS_BEHIND_A_GAP, RequestOrder } from "./request-order.ts";
import { RequestSlot } from "./request-slot.ts";
import type { TunnelCommand } from "./tunnel-target.ts";

/** How long the request that others wait for may take to come. */
export const MAX_GAP_MS = 5_000;
/** What each waiting request counts on top of its body. */
const REQUEST_OVERHEAD_BYTES = 512;

export type RequestLineOptions = {
  /** Of bodies that wait, with 512 for each request. */
  readonly maxPendingBytes: number;
  nowMs(): number;
};

export type RequestLineEvents = {
  /** The next bytes of the client. */
  onBytes(bytes: Uint8Array): void;
  /** All bytes up to the end of this request were handed on. */
  onWorkedOff(slot: RequestSlot): void;
  /** The request that was worked off last came again. */
  onRepeated(slot: RequestSlot, exchange: HttpExchange): void;
  /** An exchange went down before it was answered. */
  onLost(exchange: HttpExchange): void;
  /** The requests make no stream any more: the session is to end. */
  onBroken(reason: string): void;
};

/**
 * Puts the bodies of a session's requests in order and hands them on as they arrive. What has to wait, for an earlier
 * request or for the reader, is bounded by `maxPendingBytes`; a reader that pauses stops the TCP connections.
 */
export class RequestLine {
  readonly #events: RequestLineEvents;
  readonly #maxPendingBytes: number;
  readonly #nowMs: () => number;
  readonly #order = new RequestOrder();
  /** Those that are not worked off. */
  readonly #slots = new Map<number, RequestSlot>();
  #last: RequestSlot | undefined;
  #pendingBytes = 0;
  #isPaused = true;
  #isPumping = false;
  #isOver = false;
  #gap: { readonly missing: number; readonly sinceMs: number } | undefined;

  /** Paused at first. */
  constructor({ maxPendingBytes, nowMs }: RequestLineOptions, events: RequestLineEvents) {
    this.#maxPendingBytes = maxPendingBytes;
    this.#nowMs = nowMs;
    this.#events = events;
  }

  /** A client waits for the answer to a request that is not worked off. */
  get isWaiting(): boolean {
    for (const { exchange } of this.#slots.values()) if (exchange.canAnswer) return true;
    return false;
  }

  receive(kind: TunnelCommand, sequence: number, exchange: HttpExchange): void {
    switch (this.#order.place(sequence)) {
      case "in-line":
      case "behind-gap":
        return this.#add(new RequestSlot(kind, sequence, exchange));
      case "again":
        return this.#bringAgain(this.#slots.get(sequence), kind, exchange);
      case "last":
        return this.#bringAgain(this.#last, kind, exchange);
      case "old":
        return exchange.receive({ onEnd: () => exchange.refuse(400, "the request is older than the last one") });
      case "too-far":
        this.#break(`more than ${MAX_REQUESTS_BEHIND_A_GAP} requests before number ${sequence} are missing`);
        return exchange.refuse(400, "the session ended: requests are missing");
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Reads on, from the next `pump` on. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Hands on what there is, in order. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#isOver && this.#step());
    } finally {
      this.#isPumping = false;
    }
    if (this.#isOver) return;
    if (!this.#isPaused) for (const slot of this.#slots.values()) this.#goOn(slot);
  }

  /** Call about twice a second. */
  tick(nowMs: number): void {
    const { missing } = this.#order;
    if (missing === undefined) this.#gap = undefined;
    else if (this.#gap?.missing !== missing) this.#gap = { missing, sinceMs: nowMs };
    else if (nowMs - this.#gap.sinceMs > MAX_GAP_MS) this.#break(`request number ${missing} did not come`);
  }

  /** Ends all that waits, with an error for those who ask. */
  close(status: number, reason: string): void {
    this.#isOver = true;
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const { exchange } of slots) exchange.refuse(status, reason);
  }

  /** One step of the next request; false if it has to wait. */
  #step(): boolean {
    const slot = this.#slots.get(this.#order.next ?? 0);
    // The end waits for the reader as the bytes before it do.
    if (slot === undefined || (this.#isPaused && (slot.hasWaiting || slot.kind === "close"))) return false;
    const bytes = slot.shift();
    if (bytes !== undefined) {
      this.#pendingBytes -= bytes.length;
      this.#events.onBytes(bytes);
      return true;
    }
    if (!slot.isWhole) return false;
    this.#slots.delete(slot.sequence);
    this.#pendingBytes -= REQUEST_OVERHEAD_BYTES;
    this.#order.advance();
    this.#last = slot;
    this.#events.onWorkedOff(slot);
    return true;
  }

  #add(slot: RequestSlot): void {
    this.#slots.set(slot.sequence, slot);
    this.#pendingBytes += REQUEST_OVERHEAD_BYTES;
    this.#checkPending();
    this.#read(slot, slot.exchange);
  }

  #bringAgain(slot: RequestSlot | undefined, kind: TunnelCommand, exchange: HttpExchange): void {
    if (slot === undefined || slot.kind !== kind) return this.#breakByAnother(exchange);
    // The answer to one that is worked off is given elsewhere.
    if (slot !== this.#last) {
      this.#goOn(slot);
      slot.exchange.refuse(400, "the request came again");
    }
    slot.bringAgain(exchange);
    this.#read(slot, exchange);
  }

  #stop(slot: RequestSlot): void {
    const reserved = slot.exchange.stop();
    slot.reservedBytes += reserved;
    this.#pendingBytes += reserved;
  }

  #goOn(slot: RequestSlot): void {
    this.#pendingBytes -= slot.reservedBytes;
    slot.reservedBytes = 0;
    slot.exchange.goOn(this.#nowMs());
  }

  #read(slot: RequestSlot, exchange: HttpExchange): void {
    const isCurrent = (): boolean => !this.#isOver && slot.exchange === exchange;
    exchange.receive({
      onBytes: (bytes) => {
        if (isCurrent()) this.#take(slot, exchange, bytes);
      },
      onEnd: () => {
        if (isCurrent()) this.#end(slot, exchange);
        else exchange.refuse(400, "the request came again");
      },
      onRefused: (reason) => {
        if (isCurrent()) this.#break(reason);
      },
      onLost: () => this.#events.onLost(exchange),
    });
  }

  #take(slot: RequestSlot, exchange: HttpExchange, bytes: Uint8Array): void {
    const added = slot.take(bytes);
    if (added === undefined) return this.#breakByAnother(exchange);
    this.#pendingBytes += added;
    this.#workOff(slot);
  }

  #end(slot: RequestSlot, exchange: HttpExchange): void {
    if (!slot.end()) return this.#breakByAnother(exchange);
    if (slot === this.#last) return this.#events.onRepeated(slot, exchange);
    this.#workOff(slot);
  }

  #workOff(slot: RequestSlot): void {
    this.pump();
    if (this.#isOver) return;
    if (this.#isPaused && slot.hasWaiting) this.#stop(slot);
    this.#checkPending();
  }

  #checkPending(): void {
    if (this.#isOver || this.#pendingBytes <= this.#maxPendingBytes) return;
    this.#break(`more than ${this.#maxPendingBytes} bytes of requests wait`);
  }

  /** Two clients fight over the session: neither may have a stream that is mixed of both. */
  #breakByAnother(exchange: HttpExchange): void {
    const reason = "two different requests came with the same number";
    this.#break(reason);
    exchange.refuse(400, reason);
  }

  #break(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onBroken(reason);
  }
}
