import type { AmfValue } from "../formats/amf/amf-value.ts";
import { toPlain } from "../formats/amf/to-plain.ts";
import type { CallEvent } from "../rtmp/session/call-events.ts";
import type { ClientSession } from "../rtmp/session/client-session.ts";
import { createStatus } from "../rtmp/session/status.ts";
import { takesPlainArguments } from "./client-methods.ts";
import type { ClientMethod, ResolvedConnectOptions } from "./options.ts";
import { StatusError, statusOf } from "./status-error.ts";

/** Runs a method that the server called, and queues the answer. Never rejects. */
export async function runMethod(
  method: ClientMethod,
  { name, transactionId, args }: CallEvent,
  session: ClientSession,
  { log, registry }: Pick<ResolvedConnectOptions, "log" | "registry">,
): Promise<void> {
  try {
    const values = takesPlainArguments(method) ? args.map((value) => toPlain(value, { registry })) : args;
    // Instances of classes with an alias are among the values, for methods that know of them.
    session.resolveCall(transactionId, await method(...(values as readonly AmfValue[])));
  } catch (error) {
    if (error instanceof StatusError) {
      session.rejectCall(transactionId, statusOf(error));
      return;
    }
    log.warn({ method: name, err: error }, "a method that the server called failed");
    session.rejectCall(transactionId, createStatus("NetConnection.Call.Failed", `${name} failed.`));
  }
}
