import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { type FlexCommandMessage, FlexHeader, FlexOperation } from "../../formats/flex/message.ts";
import { decodeFlexMessage } from "../../formats/flex/message-codec.ts";
import type { CallEvent } from "../../rtmp/session/call-events.ts";
import type { ConnectEvent } from "../../rtmp/session/server-events.ts";
import type { HttpRoute } from "../../transport/http-route.ts";
import type { FeatureDecision, ServerClient, ServerFeature } from "../feature.ts";
import type { Log } from "../log.ts";
import type { MethodTools } from "./broker-context.ts";
import { FlexBroker, MESSAGING_VERSION } from "./flex-broker.ts";
import { FlexHttpRoute } from "./flex-http-route.ts";
import { DEFAULT_FLEX_LIMITS, DEFAULT_FLEX_TIMEOUTS, type FlexOptions } from "./flex-options.ts";
import { decodeCredentials } from "./login.ts";
import { RtmpChannel } from "./rtmp-channel.ts";

export type FlexMessagingOptions = {
  readonly flex: FlexOptions;
  readonly log: Log;
  readonly nowMs: () => number;
  /** Of the server: a call beyond it ends its connection. */
  readonly maxPendingCalls: number;
  readonly registry?: ExternalizableRegistry;
  readonly methods: MethodTools;
};

/** Serves Flex clients: connections that say so, or send a message of Flex as a call. */
export class FlexMessaging implements ServerFeature {
  /** AMF over HTTP. */
  readonly route: HttpRoute;
  readonly #broker: FlexBroker;
  readonly #http: FlexHttpRoute;
  readonly #apps: ReadonlySet<string>;
  readonly #channels = new Map<ServerClient, RtmpChannel>();

  constructor(options: FlexMessagingOptions) {
    const { flex, log, nowMs, maxPendingCalls, methods, registry = new ExternalizableRegistry() } = options;
    const limits = { ...DEFAULT_FLEX_LIMITS, ...flex.limits };
    // What is beyond the server's own limit would end the connection without an answer.
    const maxCallsOutstanding = Math.max(1, Math.min(limits.maxCallsOutstanding, maxPendingCalls - 1));
    this.#apps = new Set(flex.apps);
    this.#broker = new FlexBroker({
      destinations: new Map(Object.entries(flex.destinations)),
      login: flex.login,
      configuration: flex.configuration ?? null,
      limits: { ...limits, maxCallsOutstanding },
      timeouts: { ...DEFAULT_FLEX_TIMEOUTS, ...flex.timeouts },
      ...{ log, nowMs, registry, methods },
    });
    this.#http = new FlexHttpRoute(this.#broker, flex.http ?? {});
    this.route = this.#http;
  }

  connect(client: ServerClient, request: ConnectEvent): FeatureDecision | Promise<FeatureDecision> | undefined {
    const { args } = request.command;
    const last = decodeFlexMessage(args.at(-1));
    const command = last?.kind === "command" ? last : undefined;
    if (command === undefined && !this.#apps.has(request.app)) return undefined;
    const channel = this.#open(client, flexClientIdOf(args, command));
    if (command !== undefined) this.#broker.greet(channel.session, command);
    const credentials = credentialsOf(args, command);
    if (credentials === undefined || credentials === "") return this.#accept(channel, command);
    return this.#connectAs(channel, credentials, command);
  }

  connected(client: ServerClient): void {
    this.#channels.get(client)?.connected();
  }

  call(client: ServerClient, call: CallEvent): boolean {
    if (call.name !== "") return false;
    const channel = this.#channels.get(client) ?? this.#open(client, null);
    void channel.receive(call);
    return true;
  }

  drained(client: ServerClient): void {
    this.#channels.get(client)?.drained();
  }

  tick(nowMs: number): void {
    this.#broker.tick(nowMs);
    this.#http.tick(nowMs);
  }

  closed(client: ServerClient, reason: string): void {
    const channel = this.#channels.get(client);
    this.#channels.delete(client);
    if (channel !== undefined) this.#broker.close(channel.session, reason);
  }

  async stop(): Promise<void> {
    this.#http.close();
  }

  #open(client: ServerClient, flexClientId: string | null): RtmpChannel {
    const channel = new RtmpChannel(client, this.#broker, flexClientId);
    this.#channels.set(client, channel);
    return channel;
  }

  async #connectAs(
    channel: RtmpChannel,
    credentials: AmfValue,
    command: FlexCommandMessage | undefined,
  ): Promise<FeatureDecision> {
    const isLoggedIn = await this.#broker.login(channel.session, decodeCredentials(credentials));
    return isLoggedIn ? this.#accept(channel, command) : { allow: false, reason: "User or password is wrong." };
  }

  #accept({ session }: RtmpChannel, command: FlexCommandMessage | undefined): FeatureDecision {
    const configuration = command && this.#broker.configurationFor(command);
    const information: Record<string, AmfEncodable> = {
      id: session.id,
      [FlexHeader.MessagingVersion]: MESSAGING_VERSION,
    };
    if (configuration !== undefined && configuration !== null) information["configuration"] = configuration;
    return { allow: true, answer: { information } };
  }
}

/** By the header of the message, or the second of four arguments. */
function flexClientIdOf(args: readonly AmfValue[], command: FlexCommandMessage | undefined): string | null {
  const inMessage = command?.headers.get(FlexHeader.Id);
  const id = typeof inMessage === "string" ? inMessage : args[1];
  return typeof id === "string" ? id : null;
}

/** One argument alone is the credentials; of more they are the third; one that reconnects may have them in its message. */
function credentialsOf(args: readonly AmfValue[], command: FlexCommandMessage | undefined): AmfValue {
  if (command?.operation === FlexOperation.Login) return command.body;
  if (args.length === 1) return command === undefined ? args[0] : undefined;
  const third = args[2];
  return third === null ? undefined : third;
}
