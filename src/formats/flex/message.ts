import type { AmfEncodable, AmfValue } from "../amf/amf-value.ts";

/** By name. Names that begin with `DS` mean something to the messaging itself: see `FlexHeader`. */
export type FlexHeaders = ReadonlyMap<string, AmfValue>;

/** What all messages have. */
export type AnyFlexMessage = {
  readonly body: AmfValue;
  /** The subscription, or the program on the client, that it is from or for: by custom a UUID in upper case. */
  readonly clientId: string | null;
  /** What it is for: a service, or a topic. */
  readonly destination: string | null;
  readonly headers: FlexHeaders;
  readonly messageId: string | null;
  /** Milliseconds since 1970; 0: it does not say. */
  readonly timestamp: number;
  /** In milliseconds; 0: for ever. */
  readonly timeToLive: number;
};

type WithCorrelation = AnyFlexMessage & {
  /** The messageId of what it answers. */
  readonly correlationId: string | null;
};

/** What a producer says and consumers hear. */
export type FlexAsyncMessage = WithCorrelation & { readonly kind: "async" };
/** The answer to a message: its body is the result, where there is one. */
export type FlexAcknowledgeMessage = WithCorrelation & { readonly kind: "acknowledge" };
/** Talks to the messaging itself: subscribes, logs in, pings. */
export type FlexCommandMessage = WithCorrelation & {
  readonly kind: "command";
  /** One of `FlexOperation`, or what a newer client knows. */
  readonly operation: number;
};
/** The answer that says no. */
export type FlexErrorMessage = WithCorrelation & {
  readonly kind: "error";
  readonly faultCode: string;
  readonly faultString: string;
  readonly faultDetail: string;
  readonly rootCause: AmfValue;
  readonly extendedData: AmfValue;
};
/** Calls a method of a service; the body is the array of its parameters. */
export type FlexRemotingMessage = AnyFlexMessage & {
  readonly kind: "remoting";
  /** The method. */
  readonly operation: string;
  /** A class on the server, by old clients. */
  readonly source: string | null;
};

export type FlexMessage =
  | FlexAsyncMessage
  | FlexAcknowledgeMessage
  | FlexCommandMessage
  | FlexErrorMessage
  | FlexRemotingMessage;

/** What may be left out of a message to send: ids are null then, times 0, texts empty. */
type Outgoing<Message extends FlexMessage> = { readonly kind: Message["kind"] } & Partial<
  Omit<Message, "kind" | "body" | "headers">
> & {
    readonly body?: AmfEncodable;
    readonly headers?: Iterable<readonly [string, AmfEncodable]>;
  };

export type OutgoingFlexMessage =
  | Outgoing<FlexAsyncMessage>
  | Outgoing<FlexAcknowledgeMessage>
  | Outgoing<FlexCommandMessage>
  | Outgoing<FlexErrorMessage>
  | Outgoing<FlexRemotingMessage>;

/** What a command wants. */
export const FlexOperation = {
  Subscribe: 0,
  Unsubscribe: 1,
  Poll: 2,
  ClientSync: 4,
  ClientPing: 5,
  ClusterRequest: 7,
  Login: 8,
  Logout: 9,
  SubscriptionInvalidate: 10,
  MultiSubscribe: 11,
  Disconnect: 12,
  TriggerConnect: 13,
  Unknown: 10_000,
} as const;

/** Headers that mean something to the messaging itself. */
export const FlexHeader = {
  /** The client, over all its connections; `nil` when it has no id yet. */
  Id: "DSId",
  Endpoint: "DSEndpoint",
  /** 1 or more: the small forms are understood. */
  MessagingVersion: "DSMessagingVersion",
  NeedsConfig: "DSNeedsConfig",
  Subtopic: "DSSubtopic",
  Selector: "DSSelector",
  /** The subscription that a copy of a message is for. */
  DestinationClientId: "DSDstClientId",
  RemoteCredentials: "DSRemoteCredentials",
  RemoteCredentialsCharset: "DSRemoteCredentialsCharset",
  CredentialsCharset: "DSCredentialsCharset",
  AddSubscriptions: "DSAddSub",
  RemoveSubscriptions: "DSRemSub",
  /** How long a client shall wait before it polls again, in milliseconds. */
  PollWait: "DSPollWait",
  /** The answer to this poll brings nothing, because another one waits. */
  NoOpPoll: "DSNoOpPoll",
  SuppressPollWait: "DSSuppressPollWait",
  ValidateEndpoint: "DSValidateEndpoint",
  Sync: "sync",
} as const;

/** The id that a client sends as long as it has none. */
export const NO_FLEX_CLIENT_ID = "nil";

/** What stands between the parts of a subscription in `DSAddSub` and `DSRemSub`. */
export const SUBSCRIPTION_SEPARATOR = "_;_";
