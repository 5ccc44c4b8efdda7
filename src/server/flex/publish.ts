import { encodeUtf8 } from "../../bytes/utf8.ts";
import { FlexFault } from "../../client/flex/flex-fault.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { unwrapFlexValue } from "../../formats/flex/collections.ts";
import { type FlexAsyncMessage, FlexHeader, type OutgoingFlexMessage } from "../../formats/flex/message.ts";
import { acknowledge } from "./answers.ts";
import type { BrokerContext } from "./broker-context.ts";
import { checkAllowed, topicOf } from "./destination-checks.ts";
import type { FlexLimits } from "./flex-options.ts";
import type { FlexSession } from "./flex-session.ts";

/** Hands on what a producer says, and answers when all subscribers have it before them. Rejects with a `FlexFault`. */
export async function publish(
  context: BrokerContext,
  session: FlexSession,
  message: FlexAsyncMessage,
): Promise<OutgoingFlexMessage> {
  const { body, headers, messageId, correlationId, timeToLive } = message;
  const topic = topicOf(context, session, message.destination);
  const subtopics = subtopicsOf(headers.get(FlexHeader.Subtopic), context.limits);
  for (const subtopic of subtopics) topic.exactTokensOf(subtopic);
  for (const subtopic of subtopics.length === 0 ? [undefined] : subtopics) {
    await checkAllowed(topic.options.mayPublish?.(session, { subtopic, body, headers }));
  }
  const timestamp = message.timestamp > 0 ? message.timestamp : Date.now();
  const publication = { body, headers, messageId, correlationId, timestamp, timeToLive };
  topic.route(publication, subtopics, headers, context.limits.maxPublishBytes);
  return acknowledge(message);
}

/** One, several, or none: an empty one is none. */
function subtopicsOf(header: AmfValue, limits: FlexLimits): readonly string[] {
  const value = unwrapFlexValue(header);
  const list = Array.isArray(value) ? value : value === undefined || value === null || value === "" ? [] : [value];
  if (list.length > limits.maxSubtopicsPerMessage) {
    throw new FlexFault({ description: `More than ${limits.maxSubtopicsPerMessage} subtopics.` });
  }
  return list.map((subtopic) => checkSubtopic(subtopic, limits));
}

/** A subtopic as a client sent it. Throws a `FlexFault`. */
export function checkSubtopic(subtopic: AmfValue, { maxSubtopicBytes }: FlexLimits): string {
  if (typeof subtopic !== "string") throw new FlexFault({ description: "A subtopic that is no text." });
  if (subtopic.length <= maxSubtopicBytes && encodeUtf8(subtopic).length <= maxSubtopicBytes) return subtopic;
  throw new FlexFault({ description: `A subtopic of more than ${maxSubtopicBytes} bytes.` });
}
