import { PendingAnswers } from "../../client/pending-answers.ts";
import { StatusError } from "../../client/status-error.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { Message } from "../../rtmp/message/message.ts";
import type { CallEndedEvent, CallEvent } from "../../rtmp/session/call-events.ts";
import type { ConnectAnswer } from "../../rtmp/session/connect-answers.ts";
import type { ConnectEvent } from "../../rtmp/session/server-events.ts";
import type { ServerSession } from "../../rtmp/session/server-session.ts";
import { createStatus, type StatusObject } from "../../rtmp/session/status.ts";
import type { FeatureDecision, ServerCallOptions, ServerClient, ServerFeature } from "../feature.ts";
import type { ConnectionInfo } from "../hooks.ts";

/** What the features' view of a client needs of its connection. */
export type FeatureClientPort = {
  readonly info: ConnectionInfo;
  readonly isOpen: boolean;
  /** Its end has been decided, before or after the client was accepted. */
  readonly hasEnded: boolean;
  readonly unsentBytes: number;
  /** Sends what the session has queued, soon. */
  sendReplies(): void;
  /** Runs `work`: where it fails, this connection ends, and nobody else's. */
  guard(work: () => void): void;
  /** Ends the connection when the client had time to read its last answers. */
  close(reason: string, lastWords: () => void): void;
};

const DEFAULT_CALL_TIMEOUT_MS = 10_000;
/** How much of a method's name is repeated. */
const MAX_SHOWN_CHARACTERS = 200;

/** One client for all features: asks them, and does what they want of it. */
export class FeatureClient implements ServerClient {
  readonly #features: readonly ServerFeature[];
  readonly #session: ServerSession;
  readonly #port: FeatureClientPort;
  /** Made for the first call: most clients are never called. */
  #calls: PendingAnswers<AmfValue> | undefined;
  /** The first so many features were asked, and are to be told of the end. */
  #askedCount = 0;
  /** Who it has proved to be, before the connection knows. */
  #user: string | undefined;
  objectEncoding: 0 | 3 = 0;

  constructor(features: readonly ServerFeature[], session: ServerSession, port: FeatureClientPort) {
    this.#features = features;
    this.#session = session;
    this.#port = port;
  }

  get info(): ConnectionInfo {
    const { info } = this.#port;
    return this.#user === undefined || info.user !== undefined ? info : { ...info, user: this.#user };
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  get unsentBytes(): number {
    return this.#port.unsentBytes;
  }

  async call(name: string, args: readonly AmfEncodable[], options: ServerCallOptions = {}): Promise<AmfValue> {
    const { timeoutMs = DEFAULT_CALL_TIMEOUT_MS, signal } = options;
    signal?.throwIfAborted();
    if (!this.isOpen) throw new ProtocolError("connection.closed", "the client has gone");
    const transactionId = this.#session.callClient(name, ...args);
    this.#calls ??= new PendingAnswers<AmfValue>("the client");
    const calls = this.#calls;
    const answer = calls.wait(transactionId, name, timeoutMs);
    const onAbort = (): void => calls.reject(transactionId, abortError(signal));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#send();
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#session.forgetCall(transactionId);
    }
  }

  notify(name: string, args: readonly AmfEncodable[]): void {
    if (!this.isOpen) return;
    this.#session.notifyClient(name, ...args);
    this.#send();
  }

  resolveCall(transactionId: number, value?: AmfEncodable): void {
    if (!this.isOpen) return;
    try {
      this.#session.resolveCall(transactionId, value);
    } finally {
      this.#send();
    }
  }

  rejectCall(transactionId: number, status: StatusObject): void {
    if (!this.isOpen) return;
    try {
      this.#session.rejectCall(transactionId, status);
    } finally {
      this.#send();
    }
  }

  rejectCallWith(transactionId: number, value: AmfEncodable): void {
    if (!this.isOpen) return;
    try {
      this.#session.rejectCallWith(transactionId, value);
    } finally {
      this.#send();
    }
  }

