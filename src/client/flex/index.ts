/** Flex messaging: the client's side. */
export { connectFlex } from "./connect-flex.ts";
export type { FlexChannel, FlexProducer, FlexSendOptions, FlexService } from "./flex-channel.ts";
export type { FlexConnectOptions, FlexCredentials } from "./flex-connect.ts";
export type { FlexConsumer, FlexFilter, FlexSubscribeOptions } from "./flex-consumer.ts";
export type { FlexDelivery } from "./flex-delivery.ts";
export { FlexFault, type FlexFaultDetails } from "./flex-fault.ts";
