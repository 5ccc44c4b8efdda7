import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { unwrapFlexValue } from "../../formats/flex/collections.ts";
import {
  type FlexCommandMessage,
  FlexHeader,
  type OutgoingFlexMessage,
  SUBSCRIPTION_SEPARATOR,
} from "../../formats/flex/message.ts";
import { parseSelector, type Selector } from "../../formats/flex/selector/selector.ts";
import { acknowledge, createFlexId } from "./answers.ts";
import type { BrokerContext } from "./broker-context.ts";
import { checkAllowed, checkLogin, topicOf } from "./destination-checks.ts";
import type { FlexSession } from "./flex-session.ts";
import type { MessagingDestination } from "./messaging.ts";
import { checkSubtopic } from "./publish.ts";
import { type FilterRequest, filterKey, type Subscription } from "./subscription.ts";

const MAX_CLIENT_ID_CHARACTERS = 255;

/** One consumer begins to hear one subtopic, with or without a selector. The answer's clientId is the subscription's. */
export async function subscribe(
  context: BrokerContext,
  session: FlexSession,
  message: FlexCommandMessage,
): Promise<OutgoingFlexMessage> {
  const topic = topicOf(context, session, message.destination);
  const request = requestOf(context, message);
  const clientId = clientIdOf(message);
  await addFilters(context, session, { topic, clientId, destinationId: message.destination ?? "" }, [request]);
  return acknowledge(message, { clientId });
}

/** The opposite. NotSubscribed where there is nothing to take back. */
export function unsubscribe(
  context: BrokerContext,
  session: FlexSession,
  message: FlexCommandMessage,
): OutgoingFlexMessage {
  const subscription = session.subscriptions.get(message.clientId ?? "");
  const isMeant = subscription?.destinationId === message.destination;
  if (subscription === undefined || !isMeant || !session.deleteFilter(subscription, requestOf(context, message))) {
    throw new FlexFault({ code: FaultCode.NotSubscribed, description: "There is no such subscription." });
  }
  return acknowledge(message);
}

/** Several at once: what is to be heard, and what no more. All of it or, where one is refused, nothing. */
export async function multiSubscribe(
  context: BrokerContext,
  session: FlexSession,
  message: FlexCommandMessage,
): Promise<OutgoingFlexMessage> {
  const topic = topicOf(context, session, message.destination);
  const clientId = clientIdOf(message);
  const toAdd = requestsOf(context, message.headers.get(FlexHeader.AddSubscriptions));
  const toDelete = requestsOf(context, message.headers.get(FlexHeader.RemoveSubscriptions));
  await addFilters(context, session, { topic, clientId, destinationId: message.destination ?? "" }, toAdd, toDelete);
  return acknowledge(message, { clientId });
}

/** Who hears what. */
type Consumer = { readonly topic: MessagingDestination; readonly clientId: string; readonly destinationId: string };

async function addFilters(
  context: BrokerContext,
  session: FlexSession,
  { topic, clientId, destinationId }: Consumer,
  toAdd: readonly FilterRequest[],
  toDelete: readonly FilterRequest[] = [],
): Promise<void> {
  if (!session.canPush) {
    throw new FlexFault({ code: FaultCode.MessageEncoding, description: "Consumers need AMF3: objectEncoding 3." });
  }
  const findRoom = (): Subscription => {
    const subscription = session.subscriptionOf(clientId, destinationId, () => ({
      ...{ clientId, destination: topic, destinationId, session, filters: new Map() },
    }));
    checkRoom(context, session, subscription, toAdd, toDelete);
    return subscription;
  };
  findRoom();
  const parsed = toAdd.map((request) => ({
    request,
    tokens: request.subtopic === undefined ? undefined : topic.tokensOf(request.subtopic),
    selector: selectorOf(context, topic, request),
  }));
  for (const { subtopic, selector } of toAdd) {
    await checkAllowed(topic.options.maySubscribe?.(session, { subtopic, selector }));
  }
  if (session.endReason !== undefined) return;
  // The application may have taken so long that others came in between, or a logout.
  checkLogin(session, topic.options);
  const subscription = findRoom();
  for (const request of toDelete) session.deleteFilter(subscription, request);
  for (const { request, tokens, selector } of parsed) session.addFilter(request, { subscription, tokens, selector });
}

function checkRoom(
  { limits }: BrokerContext,
  session: FlexSession,
  subscription: Subscription,
  toAdd: readonly FilterRequest[],
  toDelete: readonly FilterRequest[],
): void {
  const deleted = new Set(toDelete.map(filterKey).filter((key) => subscription.filters.has(key)));
  const added = new Map(toAdd.map((request) => [filterKey(request), request]));
  for (const key of subscription.filters.keys()) if (!deleted.has(key)) added.delete(key);
  const more = [...added.values()].filter(({ selector }) => selector !== undefined).length;
  const fewer = [...deleted].filter((key) => subscription.filters.get(key)?.selector !== undefined).length;
  if (session.filterCount + added.size - deleted.size > limits.maxSubscriptions) {
    throw new FlexFault({
      code: FaultCode.Unavailable,
      description: `More than ${limits.maxSubscriptions} subscriptions.`,
    });
  }
  if (session.selectorCount + more - fewer > limits.maxSelectors) {
    throw new FlexFault({ code: FaultCode.Unavailable, description: `More than ${limits.maxSelectors} selectors.` });
  }
}

function selectorOf(
  { limits }: BrokerContext,
  { options }: MessagingDestination,
  { selector }: FilterRequest,
): Selector | undefined {
  if (selector === undefined) return undefined;
  if (options.selectors !== true) throw new FlexFault({ description: "This destination takes no selectors." });
  try {
    return parseSelector(selector, limits);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new FlexFault({ description: `The selector cannot be read: ${error.message}.` });
  }
}

function clientIdOf({ clientId }: FlexCommandMessage): string {
  if (clientId === null || clientId === "") return createFlexId();
  if (clientId.length <= MAX_CLIENT_ID_CHARACTERS) return clientId;
  throw new FlexFault({ description: `An id of more than ${MAX_CLIENT_ID_CHARACTERS} characters.` });
}

function requestOf(context: BrokerContext, { headers }: FlexCommandMessage): FilterRequest {
  return checkRequest(context, headers.get(FlexHeader.Subtopic), headers.get(FlexHeader.Selector));
}

/** Each is a text: subtopic, selector and more, with a separator between them. */
function requestsOf(context: BrokerContext, header: AmfValue): readonly FilterRequest[] {
  const list = unwrapFlexValue(header);
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new FlexFault({ description: "Subscriptions that are no array." });
  // More can neither be there nor come.
  if (list.length > context.limits.maxSubscriptions) {
    const description = `More than ${context.limits.maxSubscriptions} subscriptions.`;
    throw new FlexFault({ code: FaultCode.Unavailable, description });
  }
  return list.map((entry) => {
    if (typeof entry !== "string") throw new FlexFault({ description: "A subscription that is no text." });
    const [subtopic, selector] = entry.split(SUBSCRIPTION_SEPARATOR, 2);
    return checkRequest(context, subtopic, selector);
  });
}

function checkRequest({ limits }: BrokerContext, subtopic: AmfValue, selector: AmfValue): FilterRequest {
  return {
    subtopic: isNone(subtopic) ? undefined : checkSubtopic(subtopic, limits),
    selector: isNone(selector) ? undefined : checkSelectorText(selector),
  };
}

function checkSelectorText(selector: AmfValue): string {
  if (typeof selector !== "string") throw new FlexFault({ description: "A selector that is no text." });
  return selector;
}

function isNone(value: AmfValue): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}
