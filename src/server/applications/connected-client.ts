import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { Message } from "../../rtmp/message/message.ts";
import { createStatus } from "../../rtmp/session/status.ts";
import type { ServerClient } from "../feature.ts";
import type { ConnectionInfo } from "../hooks.ts";
import type { ClientCallOptions } from "./application-types.ts";
import { CallError } from "./call-error.ts";
import { describeIssues, plainValues } from "./check-arguments.ts";
import type { RunningCall } from "./running-call.ts";
import type { RunningInstance } from "./running-instance.ts";

/** How values go to all clients of one kind: one object for each, so that what is encoded can be shared. */
export type SharedEncodings = {
  readonly registry: ExternalizableRegistry;
  readonly amf0: AmfEncodeOptions;
  readonly amf3: AmfEncodeOptions;
};

/** What `ApplicationClient` is while it runs, without types of the application. */
export class ConnectedClient {
  readonly state: unknown;
  readonly instance: RunningInstance;
  /** Calls of it that have no answer yet, the oldest first. */
  readonly running: Set<RunningCall> = new Set();
  /** It has been accepted. */
  hasJoined = false;
  readonly #client: ServerClient;
  readonly #encodings: SharedEncodings;
  #controller: AbortController | undefined;
  #goneReason: Error | undefined;

  constructor(client: ServerClient, instance: RunningInstance, state: unknown, encodings: SharedEncodings) {
    this.#client = client;
    this.instance = instance;
    this.state = state;
    this.#encodings = encodings;
  }

  get id(): string {
    return this.info.id;
  }

  get info(): ConnectionInfo {
    return this.#client.info;
  }

  get isOpen(): boolean {
    return this.#client.isOpen;
  }

  /** Its end has come, whether it was accepted or not. */
  get isGone(): boolean {
    return this.#goneReason !== undefined;
  }

  get objectEncoding(): 0 | 3 {
    return this.#client.objectEncoding;
  }

  get unsentBytes(): number {
    return this.#client.unsentBytes;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#goneReason !== undefined) this.#controller.abort(this.#goneReason);
    }
    return this.#controller.signal;
  }

  /** How values go to it. */
  get encoding(): AmfEncodeOptions {
    return this.objectEncoding === 3 ? this.#encodings.amf3 : this.#encodings.amf0;
  }

  call(name: string, ...args: readonly AmfEncodable[]): Promise<unknown> {
    return this.callWith({}, name, ...args);
  }

  async callWith(options: ClientCallOptions, name: string, ...args: readonly AmfEncodable[]): Promise<unknown> {
    const [value] = plainValues(
      `The answer to ${name}`,
      [await this.#client.call(name, args, options)],
      this.#encodings.registry,
    );
    if (options.result === undefined) return value;
    const result = await options.result["~standard"].validate(value);
    if (result.issues === undefined) return result.value;
    const description = `The client's answer to ${name} is not as it should be: ${describeIssues(result.issues)}`;
    throw new CallError({ description });
  }

  notify(name: string, ...args: readonly AmfEncodable[]): void {
    this.#client.notify(name, args);
  }

  /** A message that others may get as well. */
  send(message: Message): void {
    this.#client.send(message);
  }

  disconnect(reason: string): void {
    this.#client.close(
      `disconnected by the application: ${reason}`,
      createStatus("NetConnection.Connect.Closed", reason),
    );
  }

  /** Once, when the connection is over. */
  gone(reason: string): void {
    this.#goneReason = new Error(`the client has gone: ${reason}`);
    this.#controller?.abort(this.#goneReason);
    for (const call of this.running) call.abort(this.#goneReason);
    this.running.clear();
  }
}
