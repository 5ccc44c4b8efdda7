import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { FlexHeader, type FlexHeaders } from "../../formats/flex/message.ts";
import { SUBTOPIC_WILDCARD, SubtopicIndex, splitSubtopic } from "../../formats/flex/subtopic.ts";
import { createFlexId } from "./answers.ts";
import type { FlexCaller } from "./flex-caller.ts";
import { Parcel, type Publication } from "./parcel.ts";
import type { Filter, Subscription } from "./subscription.ts";

/** What somebody wants to say. */
export type PublishRequest = {
  readonly subtopic: string | undefined;
  readonly body: AmfValue;
  readonly headers: FlexHeaders;
};

/** What somebody wants to hear. */
export type SubscribeRequest = {
  /** May have wildcards: `chat.*`. */
  readonly subtopic: string | undefined;
  readonly selector: string | undefined;
};

export type MessagingOptions = {
  /** Messages may be said under subtopics, whose tokens this stands between; false for none. @default "." */
  readonly subtopics?: string | boolean;
  /** Consumers may choose by conditions over headers. @default false */
  readonly selectors?: boolean;
  /** Only for those who logged in. @default false */
  readonly needsLogin?: boolean;
  /** Asked for each subtopic of each message. @default everybody may */
  mayPublish?(caller: FlexCaller, request: PublishRequest): boolean | Promise<boolean>;
  /** @default everybody may */
  maySubscribe?(caller: FlexCaller, request: SubscribeRequest): boolean | Promise<boolean>;
};

/** Beside the body of a message that the server says itself. */
export type ServerPublishParts = {
  readonly subtopic?: string;
  readonly headers?: Readonly<Record<string, AmfEncodable>>;
  /** In milliseconds: who has not got it by then does not get it. @default for ever */
  readonly timeToLiveMs?: number;
};

/** A topic: what producers say, consumers hear. Give it to `createMediaServer({ flex: { destinations: { chat: messaging() } } })`. */
export function messaging(options: MessagingOptions = {}): MessagingDestination {
  return new MessagingDestination(options);
}

/** What clients put into headers for the server alone. */
const NOT_FOR_OTHERS: ReadonlySet<string> = new Set([
  FlexHeader.Id,
  FlexHeader.Endpoint,
  FlexHeader.RemoteCredentials,
  FlexHeader.RemoteCredentialsCharset,
  FlexHeader.CredentialsCharset,
  FlexHeader.MessagingVersion,
  FlexHeader.NeedsConfig,
  FlexHeader.ValidateEndpoint,
  FlexHeader.Sync,
  FlexHeader.DestinationClientId,
]);
/** Who hears what. */
export class MessagingDestination {
  readonly options: MessagingOptions;
  /** What stands between the tokens of subtopics; undefined: there are none. */
  readonly separator: string | undefined;
  readonly #withoutSubtopic = new Set<Filter>();
  readonly #bySubtopic = new SubtopicIndex<Filter>();
  #filterCount = 0;

  constructor(options: MessagingOptions) {
    const { subtopics = true } = options;
    this.options = options;
    this.separator = subtopics === true ? "." : subtopics === false ? undefined : subtopics;
  }

  /** Subscriptions, each pair of subtopic and selector for itself. */
  get subscriptionCount(): number {
    return this.#filterCount;
  }

  /** Says something to all subscribers. Returns how many there are. Throws a `FlexFault` for a subtopic that is none, and `amf.encode`. */
  publish(body: AmfEncodable, parts: ServerPublishParts = {}): number {
    const { subtopic, headers = {}, timeToLiveMs = 0 } = parts;
    const all = Object.entries(headers);
    if (subtopic !== undefined) all.push([FlexHeader.Subtopic, subtopic]);
    const publication = {
      body,
      headers: all,
      messageId: createFlexId(),
      correlationId: null,
      timestamp: Date.now(),
      timeToLive: timeToLiveMs,
    };
    return this.route(publication, subtopic === undefined ? [] : [subtopic], new Map(all as [string, AmfValue][]));
  }

  add(filter: Filter): void {
    this.#filterCount++;
    if (filter.tokens === undefined) this.#withoutSubtopic.add(filter);
    else this.#bySubtopic.add(filter.tokens, filter);
  }

  delete(filter: Filter): void {
    this.#filterCount--;
    if (filter.tokens === undefined) this.#withoutSubtopic.delete(filter);
    else this.#bySubtopic.delete(filter.tokens, filter);
  }

  /** The tokens of a subtopic to subscribe to. Throws a `FlexFault`. */
  tokensOf(subtopic: string): readonly string[] {
    if (this.separator === undefined) {
      throw new FlexFault({ description: "This destination has no subtopics." });
    }
    const tokens = splitSubtopic(subtopic, this.separator);
    if (tokens !== undefined) return tokens;
    throw new FlexFault({ description: "The subtopic has an empty part, or a wildcard that does not stand alone." });
  }

  /** The same for one to publish under, which is no pattern. */
  exactTokensOf(subtopic: string): readonly string[] {
    const tokens = this.tokensOf(subtopic);
    if (!tokens.includes(SUBTOPIC_WILDCARD)) return tokens;
    throw new FlexFault({ description: "Nothing can be published under a wildcard." });
  }

  /**
   * Hands a message to everybody who wants it, each once a subscription. Returns how many that are. Throws a `FlexFault`
   * for one that cannot be sent, or has more than `maxBytes`.
   */
  route(
    publication: Publication,
    subtopics: readonly string[],
    headers: FlexHeaders,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ): number {
    const subscriptions = this.#subscriptionsFor(subtopics, headers);
    const [first] = subscriptions;
    if (first === undefined) return 0;
    const kept = [...publication.headers].filter(([name]) => !NOT_FOR_OTHERS.has(name));
    const parcel = new Parcel({ ...publication, headers: kept }, first.session.registry);
    if (parcel.byteLength > maxBytes) {
      throw new FlexFault({ code: FaultCode.Unavailable, description: `A message of more than ${maxBytes} bytes.` });
    }
    // From now on, whatever its timestamp says: the clocks of clients are wrong.
    const leftMs = publication.timeToLive > 0 ? publication.timeToLive : Number.POSITIVE_INFINITY;
    for (const subscription of subscriptions) {
      const { session } = subscription;
      session.push(parcel.pushTo(subscription, session.nowMs() + leftMs));
    }
    parcel.close();
    return subscriptions.size;
  }

  #subscriptionsFor(subtopics: readonly string[], headers: FlexHeaders): ReadonlySet<Subscription> {
    const filters = new Set<Filter>();
    for (const subtopic of subtopics) this.#bySubtopic.match(this.exactTokensOf(subtopic), filters);
    const subscriptions = new Set<Subscription>();
    for (const filter of subtopics.length === 0 ? this.#withoutSubtopic : filters) {
      if (subscriptions.has(filter.subscription)) continue;
      if (filter.selector?.(headers) ?? true) subscriptions.add(filter.subscription);
    }
    return subscriptions;
  }
}
