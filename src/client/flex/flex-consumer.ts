import {
  FlexHeader,
  FlexOperation,
  type OutgoingFlexMessage,
  SUBSCRIPTION_SEPARATOR,
} from "../../formats/flex/message.ts";
import type { FlexDelivery } from "./flex-delivery.ts";

export type FlexSubscribeOptions = {
  /** May have wildcards: `chat.*`. @default what is said under none */
  readonly subtopic?: string;
  /** A condition over headers, where the destination takes them: `price > 10`. */
  readonly selector?: string;
  /** Called with each message; otherwise they wait for `for await`. */
  readonly onMessage?: (message: FlexDelivery) => void;
  /** How many may wait for a reader; then the oldest are dropped. @default 1000 */
  readonly maxWaitingMessages?: number;
};

/** What else a consumer begins, or ceases, to hear. */
export type FlexFilter = { readonly subtopic?: string; readonly selector?: string };

/** What a consumer needs of its channel. */
export type FlexConsumerPort = {
  send(message: OutgoingFlexMessage): Promise<unknown>;
  /** Nothing is delivered to it any more. */
  forget(consumer: FlexConsumer): void;
};

const DEFAULT_MAX_WAITING_MESSAGES = 1000;

/** Hears what is said in a topic. Ends with `unsubscribe`, with the connection, or when the server takes the subscription back. */
export class FlexConsumer implements AsyncIterable<FlexDelivery> {
  readonly destination: string;
  readonly clientId: string;
  /** Messages that were dropped because nobody took them. */
  dropped = 0;
  readonly #port: FlexConsumerPort;
  readonly #options: FlexSubscribeOptions;
  readonly #waiting: FlexDelivery[] = [];
  readonly #readers: PromiseWithResolvers<IteratorResult<FlexDelivery, undefined>>[] = [];
  #isOver = false;
  /** Why it is over, unless on purpose. */
  #error: Error | undefined;

  constructor(destination: string, clientId: string, options: FlexSubscribeOptions, port: FlexConsumerPort) {
    this.destination = destination;
    this.clientId = clientId;
    this.#options = options;
    this.#port = port;
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Hears another subtopic as well, or the same by another selector. Rejects with a `FlexFault`. */
  async add(...filters: readonly FlexFilter[]): Promise<void> {
    await this.#change(FlexHeader.AddSubscriptions, filters);
  }

  /** Hears it no more. */
  async remove(...filters: readonly FlexFilter[]): Promise<void> {
    await this.#change(FlexHeader.RemoveSubscriptions, filters);
  }

  /** Hears nothing more, at once; what has arrived can still be taken. Rejects with a `FlexFault` when the server knew nothing of it. */
  async unsubscribe(): Promise<void> {
    if (this.#isOver) return;
    this.end(undefined);
    const { destination, clientId } = this;
    const headers = filterHeaders(this.#options);
    await this.#port.send({ kind: "command", operation: FlexOperation.Unsubscribe, destination, clientId, headers });
  }

  /** For the channel: a message for this consumer. */
  deliver(message: FlexDelivery): void {
    if (this.#isOver) return;
    const { onMessage, maxWaitingMessages = DEFAULT_MAX_WAITING_MESSAGES } = this.#options;
    if (onMessage !== undefined) return onMessage(message);
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ done: false, value: message });
    this.#waiting.push(message);
    if (this.#waiting.length <= maxWaitingMessages) return;
    this.#waiting.shift();
    this.dropped++;
  }

  /** For the channel: nothing more comes. */
  end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#port.forget(this);
    for (const reader of this.#readers.splice(0)) {
      if (error === undefined) reader.resolve({ done: true, value: undefined });
      else reader.reject(error);
    }
  }

  /** Leaving the loop unsubscribes. The loop throws when the connection, or the server, ended the subscription. */
  [Symbol.asyncIterator](): AsyncIterator<FlexDelivery, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.unsubscribe();
        return { done: true, value: undefined };
      },
    };
  }

  #next(): Promise<IteratorResult<FlexDelivery, undefined>> {
    const message = this.#waiting.shift();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    const reader = Promise.withResolvers<IteratorResult<FlexDelivery, undefined>>();
    this.#readers.push(reader);
    return reader.promise;
  }

  async #change(header: string, filters: readonly FlexFilter[]): Promise<void> {
    const { destination, clientId } = this;
    const list = filters.map(({ subtopic = "", selector = "" }) => `${subtopic}${SUBSCRIPTION_SEPARATOR}${selector}`);
    const operation = FlexOperation.MultiSubscribe;
    await this.#port.send({ kind: "command", operation, destination, clientId, headers: [[header, list]] });
  }
}

/** What a subscription is known by. */
export function filterHeaders({ subtopic, selector }: FlexFilter): [string, string][] {
  const headers: [string, string][] = [];
  if (subtopic !== undefined) headers.push([FlexHeader.Subtopic, subtopic]);
  if (selector !== undefined) headers.push([FlexHeader.Selector, selector]);
  return headers;
}
