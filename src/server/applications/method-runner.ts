import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { CallEvent } from "../../rtmp/session/call-events.ts";
import { createStatus, type StatusObject } from "../../rtmp/session/status.ts";
import type { ServerClient } from "../feature.ts";
import type { Log } from "../log.ts";
import type { RunningApplication } from "./application.ts";
import { CallError, callErrorStatus, failedStatus } from "./call-error.ts";
import { checkArguments } from "./check-arguments.ts";
import type { ConnectedClient } from "./connected-client.ts";
import type { Method } from "./method.ts";
import { RunningCall } from "./running-call.ts";

/** Who calls what. */
export type MethodTarget = {
  readonly client: ServerClient;
  readonly connected: ConnectedClient;
  readonly application: RunningApplication;
  readonly method: Method<never>;
};

export type MethodRunnerOptions = {
  readonly registry: ExternalizableRegistry;
  readonly log: Log;
  readonly maxPendingCalls: number;
  readonly nowMs: () => number;
};

/** Runs methods and sends what they say. Whatever a method does, it ends its own call and nothing else. */
export class MethodRunner {
  readonly #options: MethodRunnerOptions;

  constructor(options: MethodRunnerOptions) {
    this.#options = options;
  }

  /** `session.call-limit` when too many calls of the client run: those that want no answer count too. */
  run(target: MethodTarget, { name, transactionId, args }: CallEvent): void {
    const { connected, application, method } = target;
    const { maxPendingCalls, registry, nowMs } = this.#options;
    if (connected.running.size >= maxPendingCalls) {
      throw new ProtocolError("session.call-limit", `${connected.running.size} calls of the client run`);
    }
    const call = new RunningCall(name, transactionId, nowMs() + application.callTimeoutMs);
    connected.running.add(call);
    try {
      const checked = checkArguments(name, method, args, registry);
      const result =
        checked instanceof Promise
          ? checked.then((values) => (call.isOver ? undefined : invoke(target, call, values)))
          : invoke(target, call, checked);
      if (isThenable(result)) void this.#await(target, call, result);
      else this.#resolve(target, call, result);
    } catch (error) {
      this.#reject(target, call, error);
    }
  }

  /** Ends the calls of a client whose time is over. */
  expire(client: ServerClient, connected: ConnectedClient, nowMs: number): void {
    for (const call of connected.running) {
      if (call.deadlineMs > nowMs) continue;
      connected.running.delete(call);
      call.abort(new Error(`${call.name} took too long`));
      const status = createStatus("NetConnection.Call.Failed", `${call.name} took too long.`);
      this.#send(call, () => client.rejectCall(call.transactionId, status));
    }
  }

  async #await(target: MethodTarget, call: RunningCall, result: PromiseLike<unknown>): Promise<void> {
    try {
      this.#resolve(target, call, await result);
    } catch (error) {
      this.#reject(target, call, error);
    }
  }

  #resolve({ client, connected }: MethodTarget, call: RunningCall, value: unknown): void {
    if (call.isOver) return;
    call.end();
    connected.running.delete(call);
    // The encoders refuse what AMF cannot carry, and the client is told so.
    this.#send(call, () => client.resolveCall(call.transactionId, value as AmfEncodable));
  }

  #reject({ client, connected, application }: MethodTarget, call: RunningCall, error: unknown): void {
    if (call.isOver) return;
    call.end();
    connected.running.delete(call);
    this.#send(call, () => client.rejectCall(call.transactionId, this.#statusOf(application, connected, call, error)));
  }

  #statusOf({ name }: RunningApplication, { id }: ConnectedClient, call: RunningCall, error: unknown): StatusObject {
    if (error instanceof CallError) return callErrorStatus(error);
    const { log } = this.#options;
    log.error(
      { connection: id, application: name, method: call.name, err: error },
      "a method of the application failed",
    );
    return failedStatus(call.name);
  }

  #send({ name }: RunningCall, send: () => void): void {
    try {
      send();
    } catch (error) {
      this.#options.log.error({ method: name, err: error }, "the answer of a method could not be sent");
    }
  }
}

function invoke({ connected, method }: MethodTarget, call: RunningCall, values: readonly unknown[]): unknown {
  return Reflect.apply(method.handler, call, [connected, ...values]);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
