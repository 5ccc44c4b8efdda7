import type { SharedObjectMessage } from "../../rtmp/message/shared-object.ts";
import type { SharedObjectListener } from "../../rtmp/shared-object/listener.ts";
import type { SharedObjectAccess } from "../../rtmp/shared-object/shared-object-connection.ts";
import type { ConnectionInfo } from "../hooks.ts";
import type { Log } from "../log.ts";
import type { SharedObjectRequest, SharedObjectRules } from "./shared-objects-options.ts";

/** Asks the application who may what in one instance. */
export class AccessRules {
  readonly #app: string;
  readonly #rules: SharedObjectRules;
  readonly #log: Log;

  constructor(app: string, rules: SharedObjectRules, log: Log) {
    this.#app = app;
    this.#rules = rules;
    this.#log = log;
  }

  /** Says what counts for the message; `listener` is there if the client has the object open. */
  accessOf(
    connection: ConnectionInfo,
    { name, isPersistent, events }: SharedObjectMessage,
    listener: SharedObjectListener | undefined,
  ): SharedObjectAccess {
    const request = { connection, app: this.#app, name, isPersistent };
    const may = (rule: keyof SharedObjectRules): boolean => this.#ask(rule, request);
    // Also where the message opens it anew: what stands before that is asked for with the rights that there were.
    if (listener !== undefined) {
      const { mayWrite, maySend } = this.#rules;
      if (mayWrite !== undefined && events.some(changesSlot)) listener.canWrite = may("mayWrite");
      if (maySend !== undefined && events.some(({ kind }) => kind === "send")) listener.canSend = may("maySend");
    }
    if (!events.some(({ kind }) => kind === "use")) return {};
    const canRead = may("mayRead");
    if (!canRead) return { canRead };
    return { canRead, canCreate: may("mayCreate"), canWrite: may("mayWrite"), canSend: may("maySend") };
  }

  #ask(rule: keyof SharedObjectRules, request: SharedObjectRequest): boolean {
    try {
      const answer: unknown = this.#rules[rule]?.(request) ?? true;
      if (typeof answer !== "boolean") {
        if (answer instanceof Promise) answer.catch(() => {});
        throw new TypeError(`${rule} answers at once, true or false`);
      }
      return answer;
    } catch (error) {
      const { connection, app, name } = request;
      this.#log.error({ connection: connection.id, app, object: name, err: error }, `${rule} of shared objects failed`);
      return false;
    }
  }
}

function changesSlot({ kind }: SharedObjectMessage["events"][number]): boolean {
  return kind === "request-change" || kind === "request-remove";
}
