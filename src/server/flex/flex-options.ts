import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { FlexCaller } from "./flex-caller.ts";
import type { MessagingDestination } from "./messaging.ts";
import type { RemotingDestination } from "./remoting.ts";

/** What messages are for: made by `messaging` or `remoting`. */
export type FlexDestination = MessagingDestination | RemotingDestination<object>;

/** Messaging as Flex clients know it from LiveCycle Data Services and BlazeDS: by RTMP, and as AMF over HTTP. */
export type FlexOptions = {
  /** By the names that clients use. */
  readonly destinations: Readonly<Record<string, FlexDestination>>;
  /** Whether a user may log in. @default nobody can */
  readonly login?: FlexLogin;
  /**
   * Applications whose connections are known to be of Flex, so that what stands behind `connect` is taken for
   * credentials; `""` is the one without a name. All others are known by their messages. @default none
   */
  readonly apps?: readonly string[];
  /** What clients get that ask for the server's configuration. @default null */
  readonly configuration?: AmfEncodable;
  /** False: no AMF over HTTP. It is served where the listener takes `rtmpt` or `rtmpts`. */
  readonly http?: FlexHttpOptions | false;
  readonly limits?: Partial<FlexLimits>;
  readonly timeouts?: Partial<FlexTimeouts>;
};

/** True lets the user in. A throw refuses, and is logged. */
export type FlexLogin = (user: string, password: string, caller: FlexCaller) => boolean | Promise<boolean>;

export type FlexHttpOptions = {
  /** Paths of the channel; polls are answered at once. @default ["/messagebroker/amf", "/messagebroker/amfpolling"] */
  readonly paths?: readonly string[];
  /** Paths where a poll waits until there is something to bring. @default ["/messagebroker/amflongpolling"] */
  readonly longPollingPaths?: readonly string[];
  /** Web sites, as origins such as `https://www.example.org`, whose pages may use the channel. @default none */
  readonly allowedOrigins?: readonly string[];
};

/** What Flex clients may make the server hold. */
export type FlexLimits = {
  /** Of one connection, or one client by HTTP: pairs of subtopic and selector. @default 256 */
  readonly maxSubscriptions: number;
  /** Of these, how many may have a selector. @default 32 */
  readonly maxSelectors: number;
  /** @default 512 */
  readonly maxSelectorCharacters: number;
  /** Parentheses, NOTs and signs of a selector inside each other. @default 32 */
  readonly maxSelectorDepth: number;
  /** In UTF-8. @default 255 */
  readonly maxSubtopicBytes: number;
  /** Subtopics that one message is said under. @default 32 */
  readonly maxSubtopicsPerMessage: number;
  /** A message that a client publishes: each subscriber gets a copy. @default 256 KiB */
  readonly maxPublishBytes: number;
  /** Messages that wait for one connection to be read, or for a poll. @default 1000 */
  readonly maxBacklogMessages: number;
  /** The same in bytes; the newest message may be longer alone. @default 1 MiB */
  readonly maxBacklogBytes: number;
  /** What is done with those who do not read: the oldest messages are dropped, or the connection is closed. @default "drop-oldest" */
  readonly fullBacklog: "drop-oldest" | "close";
  /** Calls of one connection without an answer yet; also fewer than `maxPendingCalls` of the server. @default 256 */
  readonly maxCallsOutstanding: number;
  /** Wrong logins until the connection is closed. @default 3 */
  readonly maxLoginAttempts: number;
  /** Wrong logins in a minute from one IPv4 address, or one IPv6 network of 64 bits; then all are refused. @default 30 */
  readonly maxFailedLoginsPerMinute: number;
  /** Arrays and the like inside each other. @default 15 */
  readonly maxCollectionDepth: number;
  /** Clients that are remembered after their connection has gone. @default 10_000 */
  readonly maxRememberedClients: number;
  /** @default 1000 */
  readonly maxHttpSessions: number;
  /** Clients that share one session by HTTP, as windows of one browser do. @default 16 */
  readonly maxClientsPerHttpSession: number;
  /** The body of one request. @default 1 MiB */
  readonly maxHttpBodyBytes: number;
  /** Requests that are read or worked on at a time; polls that wait do not count. @default 256 */
  readonly maxHttpRequests: number;
  /** Polls that wait at a time; more are answered at once. @default 500 */
  readonly maxWaitingPolls: number;
};

/** All in milliseconds. */
export type FlexTimeouts = {
  /** How long a client is remembered after its connection has gone. @default 300_000 */
  readonly rememberClientMs: number;
  /** A session by HTTP without any request. @default 300_000 */
  readonly httpSessionMs: number;
  /** The same until its second request. @default 30_000 */
  readonly newHttpSessionMs: number;
  /** How long a poll waits, less than the server's `tunnelMs`. @default 20_000 */
  readonly longPollMs: number;
  /** How long a method, a login or a question to the application may take. @default 30_000 */
  readonly callMs: number;
};

export const DEFAULT_FLEX_LIMITS: FlexLimits = {
  maxSubscriptions: 256,
  maxSelectors: 32,
  maxSelectorCharacters: 512,
  maxSelectorDepth: 32,
  maxSubtopicBytes: 255,
  maxSubtopicsPerMessage: 32,
  maxPublishBytes: 256 * 1024,
  maxBacklogMessages: 1000,
  maxBacklogBytes: 1024 * 1024,
  fullBacklog: "drop-oldest",
  maxCallsOutstanding: 256,
  maxLoginAttempts: 3,
  maxFailedLoginsPerMinute: 30,
  maxCollectionDepth: 15,
  maxRememberedClients: 10_000,
  maxHttpSessions: 1000,
  maxClientsPerHttpSession: 16,
  maxHttpBodyBytes: 1024 * 1024,
  maxHttpRequests: 256,
  maxWaitingPolls: 500,
};

export const DEFAULT_FLEX_TIMEOUTS: FlexTimeouts = {
  rememberClientMs: 300_000,
  httpSessionMs: 300_000,
  newHttpSessionMs: 30_000,
  longPollMs: 20_000,
  callMs: 30_000,
};
