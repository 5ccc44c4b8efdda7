import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import {
  type FlexCommandMessage,
  FlexHeader,
  type FlexMessage,
  FlexOperation,
  type OutgoingFlexMessage,
} from "../../formats/flex/message.ts";
import { checkFlexNesting } from "../../formats/flex/nesting.ts";
import { acknowledge, refuse } from "./answers.ts";
import type { BrokerContext } from "./broker-context.ts";
import { callService } from "./call-service.ts";
import { FlexClients } from "./flex-clients.ts";
import { FlexSession, type FlexSessionPort, type RunningQuestion } from "./flex-session.ts";
import { type Credentials, decodeCredentials, FlexIdentity, LoginGuard } from "./login.ts";
import { publish } from "./publish.ts";
import { multiSubscribe, subscribe, unsubscribe } from "./subscribe.ts";

/** What the server understands, and says of itself in answers. */
export const MESSAGING_VERSION = 1;
const LOGGED_IN = "success";

/** Answers the messages of Flex clients, whatever channel they come by. */
export class FlexBroker {
  readonly context: BrokerContext;
  readonly clients: FlexClients;
  readonly #guard: LoginGuard;
  readonly #sessions = new Set<FlexSession>();

  constructor(context: BrokerContext) {
    const { limits, timeouts, nowMs } = context;
    this.context = context;
    this.clients = new FlexClients({ ...limits, ...timeouts, nowMs });
    this.#guard = new LoginGuard(limits.maxFailedLoginsPerMinute, nowMs);
  }

  /** `id` is what the client calls itself; to be ended when its channel ends. */
  open(id: string | null, port: FlexSessionPort, identity: FlexIdentity = new FlexIdentity()): FlexSession {
    const session = new FlexSession(this.clients.claim(id), identity, port, this.context);
    this.#sessions.add(session);
    identity.sessions.add(session);
    return session;
  }

  /** The client is remembered for a time, unless it never learned its id. */
  close(session: FlexSession, reason: string, isRemembered = true): void {
    if (!this.#sessions.delete(session)) return;
    session.identity.sessions.delete(session);
    session.ended(reason);
    this.clients.release(session.client, isRemembered);
  }

  tick(nowMs: number): void {
    this.clients.tick(nowMs);
    for (const { running } of this.#sessions) {
      for (const question of running) if (question.deadlineMs <= nowMs) question.expire();
    }
  }

  /** The one answer to a message. Never rejects. */
  async answer(session: FlexSession, message: FlexMessage): Promise<OutgoingFlexMessage> {
    const { limits, timeouts, nowMs } = this.context;
    if (session.running.size >= limits.maxCallsOutstanding) return refuse(message, TOO_MANY_CALLS);
    const late = Promise.withResolvers<never>();
    // It may be too late while nobody waits for it yet.
    late.promise.catch(() => {});
    const question: RunningQuestion = { deadlineMs: Number.POSITIVE_INFINITY, expire: () => late.reject(TOO_LATE) };
    session.running.add(question);
    try {
      return await session.inOrder(message, () => {
        question.deadlineMs = nowMs() + timeouts.callMs;
        return Promise.race([this.#dispatch(session, message), late.promise]);
      });
    } catch (error) {
      return refuse(message, this.#faultOf(error, message));
    } finally {
      session.running.delete(question);
    }
  }

  /** Whether the user is let in; the session knows it then. Never rejects. */
  async login(session: FlexSession, credentials: Credentials | undefined): Promise<boolean> {
    const { identity, remoteAddress } = session;
    const isAllowed = await this.#guard.attempt(remoteAddress, () => this.#ask(session, credentials));
    if (isAllowed && credentials !== undefined) {
      identity.user = credentials.user;
      identity.failedLogins = 0;
      return true;
    }
    identity.failedLogins++;
    this.context.log.warn({ remote: remoteAddress, channel: session.channel }, "a login of a Flex client was refused");
    return false;
  }

  /** What a client says of itself in its first message. */
  greet(session: FlexSession, { headers }: FlexCommandMessage): void {
    const version = headers.get(FlexHeader.MessagingVersion);
    if (typeof version === "number" && version >= 1) session.messagingVersion = version;
  }

  /** The configuration, for clients that ask for it. */
  configurationFor({ headers }: FlexCommandMessage): AmfEncodable {
    return headers.get(FlexHeader.NeedsConfig) === true ? this.context.configuration : null;
  }

  async #ask(session: FlexSession, credentials: Credentials | undefined): Promise<boolean> {
    if (credentials === undefined) return false;
    const { user, password } = credentials;
    try {
      return (await this.context.login?.(user, password, session)) === true;
    } catch (err) {
      this.context.log.error({ err }, "the login of Flex clients failed");
      return false;
    }
  }

  async #dispatch(session: FlexSession, message: FlexMessage): Promise<OutgoingFlexMessage> {
    const { context } = this;
    checkFlexNesting([message.body, ...message.headers.values()], {
      maxCollectionDepth: context.limits.maxCollectionDepth + 1,
    });
    switch (message.kind) {
      case "remoting":
        return await callService(context, session, message);
      case "async":
        return await publish(context, session, message);
      case "command":
        return await this.#command(session, message);
      case "acknowledge":
      case "error":
        throw new FlexFault({ code: FaultCode.InvalidType, description: "An answer to nothing." });
    }
  }

  async #command(session: FlexSession, message: FlexCommandMessage): Promise<OutgoingFlexMessage> {
    const { context } = this;
    switch (message.operation) {
      case FlexOperation.Subscribe:
        return await subscribe(context, session, message);
      case FlexOperation.Unsubscribe:
        return unsubscribe(context, session, message);
      case FlexOperation.MultiSubscribe:
        return await multiSubscribe(context, session, message);
      case FlexOperation.ClientPing:
      case FlexOperation.TriggerConnect:
        return this.#greeted(session, message);
      case FlexOperation.Login:
        return await this.#loginByMessage(session, message);
      case FlexOperation.Logout:
        return logout(session, message);
      case FlexOperation.Disconnect:
        session.end("the client disconnects");
        return acknowledge(message);
      case FlexOperation.Poll:
        // By RTMP nothing ever waits for a poll; those by HTTP do not come here.
        return acknowledge(message);
      case FlexOperation.ClusterRequest:
        return acknowledge(message, { body: [] });
      default:
        throw new FlexFault({ description: `There is no operation ${message.operation}.` });
    }
  }

  #greeted(session: FlexSession, message: FlexCommandMessage, body = this.configurationFor(message)) {
    this.greet(session, message);
    const headers: [string, AmfEncodable][] = [
      [FlexHeader.Id, session.id],
      [FlexHeader.MessagingVersion, MESSAGING_VERSION],
    ];
    return acknowledge(message, { body, headers });
  }

