import { type AmfEncodable, type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { type PlainValue, toPlain } from "../../formats/amf/to-plain.ts";
import {
  type FlexAcknowledgeMessage,
  FlexHeader,
  type FlexMessage,
  FlexOperation,
  NO_FLEX_CLIENT_ID,
  type OutgoingFlexMessage,
} from "../../formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../formats/flex/message-codec.ts";
import { clientError } from "../client-error.ts";
import type { CloseReason } from "../close-reason.ts";
import type { CallOptions, NetConnection } from "../net-connection.ts";
import { type RemoteMethods, remoteMethods } from "../remote-methods.ts";
import { StatusError } from "../status-error.ts";
import { encodeFlexCredentials } from "./flex-connect.ts";
import { FlexConsumer, type FlexSubscribeOptions, filterHeaders } from "./flex-consumer.ts";
import { deliveryOf } from "./flex-delivery.ts";
import { FaultCode, FlexFault } from "./flex-fault.ts";
import { createFlexId } from "./flex-ids.ts";

/** What is said besides the body of a message. */
export type FlexSendOptions = CallOptions & {
  /** Or several. */
  readonly subtopic?: string | readonly string[];
  readonly headers?: Readonly<Record<string, AmfEncodable>>;
  /** In milliseconds: who has not got it by then does not get it. @default for ever */
  readonly timeToLiveMs?: number;
};

/** Says things in a topic. */
export type FlexProducer = {
  readonly destination: string;
  /** Settles when the server has handed it on. Rejects with a `FlexFault`. */
  send(body: AmfEncodable, options?: FlexSendOptions): Promise<void>;
};

/** A service on the server. */
export type FlexService<Methods> = {
  readonly destination: string;
  /** The methods as functions; the types are what the server promises. */
  readonly methods: RemoteMethods<Methods>;
  /** Calls a method by its name. Rejects with a `FlexFault`. Results are plain values. */
  call(operation: string, ...parameters: readonly AmfEncodable[]): Promise<PlainValue>;
};

/** The server's end of messaging: consumers, producers and services over one connection. Made by `connectFlex`. */
export class FlexChannel {
  readonly connection: NetConnection;
  /** Settles when the connection is over and closed; never rejects. */
  readonly closed: Promise<CloseReason>;
  readonly #consumers = new Map<string, FlexConsumer>();
  readonly #registry: ExternalizableRegistry;
  readonly #endpoint: string | undefined;
  #id: string;
  #isSmall: boolean;

  /** `connection` has been accepted with AMF3; `registry` makes instances in results. */
  constructor(connection: NetConnection, registry: ExternalizableRegistry, endpoint?: string) {
    const { information } = connection.server;
    this.connection = connection;
    this.closed = connection.closed;
    this.#registry = registry;
    this.#endpoint = endpoint;
    this.#id = textOf(information, "id") ?? NO_FLEX_CLIENT_ID;
    this.#isSmall = isVersion(memberOf(information, FlexHeader.MessagingVersion));
    connection.methods.set("receive", (value) => this.#receive(decodeFlexMessage(value)));
    void connection.closed.then((reason) => this.#ended(reason));
  }

  /** The id that the server knows this client by: with it another connection goes on as the same. A secret. */
  get id(): string {
    return this.#id;
  }

  /** Rejects with a `FlexFault` of `Client.Authentication` when the server does not let the user in. */
  async login(user: string, password: string, options: CallOptions = {}): Promise<void> {
    const body = encodeFlexCredentials({ user, password });
    const operation = FlexOperation.Login;
    const headers: Header[] = [...VERSION, [FlexHeader.CredentialsCharset, "UTF-8"]];
    this.#note(await this.send({ kind: "command", operation, destination: "auth", body, headers }, options));
  }

  async logout(options: CallOptions = {}): Promise<void> {
    await this.send({ kind: "command", operation: FlexOperation.Logout, destination: "auth" }, options);
  }

  /** Asks whether the server is there, and learns what it can. */
  async ping(options: CallOptions = {}): Promise<void> {
    const operation = FlexOperation.ClientPing;
    this.#note(await this.send({ kind: "command", operation, headers: VERSION }, options));
  }

  /** Begins to hear a topic. Rejects with a `FlexFault`. Nothing that is said after the answer is missed. */
  async subscribe(destination: string, options: FlexSubscribeOptions = {}): Promise<FlexConsumer> {
    const clientId = createFlexId();
    const consumer = new FlexConsumer(destination, clientId, options, {
      send: (message) => this.send(message),
      forget: () => this.#consumers.delete(clientId),
    });
    // Before the answer: the first message may overtake it.
    this.#consumers.set(clientId, consumer);
    const headers = filterHeaders(options);
    try {
      const operation = FlexOperation.Subscribe;
      await this.send({ kind: "command", operation, destination, clientId, headers });
      return consumer;
    } catch (error) {
      consumer.end(undefined);
      throw error;
    }
  }

  /** Says things in a topic, with these options unless `send` has others. */
  producer(destination: string, defaults: FlexSendOptions = {}): FlexProducer {
    const clientId = createFlexId();
    return {
      destination,
      send: async (body, options) => {
        const { subtopic, headers = {}, timeToLiveMs = 0, ...call } = { ...defaults, ...options };
        const all = Object.entries(headers);
        if (subtopic !== undefined) all.push([FlexHeader.Subtopic, subtopic]);
        const timestamp = Date.now();
        const message = { destination, clientId, body, headers: all, timestamp, timeToLive: timeToLiveMs };
        await this.send({ kind: "async", ...message }, call);
      },
    };
  }

  /** A service by its name: `service<typeof methods>("calc").methods.add(1, 2)`. */
  service<Methods extends object>(destination: string): FlexService<Methods> {
    const call = async (operation: string, parameters: readonly AmfEncodable[]): Promise<PlainValue> => {
      const { body } = await this.send({ kind: "remoting", destination, operation, body: [...parameters] });
      return toPlain(body, { registry: this.#registry });
    };
    return {
      destination,
      methods: remoteMethods<Methods>(call),
      call: (operation, ...parameters) => call(operation, parameters),
    };
  }

  /** Sends any message, and gives its acknowledgement. Rejects with a `FlexFault` for an error message. */
  async send(message: OutgoingFlexMessage, options: CallOptions = {}): Promise<FlexAcknowledgeMessage> {
    const headers: Header[] = [...(message.headers ?? []), [FlexHeader.Id, this.#id]];
    if (this.#endpoint !== undefined) headers.push([FlexHeader.Endpoint, this.#endpoint]);
    const { messageId = createFlexId() } = message;
    const value = encodeFlexMessage({ ...message, messageId, headers }, this.#isSmall ? "small" : "full");
    try {
      return acknowledgementOf(await this.connection.callWith(options, "", value), messageId);
    } catch (error) {
      throw faultOf(error) ?? error;
    }
  }

  /** Tells the server, and closes. */
  async close(): Promise<CloseReason> {
    const leaving = this.send({ kind: "command", operation: FlexOperation.Disconnect });
    // The server may close before it answers.
    await leaving.catch(() => {});
    return await this.connection.close();
  }

  /** Nothing is answered. */
  #receive(message: FlexMessage | undefined): undefined {
    if (message?.kind !== "async" && message?.kind !== "command") return;
    const destinationId = message.headers.get(FlexHeader.DestinationClientId);
    const clientId = typeof destinationId === "string" ? destinationId : message.clientId;
    const consumer = this.#consumers.get(clientId ?? "");
    if (message.kind === "async") consumer?.deliver(deliveryOf(message));
    else if (message.operation === FlexOperation.SubscriptionInvalidate) consumer?.end(INVALIDATED());
  }

  #note({ headers }: FlexAcknowledgeMessage): void {
    const id = headers.get(FlexHeader.Id);
    if (typeof id === "string" && id !== "") this.#id = id;
    if (isVersion(headers.get(FlexHeader.MessagingVersion))) this.#isSmall = true;
  }

  #ended({ kind, description, error }: CloseReason): void {
    const cause = kind === "closed" ? undefined : (error ?? clientError("connection.closed", description));
    for (const consumer of [...this.#consumers.values()]) consumer.end(cause);
  }
}

type Header = readonly [name: string, value: AmfEncodable];

const VERSION: readonly Header[] = [[FlexHeader.MessagingVersion, 1]];

const INVALIDATED = (): FlexFault =>
  new FlexFault({ code: FaultCode.NotSubscribed, description: "The server took the subscription back." });

/** Some servers answer with the result alone. */
function acknowledgementOf(value: AmfValue, correlationId: string | null): FlexAcknowledgeMessage {
  const message = decodeFlexMessage(value);
  if (message?.kind === "acknowledge") return message;
  const nothing = { clientId: null, destination: null, messageId: null, timestamp: 0, timeToLive: 0 };
  const body = message === undefined ? value : message.body;
  return { kind: "acknowledge", ...nothing, correlationId, headers: message?.headers ?? new Map(), body };
}

/** The error message in the refusal of a call. */
function faultOf(error: unknown): FlexFault | undefined {
  const message = error instanceof StatusError ? decodeFlexMessage(error.info) : undefined;
  if (message?.kind !== "error") return undefined;
  const { faultCode: code, faultString: description, faultDetail: detail, extendedData: data } = message;
  return new FlexFault({ code, description, detail, data }, { cause: error });
}

function isVersion(value: AmfValue): boolean {
  return typeof value === "number" && value >= 1;
}

function textOf(value: AmfValue, key: string): string | undefined {
  const member = memberOf(value, key);
  return typeof member === "string" && member !== "" ? member : undefined;
}

function memberOf(value: AmfValue, key: string): AmfValue {
  return hasMembers(value) ? value.get(key) : undefined;
}
