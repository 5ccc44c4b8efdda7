import type { IncomingMessage, ServerResponse } from "node:http";
import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import {
  type AmfPacket,
  type AmfPacketBody,
  type AmfPacketHeader,
  decodeAmfPacket,
  encodeAmfPacket,
} from "../../formats/flex/amf-packet.ts";
import {
  FlexHeader,
  type FlexMessage,
  FlexOperation,
  NO_FLEX_CLIENT_ID,
  type OutgoingFlexMessage,
} from "../../formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../formats/flex/message-codec.ts";
import { clientAddressOf } from "../../transport/client-address.ts";
import type { HttpRoute } from "../../transport/http-route.ts";
import { acknowledge, createFlexId, refuse } from "./answers.ts";
import type { FlexBroker } from "./flex-broker.ts";
import type { FlexHttpOptions } from "./flex-options.ts";
import {
  AMF_TYPE,
  answerPacket,
  answerPreflight,
  corsHeaders,
  parseFlexTarget,
  refuseRequest,
  SESSION_NAME,
  sessionCookie,
  sessionOfCookie,
} from "./http-answer.ts";
import type { HttpChannel } from "./http-channel.ts";
import { type HttpCaller, HttpSessions } from "./http-sessions.ts";
import { readBody } from "./read-body.ts";

/** Tells clients that keep no cookies what to put behind the path. */
const APPEND_TO_URL = "AppendToGatewayUrl";
/** Answers nest what they carry deeper than it was when it came. */
const MAX_ANSWER_DEPTH = 128;

/** One request, and what has been found out about it. */
type Exchange = {
  readonly request: IncomingMessage;
  readonly caller: HttpCaller;
  readonly isLongPolling: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly lost: AbortSignal;
  readonly packet: AmfPacket;
  /** The first that was opened for it: its client has to be told of the session. */
  newSession: HttpChannel | undefined;
};

/** AMF over HTTP, as `/messagebroker/amf` has it: messages come in packets, and polls fetch what was pushed. */
export class FlexHttpRoute implements HttpRoute {
  readonly #broker: FlexBroker;
  readonly #sessions: HttpSessions;
  readonly #paths: ReadonlySet<string>;
  readonly #longPollingPaths: ReadonlySet<string>;
  readonly #allowedOrigins: ReadonlySet<string>;
  #requests = 0;
  #isClosed = false;

