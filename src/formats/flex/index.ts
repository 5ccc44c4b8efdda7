/**
 * `millrace/flex`: the messages of Flex (LiveCycle Data Services, BlazeDS) as values, AMF packets of HTTP, subtopics and
 * selectors. The client's side is in `millrace/client` (`connectFlex`), the server's in `millrace/server` (option `flex`).
 */

export {
  type AmfPacket,
  type AmfPacketBody,
  type AmfPacketHeader,
  type AmfPacketLimits,
  DEFAULT_AMF_PACKET_LIMITS,
  decodeAmfPacket,
  encodeAmfPacket,
} from "./amf-packet.ts";
export { arrayCollection, objectProxy, unwrapFlexValue } from "./collections.ts";
export {
  type FlexAcknowledgeMessage,
  type FlexAsyncMessage,
  type FlexCommandMessage,
  type FlexErrorMessage,
  FlexHeader,
  type FlexHeaders,
  type FlexMessage,
  FlexOperation,
  type FlexRemotingMessage,
  type OutgoingFlexMessage,
} from "./message.ts";
export { decodeFlexMessage, encodeFlexMessage } from "./message-codec.ts";
export { checkFlexNesting, DEFAULT_FLEX_NESTING_LIMITS, type FlexNestingLimits } from "./nesting.ts";
export { DEFAULT_SELECTOR_LIMITS, parseSelector, type Selector, type SelectorLimits } from "./selector/selector.ts";
export { decodeUuid, encodeUuid } from "./uuid.ts";