  send(message: Message): void {
    if (!this.isOpen) return;
    this.#port.guard(() => this.#session.sendMessage(message));
    this.#send();
  }

  close(reason: string, status?: StatusObject): void {
    this.#port.close(reason, () => {
      if (status !== undefined) this.#session.status(0, status);
    });
  }

  /** Asks all features in turn, until one refuses. */
  connect(request: ConnectEvent): FeatureDecision | Promise<FeatureDecision> {
    let allowed: Allowed = { allow: true };
    // It has left while a hook decided: nobody would be told the end of it any more.
    if (this.#port.hasEnded) return allowed;
    for (const [index, feature] of this.#features.entries()) {
      this.#askedCount++;
      const decision = feature.connect?.(this, request);
      if (decision instanceof Promise) return this.#connectLater(request, decision, index + 1, allowed);
      if (decision?.allow === false) return decision;
      allowed = this.#add(allowed, decision);
    }
    return allowed;
  }

  connected(request: ConnectEvent): void {
    this.objectEncoding = this.#session.objectEncoding;
    for (const feature of this.#features) feature.connected?.(this, request);
  }

  /** Rejects the call where no feature takes it. */
  receiveCall(call: CallEvent): void {
    if (this.#features.some((feature) => feature.call?.(this, call) === true)) return;
    const name = call.name.slice(0, MAX_SHOWN_CHARACTERS);
    this.#session.rejectCall(
      call.transactionId,
      createStatus("NetConnection.Call.Failed", `Method not found (${name}).`),
    );
  }

  receiveAnswer(event: CallEndedEvent): void {
    if (event.kind === "result") {
      this.#calls?.resolve(event.transactionId, event.value);
      return;
    }
    const { name, status, value } = event;
    const description = typeof value === "string" ? value : "";
    const { level, code } = createStatus("NetConnection.Call.Failed", "");
    const error = new StatusError(name, { level, code, description, ...status, info: value });
    this.#calls?.reject(event.transactionId, error);
  }

  receiveSharedObject(message: Message): void {
    this.#features.some((feature) => feature.sharedObject?.(this, message) === true);
  }

  drained(): void {
    for (const feature of this.#features) feature.drained?.(this);
  }

  /** Once, when the connection is over. */
  ended(reason: string): void {
    this.#calls?.rejectAll(new ProtocolError("connection.closed", `the client has gone: ${reason}`));
    for (const feature of this.#features.slice(0, this.#askedCount)) feature.closed?.(this, reason);
    this.#askedCount = 0;
  }

  async #connectLater(
    request: ConnectEvent,
    pending: Promise<FeatureDecision>,
    next: number,
    before: Allowed,
  ): Promise<FeatureDecision> {
    const first = await pending;
    if (!first.allow) return first;
    let allowed = this.#add(before, first);
    for (const feature of this.#features.slice(next)) {
      // It has left meanwhile, and whoever was asked was told.
      if (this.#port.hasEnded) break;
      this.#askedCount++;
      const decision = await feature.connect?.(this, request);
      if (decision?.allow === false) return decision;
      allowed = this.#add(allowed, decision);
    }
    return allowed;
  }

  /** Features that are asked later see who the client is. */
  #add(before: Allowed, decision: Allowed | undefined): Allowed {
    const allowed = merge(before, decision);
    this.#user = allowed.user;
    return allowed;
  }

  /** Under the guard of this connection: another one may have caused it. */
  #send(): void {
    this.#port.guard(() => this.#port.sendReplies());
  }
}

type Allowed = Extract<FeatureDecision, { readonly allow: true }>;

function merge(first: Allowed, second?: Allowed): Allowed {
  const user = second?.user ?? first.user;
  return { allow: true, answer: mergeAnswers(first.answer, second?.answer), ...(user !== undefined && { user }) };
}

function mergeAnswers(first: ConnectAnswer = {}, second: ConnectAnswer = {}): ConnectAnswer {
  return {
    ...first,
    ...second,
    properties: { ...first.properties, ...second.properties },
    information: { ...first.information, ...second.information },
  };
}

function abortError(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