  constructor(broker: FlexBroker, options: FlexHttpOptions | false) {
    const { paths, longPollingPaths, allowedOrigins }: FlexHttpOptions =
      options === false ? { paths: [], longPollingPaths: [] } : options;
    this.#broker = broker;
    this.#sessions = new HttpSessions(broker);
    this.#paths = new Set(paths ?? ["/messagebroker/amf", "/messagebroker/amfpolling"]);
    this.#longPollingPaths = new Set(longPollingPaths ?? ["/messagebroker/amflongpolling"]);
    this.#allowedOrigins = new Set(allowedOrigins);
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const { path, sessionId } = parseFlexTarget(request.url ?? "");
    const isLongPolling = this.#longPollingPaths.has(path);
    if (!isLongPolling && !this.#paths.has(path)) return false;
    const cors = corsHeaders(request, this.#allowedOrigins);
    if (request.method === "OPTIONS") {
      answerPreflight(response, cors);
      return true;
    }
    const refusal = this.#refusalOf(request);
    if (refusal === undefined) void this.#receive(request, response, { sessionId, isLongPolling, cors });
    else refuseRequest(response, ...refusal);
    return true;
  }

  tick(nowMs: number): void {
    this.#sessions.tick(nowMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#sessions.closeAll("the server stops");
  }

  #refusalOf({ method, headers }: IncomingMessage): readonly [status: number, why: string] | undefined {
    const { maxHttpBodyBytes, maxHttpRequests } = this.#broker.context.limits;
    if (method !== "POST") return [405, "AMF needs POST"];
    // Pages of other sites cannot send this type without asking first.
    if (headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() !== AMF_TYPE) return [415, `send ${AMF_TYPE}`];
    if (Number(headers["content-length"] ?? 0) > maxHttpBodyBytes) return [413, "the body is too long"];
    if (this.#isClosed || this.#requests >= maxHttpRequests) return [503, "too many requests"];
    return undefined;
  }

  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
    found: { sessionId: string | undefined; isLongPolling: boolean; cors: Record<string, string> },
  ): Promise<void> {
    const lost = new AbortController();
    response.once("close", () => lost.abort());
    response.on("error", () => {});
    this.#requests++;
    try {
      const { maxHttpBodyBytes } = this.#broker.context.limits;
      const body = await readBody(request, maxHttpBodyBytes);
      if (body === undefined) return refuseRequest(response, 413, "the body is too long");
      const sessionId = sessionOfCookie(request) ?? found.sessionId;
      const caller = { sessionId, remoteAddress: clientAddressOf(request) };
      const packet = decodeAmfPacket(body, { registry: this.#broker.context.registry });
      const { isLongPolling } = found;
      const exchange: Exchange = { request, caller, isLongPolling, lost: lost.signal, packet, newSession: undefined };
      const answer = await this.#answer(exchange);
      answerPacket(response, answer, { ...found.cors, ...cookieOf(exchange) });
    } catch (error) {
      this.#fail(request, response, error);
    } finally {
      this.#requests--;
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const remote = clientAddressOf(request);
    const { log } = this.#broker.context;
    if (!(error instanceof ProtocolError) || error.code === "amf.encode") {
      log.error({ remote, err: error }, "unexpected error on a request of a Flex client");
      return refuseRequest(response, 500, "the server failed");
    }
    const { code, message, remedy, byteOffset } = error;
    log.warn({ remote, code, byteOffset, remedy }, message);
    refuseRequest(response, 400, `${code}: ${message}`);
  }

  /** All messages of a packet, in their order; their answers, in the same. */
  async #answer(exchange: Exchange): Promise<Uint8Array> {
    const { version, bodies } = exchange.packet;
    const pending = bodies.map((body) => this.#answerBody(exchange, body));
    const answers = await Promise.all(pending);
    const headers: AmfPacketHeader<AmfEncodable>[] = [];
    const { newSession, caller } = exchange;
    if (newSession !== undefined && caller.sessionId === undefined) {
      const value = `;${SESSION_NAME}=${newSession.httpSession.id}`;
      headers.push({ name: APPEND_TO_URL, mustUnderstand: false, value });
    }
    return encodeAmfPacket({ version, headers, bodies: answers }, { maxDepth: MAX_ANSWER_DEPTH });
  }

  async #answerBody(exchange: Exchange, body: AmfPacketBody): Promise<AmfPacketBody<AmfEncodable>> {
    const message = messageOf(body.value);
    const isSmallAllowed = exchange.packet.version === 3;
    try {
      if (body.unreadable !== undefined) throw unreadable(body.unreadable);
      if (message === undefined) throw NO_MESSAGE;
      const { channel, isKept } = this.#channelFor(exchange, message);
      const answer = isPoll(message) ? await this.#poll(exchange, channel, message) : await this.#ask(channel, message);
      if (!isKept) this.#sessions.closeTransient(channel);
      const form = isSmallAllowed && channel.session.messagingVersion >= 1 ? "small" : "full";
      return { ...uris(body, answer), value: encodeFlexMessage(answer, form) };
    } catch (error) {
      if (!(error instanceof FlexFault)) throw error;
      const answer = refuse(message, error);
      return { ...uris(body, answer), value: encodeFlexMessage(answer, "full") };
    }
  }

  /** Calls and messages of clients without a session need none; all else does. */
  #channelFor(exchange: Exchange, message: FlexMessage): { readonly channel: HttpChannel; readonly isKept: boolean } {
    const { caller } = exchange;
    const id = flexClientIdOf(message);
    const known = this.#sessions.peek(caller, id);
    if (known !== undefined) return { channel: known, isKept: true };
    if (message.kind !== "command") return { channel: this.#sessions.openTransient(caller), isKept: false };
    const channel = this.#sessions.find(caller, id ?? NO_FLEX_CLIENT_ID);
    exchange.newSession ??= channel;
    return { channel, isKept: true };
  }

  async #ask(channel: HttpChannel, message: FlexMessage): Promise<OutgoingFlexMessage> {
    const answer = await this.#broker.answer(channel.session, message);
    if (channel.endReason === undefined) return answer;
    const isWrong = answer.kind === "error";
    if (isWrong) this.#sessions.closeSession(channel.httpSession, channel.endReason);
    else this.#sessions.close(channel, channel.endReason);
    return answer;
  }

  async #poll(exchange: Exchange, channel: HttpChannel, message: FlexMessage): Promise<OutgoingFlexMessage> {
    const { session } = channel;
    if (exchange.packet.version !== 3) throw NEEDS_AMF3;
    if (session.subscriptions.size === 0) {
      throw new FlexFault({ code: FaultCode.NotSubscribed, description: "There is nothing to poll for." });
    }
    const { limits, timeouts } = this.#broker.context;
    const messages = channel.poll();
    const mayWait = exchange.isLongPolling && exchange.packet.bodies.length === 1 && !exchange.lost.aborted;
    if (messages.length > 0 || !mayWait || this.#sessions.waitingPolls >= limits.maxWaitingPolls) {
      return polled(message, session.messagingVersion, messages);
    }
    this.#requests--;
    const later = await channel.pollLater(timeouts.longPollMs, exchange.lost);
    this.#requests++;
    if (later.isReplaced) return acknowledge(message, { headers: [[FlexHeader.NoOpPoll, true]] });
    return polled(message, session.messagingVersion, later.messages);
  }
}

function isPoll(message: FlexMessage): boolean {
  return message.kind === "command" && message.operation === FlexOperation.Poll;
}

/** What was pushed comes as one command, or a plain acknowledgement where there is nothing. */
function polled(
  request: FlexMessage,
  messagingVersion: number,
  messages: readonly OutgoingFlexMessage[],
): OutgoingFlexMessage {
  if (messages.length === 0) return acknowledge(request);
  const { messageId: correlationId, clientId } = request;
  return {
    kind: "command",
    operation: FlexOperation.ClientSync,
    messageId: createFlexId(),
    correlationId,
    clientId,
    timestamp: Date.now(),
    body: messages.map((message) => encodeFlexMessage(message, messagingVersion >= 1 ? "small" : "full")),
  };
}

/** An array of one message, or the message itself. */
function messageOf(value: AmfValue): FlexMessage | undefined {
  return decodeFlexMessage(Array.isArray(value) ? value[0] : value);
}

/** Null where the message names none at all. */
function flexClientIdOf({ headers }: FlexMessage): string | null {
  const id = headers.get(FlexHeader.Id);
  return typeof id === "string" ? id : null;
}

function uris({ responseUri }: AmfPacketBody, { kind }: OutgoingFlexMessage) {
  return { targetUri: `${responseUri}/${kind === "error" ? "onStatus" : "onResult"}`, responseUri: "null" };
}

function cookieOf({ request, newSession }: Exchange): Record<string, string> {
  return newSession === undefined ? {} : { "Set-Cookie": sessionCookie(request, newSession.httpSession.id) };
}

function unreadable(code: string): FlexFault {
  const isUnknown = code === "amf.externalizable";
  return new FlexFault({
    code: isUnknown ? FaultCode.InvalidType : FaultCode.MessageEncoding,
    description: isUnknown ? "The message has a class that is not known here." : `The message cannot be read: ${code}.`,
  });
}

const NEEDS_AMF3 = new FlexFault({ code: FaultCode.MessageEncoding, description: "Consumers need AMF3: version 3." });
const NO_MESSAGE = new FlexFault({ code: FaultCode.MessageEncoding, description: "There is no message in this body." });
