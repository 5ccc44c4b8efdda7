import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { FlexMessage, OutgoingFlexMessage } from "../../formats/flex/message.ts";
import type { Push } from "./backlog.ts";
import type { FlexCaller } from "./flex-caller.ts";
import type { FlexClient } from "./flex-clients.ts";
import type { FlexIdentity } from "./login.ts";
import { type Filter, type FilterRequest, filterKey, type Subscription } from "./subscription.ts";

/** What a session needs of its channel. */
export type FlexSessionPort = {
  readonly remoteAddress: string;
  readonly channel: "rtmp" | "http";
  /** False for channels whose values are AMF0: nothing can be pushed to them. */
  readonly canPush: boolean;
  /** Takes a message for the client. Never throws. */
  push(push: Push): void;
  /** The client is to be let go, after the answer that is being given. */
  end(reason: string): void;
};

type SessionContext = { readonly nowMs: () => number; readonly registry: ExternalizableRegistry };

/** A question that is being answered. */
export type RunningQuestion = {
  /** Infinity until it is its turn. */
  deadlineMs: number;
  expire(): void;
};

/** One Flex client on one channel: who it is, what it hears, and what it waits for. */
export class FlexSession implements FlexCaller {
  readonly client: FlexClient;
  readonly identity: FlexIdentity;
  readonly nowMs: () => number;
  /** Classes that travel. */
  readonly registry: ExternalizableRegistry;
  readonly subscriptions: Map<string, Subscription> = new Map();
  readonly running: Set<RunningQuestion> = new Set();
  /** 1 or more: the client reads small messages. */
  messagingVersion = 0;
  /** Undefined while it lives. */
  endReason: string | undefined;
  filterCount = 0;
  selectorCount = 0;
  readonly #port: FlexSessionPort;
  /** Settles when what came before has been answered; never rejects. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(client: FlexClient, identity: FlexIdentity, port: FlexSessionPort, context: SessionContext) {
    this.client = client;
    this.identity = identity;
    this.#port = port;
    this.nowMs = context.nowMs;
    this.registry = context.registry;
  }

  get id(): string {
    return this.client.id;
  }

  get user(): string | undefined {
    return this.identity.user;
  }

  get state(): Map<string, unknown> {
    return this.client.state;
  }

  get remoteAddress(): string {
    return this.#port.remoteAddress;
  }

  get channel(): "rtmp" | "http" {
    return this.#port.channel;
  }

  get canPush(): boolean {
    return this.#port.canPush;
  }

  push(push: Push): void {
    if (this.endReason === undefined) this.#port.push(push);
  }

  /** Tells the client something that answers nothing. */
  tell(message: OutgoingFlexMessage): void {
    this.push({ message: () => message, byteLength: 256, expiresAtMs: Number.POSITIVE_INFINITY });
  }

  /** After all that came before. Calls of services run side by side; everything else one by one, as it came. */
  inOrder<Answer>(message: FlexMessage, answer: () => Promise<Answer>): Promise<Answer> {
    const answered = this.#before.then(answer);
    if (message.kind !== "remoting") this.#before = answered.catch(() => {});
    return answered;
  }

  /** The subscription of that consumer to that destination; a new one hears nothing yet. Throws a `FlexFault`. */
  subscriptionOf(clientId: string, destinationId: string, create: () => Subscription): Subscription {
    const known = this.subscriptions.get(clientId);
    if (known !== undefined && known.destinationId !== destinationId) {
      throw new FlexFault({ code: FaultCode.DuplicateId, description: "This consumer hears another destination." });
    }
    return known ?? create();
  }

  addFilter(request: FilterRequest, filter: Filter): void {
    const { subscription } = filter;
    const key = filterKey(request);
    if (subscription.filters.has(key)) return;
    this.subscriptions.set(subscription.clientId, subscription);
    subscription.filters.set(key, filter);
    subscription.destination.add(filter);
    this.filterCount++;
    if (filter.selector !== undefined) this.selectorCount++;
  }

  /** False if there was none. */
  deleteFilter(subscription: Subscription, request: FilterRequest): boolean {
    const key = filterKey(request);
    const filter = subscription.filters.get(key);
    if (filter === undefined) return false;
    subscription.filters.delete(key);
    subscription.destination.delete(filter);
    this.filterCount--;
    if (filter.selector !== undefined) this.selectorCount--;
    if (subscription.filters.size === 0) this.subscriptions.delete(subscription.clientId);
    return true;
  }

  deleteSubscription(subscription: Subscription): void {
    for (const filter of subscription.filters.values()) {
      subscription.destination.delete(filter);
      this.filterCount--;
      if (filter.selector !== undefined) this.selectorCount--;
    }
    subscription.filters.clear();
    this.subscriptions.delete(subscription.clientId);
  }

  /** Asks the channel to let the client go. */
  end(reason: string): void {
    this.#port.end(reason);
  }

  /** The channel has ended: nothing of the session stays. */
  ended(reason: string): void {
    if (this.endReason !== undefined) return;
    this.endReason = reason;
    for (const subscription of [...this.subscriptions.values()]) this.deleteSubscription(subscription);
    for (const question of this.running) question.expire();
    this.running.clear();
  }
}