  async #loginByMessage(session: FlexSession, message: FlexCommandMessage): Promise<OutgoingFlexMessage> {
    const isLoggedIn = await this.login(session, decodeCredentials(message.body));
    if (isLoggedIn) return this.#greeted(session, message, LOGGED_IN);
    if (session.identity.failedLogins >= this.context.limits.maxLoginAttempts) session.end("too many wrong logins");
    throw new FlexFault({ code: FaultCode.Authentication, description: "User or password is wrong." });
  }

  #faultOf(error: unknown, { kind, destination }: FlexMessage): FlexFault {
    if (error instanceof FlexFault) return error;
    const details = this.context.methods.faultOf(error);
    if (details !== undefined) return new FlexFault(details);
    if (error instanceof ProtocolError && error.code === "amf.limit") {
      return new FlexFault({
        code: FaultCode.MessageEncoding,
        description: `The message is refused: ${error.message}.`,
      });
    }
    this.context.log.error({ kind, destination, err: error }, "a Flex destination failed");
    return new FlexFault({ description: "The destination failed." });
  }
}

const TOO_MANY_CALLS = new FlexFault({
  code: FaultCode.Unavailable,
  description: "Too many calls wait for an answer.",
});
const TOO_LATE = new FlexFault({ description: "The answer took too long." });

/** What only those hear who have logged in is heard no more, in no window of the browser. */
function logout({ identity }: FlexSession, message: FlexCommandMessage): OutgoingFlexMessage {
  identity.user = undefined;
  for (const session of identity.sessions) takeBackProtected(session);
  return acknowledge(message, { body: LOGGED_IN });
}

function takeBackProtected(session: FlexSession): void {
  for (const subscription of [...session.subscriptions.values()]) {
    const { clientId, destination, destinationId } = subscription;
    if (destination.options.needsLogin !== true) continue;
    session.deleteSubscription(subscription);
    const operation = FlexOperation.SubscriptionInvalidate;
    session.tell({ kind: "command", operation, clientId, destination: destinationId });
  }
}
