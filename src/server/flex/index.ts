/** Flex messaging: topics and services for clients of LiveCycle Data Services and BlazeDS. */
export type { FlexCaller } from "./flex-caller.ts";
export type {
  FlexDestination,
  FlexHttpOptions,
  FlexLimits,
  FlexLogin,
  FlexOptions,
  FlexTimeouts,
} from "./flex-options.ts";
export {
  type MessagingDestination,
  type MessagingOptions,
  messaging,
  type PublishRequest,
  type ServerPublishParts,
  type SubscribeRequest,
} from "./messaging.ts";
export {
  type CheckedMethod,
  type RemotingDestination,
  type RemotingOptions,
  remoting,
  type ServiceMethod,
  type ServiceMethods,
} from "./remoting.ts";
