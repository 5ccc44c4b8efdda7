import type { OutgoingFlexMessage } from "../../formats/flex/message.ts";
import { Backlog, type Push } from "./backlog.ts";
import type { FlexBroker } from "./flex-broker.ts";
import type { FlexSession, FlexSessionPort } from "./flex-session.ts";
import type { HttpSession } from "./http-sessions.ts";

/** What a poll brings. */
export type Polled = {
  readonly messages: readonly OutgoingFlexMessage[];
  /** Another poll took its place. */
  readonly isReplaced: boolean;
};

/** One Flex client by HTTP: what is pushed waits for its polls. */
export class HttpChannel implements FlexSessionPort {
  readonly channel = "http";
  readonly canPush = true;
  readonly session: FlexSession;
  readonly httpSession: HttpSession;
  /** Of the last request. */
  remoteAddress: string;
  endReason: string | undefined;
  readonly #broker: FlexBroker;
  readonly #backlog: Backlog;
  /** The poll that waits. */
  #waiting: ((polled: Polled) => void) | undefined;

  constructor(broker: FlexBroker, flexClientId: string | null, httpSession: HttpSession, remoteAddress: string) {
    this.#broker = broker;
    this.#backlog = new Backlog(broker.context.limits);
    this.httpSession = httpSession;
    this.remoteAddress = remoteAddress;
    this.session = broker.open(flexClientId, this, httpSession.identity);
  }

  get isPolling(): boolean {
    return this.#waiting !== undefined;
  }

  push(push: Push): void {
    if (this.endReason !== undefined) return;
    if (this.#broker.context.limits.fullBacklog === "close" && this.#backlog.isFullFor(push)) {
      this.#backlog.clear();
      return this.end("the client does not poll what it subscribed to");
    }
    this.#backlog.add(push);
    // What is published in one go comes with one poll.
    if (this.#waiting !== undefined) setImmediate(() => this.#bring(false));
  }

  end(reason: string): void {
    this.endReason = reason;
  }

  /** What waits, at once. A poll that waits elsewhere ends with nothing. */
  poll(): readonly OutgoingFlexMessage[] {
    this.#replace();
    return this.#take();
  }

  /** The same, but not before there is something, or time is over, or `signal` says that nobody listens any more. */
  pollLater(waitMs: number, signal: AbortSignal): Promise<Polled> {
    this.#replace();
    const { promise, resolve } = Promise.withResolvers<Polled>();
    const timer = setTimeout(() => this.#bring(false), waitMs);
    const onLost = (): void => this.stopPolling();
    signal.addEventListener("abort", onLost, { once: true });
    this.#waiting = (polled) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onLost);
      this.#waiting = undefined;
      resolve(polled);
    };
    return promise;
  }

  /** The poll that waits ends, and what it would have brought is kept. */
  stopPolling(): void {
    this.#waiting?.({ messages: [], isReplaced: false });
  }

  #replace(): void {
    this.#waiting?.({ messages: [], isReplaced: true });
  }

  #bring(isReplaced: boolean): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) waiting({ messages: this.#take(), isReplaced });
  }

  #take(): OutgoingFlexMessage[] {
    const messages: OutgoingFlexMessage[] = [];
    const nowMs = this.#broker.context.nowMs();
    for (let push = this.#backlog.take(nowMs); push !== undefined; push = this.#backlog.take(nowMs)) {
      messages.push(push.message());
    }
    return messages;
  }
}
