import { type AmfClass, createRegistry } from "../../formats/amf/class-alias.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { CallEvent } from "../../rtmp/session/call-events.ts";
import type { ConnectEvent } from "../../rtmp/session/server-events.ts";
import type { FeatureDecision, HttpIdentification, ServerClient, ServerFeature } from "../feature.ts";
import { tellApplication } from "../hooks.ts";
import type { Log } from "../log.ts";
import { DEFAULT_INSTANCE, RunningApplication } from "./application.ts";
import type { AnyApplication, ConnectDecision } from "./application-types.ts";
import { CallError } from "./call-error.ts";
import { checkArguments, plainValues } from "./check-arguments.ts";
import { ConnectedClient, type SharedEncodings } from "./connected-client.ts";
import { isMethod, type MethodCall } from "./method.ts";
import { MethodRunner } from "./method-runner.ts";

export type ApplicationsOptions = {
  readonly applications?: readonly AnyApplication[];
  /** Those of the server; each application may have more. */
  readonly classes?: readonly AmfClass[];
  readonly log: Log;
  /** Calls of one client that run at a time. */
  readonly maxPendingCalls: number;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
};

const NOT_BY_HTTP: FeatureDecision = {
  allow: false,
  isForbidden: true,
  reason: "This application decides who connects to it, which it can by RTMP only.",
};

/** Serves the methods of applications. */
export class Applications implements ServerFeature {
  readonly registry: ExternalizableRegistry;
  readonly #log: Log;
  readonly #applications = new Map<string, RunningApplication>();
  readonly #members = new Map<ServerClient, Member>();
  readonly #encodings: SharedEncodings;
  readonly #runner: MethodRunner;

  /** Throws for applications of one name, and for classes that contradict each other. */
  constructor(options: ApplicationsOptions) {
    const { applications = [], classes = [], log } = options;
    for (const application of applications) {
      if (!(application instanceof RunningApplication)) throw new TypeError("an application is made by application()");
      if (this.#applications.has(application.name)) throw new Error(`there are two applications ${application.name}`);
      this.#applications.set(application.name, application);
    }
    const ofApplications = [...this.#applications.values()].flatMap((application) => application.options.classes ?? []);
    this.registry = createRegistry([...classes, ...ofApplications]);
    const { registry } = this;
    this.#log = log;
    this.#encodings = { registry, amf0: { objectEncoding: 0, registry }, amf3: { objectEncoding: 3, registry } };
    this.#runner = new MethodRunner({ ...options, registry });
  }

  connect(client: ServerClient, request: ConnectEvent): FeatureDecision | Promise<FeatureDecision> | undefined {
    const [name = "", ...instanceParts] = request.app.split("/").filter((part) => part !== "");
    const application = this.#applications.get(name);
    if (application === undefined) return undefined;
    const instance = application.enter(instanceParts.join("/") || DEFAULT_INSTANCE);
    const leave = (): void => application.leave(instance);
    this.#members.set(client, { application, leave, connected: undefined });
    const connected = new ConnectedClient(client, instance, application.options.state?.(), this.#encodings);
    this.#members.set(client, { application, leave: () => application.leave(instance, connected), connected });
    return this.#ask(application, connected, request);
  }

  /** An application that decides who connects knows nobody by HTTP: it would have to decide without a client. */
  identify({ broadcastName }: HttpIdentification): FeatureDecision | undefined {
    const [name = ""] = broadcastName.split("/", 1);
    return this.#applications.get(name)?.options.onConnect === undefined ? undefined : NOT_BY_HTTP;
  }

  connected(client: ServerClient): void {
    const { application, connected } = this.#members.get(client) ?? {};
    if (application === undefined || connected === undefined) return;
    application.join(connected);
    tellApplication(this.#log, () => application.options.onConnected?.(connected));
  }

  call(client: ServerClient, event: CallEvent): boolean {
    const { application, connected } = this.#members.get(client) ?? {};
    const method = application?.table.get(event.name);
    if (application === undefined || connected === undefined || method === undefined) return false;
    this.#runner.run({ client, connected, application, method }, event);
    return true;
  }

  tick(nowMs: number): void {
    for (const [client, { connected }] of this.#members) {
      if (connected !== undefined && connected.running.size > 0) this.#runner.expire(client, connected, nowMs);
    }
  }

  closed(client: ServerClient, reason: string): void {
    const member = this.#members.get(client);
    if (member === undefined) return;
    this.#members.delete(client);
    member.leave();
    const { application, connected } = member;
    connected?.gone(reason);
    if (connected?.hasJoined !== true) return;
    tellApplication(this.#log, () => application.options.onDisconnect?.(connected, reason));
  }

  #ask(
    application: RunningApplication,
    connected: ConnectedClient,
    request: ConnectEvent,
  ): FeatureDecision | Promise<FeatureDecision> {
    const { onConnect } = application.options;
    if (onConnect === undefined) return ALLOW;
    try {
      const { args } = request.command;
      const checked = isMethod(onConnect)
        ? checkArguments("connect", onConnect, args, this.registry)
        : plainValues("Arguments of connect", args, this.registry);
      const decide = (values: readonly unknown[]): ConnectDecision | Promise<ConnectDecision> =>
        isMethod(onConnect)
          ? (Reflect.apply(onConnect.handler, connectCall(connected), [connected, ...values]) as ConnectDecision)
          : onConnect(connected, ...values);
      const decision =
        checked instanceof Promise
          ? checked.then((values) => (connected.isGone ? undefined : decide(values)))
          : decide(checked);
      return decision instanceof Promise ? decision.then(decisionOf).catch(refuse) : decisionOf(decision);
    } catch (error) {
      return refuse(error);
    }
  }
}

/** A client and where it is. */
type Member = {
  readonly application: RunningApplication;
  readonly leave: () => void;
  /** Undefined where the application could not make its state. */
  readonly connected: ConnectedClient | undefined;
};

/** What `this` is in an `onConnect` that is a method. */
function connectCall(connected: ConnectedClient): MethodCall {
  return {
    name: "connect",
    get signal() {
      return connected.signal;
    },
  };
}

const ALLOW: FeatureDecision = { allow: true };

/** What is no decision must not allow: `false`, for example. */
function decisionOf(decision: ConnectDecision): FeatureDecision {
  if (decision === undefined) return ALLOW;
  const { allow }: { readonly allow?: unknown } = decision ?? {};
  if (typeof allow === "boolean") return decision;
  throw new TypeError("onConnect returns nothing, { allow: true } or { allow: false, reason }");
}

/** A `CallError` refuses with its own words, its details under `application` as Adobe's servers have it; anything else is a fault of the application, logged by whoever asked. */
function refuse(error: unknown): FeatureDecision {
  if (!(error instanceof CallError)) throw error;
  const { code, description, info } = error;
  return { allow: false, reason: description, refusal: { information: { application: { ...info, code } } } };
}
