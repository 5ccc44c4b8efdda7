import type { CallEvent } from "../rtmp/session/call-events.ts";
import type { ClientSession } from "../rtmp/session/client-session.ts";
import { createStatus } from "../rtmp/session/status.ts";
import type { ClientLog } from "./log.ts";
import type { ClientMethod } from "./options.ts";
import { StatusError, statusOf } from "./status-error.ts";

/** Runs a method that the server called, and queues the answer. Never rejects. */
export async function runMethod(
  method: ClientMethod,
  { name, transactionId, args }: CallEvent,
  session: ClientSession,
  log: ClientLog,
): Promise<void> {
  try {
    session.resolveCall(transactionId, await method(...args));
  } catch (error) {
    if (error instanceof StatusError) {
      session.rejectCall(transactionId, statusOf(error));
      return;
    }
    log.warn({ method: name, err: error }, "a method that the server called failed");
    session.rejectCall(transactionId, createStatus("NetConnection.Call.Failed", `${name} failed.`));
  }
}
