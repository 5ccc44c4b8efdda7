import { ProtocolError } from "../errors.ts";
import type { Admission } from "./connections.ts";
import type { NewEvent } from "./event-log.ts";
import type { ConnectionInfo } from "./hooks.ts";
import type { ClientProtocol } from "./snapshots.ts";
import { sentence } from "./stream-event.ts";

/** One connection was beyond the limits. */
export function tooManyConnections(
  remoteAddress: string,
  why: Extract<Admission, { readonly allow: false }>["why"],
): NewEvent {
  const reason = "limit" in why ? `the limit is ${why.limit}` : why.reason;
  const text = `Too many connections: one was refused (${reason}).`;
  return { kind: "connection-refused", level: "warning", text, remoteAddress };
}

/** The application, or a feature, does not want the client. */
export function refusedConnection(
  reason: string,
  { id: connection, remoteAddress, app }: Pick<ConnectionInfo, "id" | "remoteAddress" | "app">,
  protocol: ClientProtocol,
): NewEvent {
  const text = sentence(`A client may not connect to ${app}: ${reason}`);
  return { kind: "connection-refused", level: "warning", text, connection, remoteAddress, protocol };
}

/** Whose connection it was, as far as that is known. */
export type FailedClient = {
  readonly remoteAddress: string;
  readonly connection?: string;
  readonly protocol?: ClientProtocol;
};

/** A connection was ended: its client broke a rule, or the server has a fault. */
export function failedConnection(error: unknown, client: FailedClient): NewEvent {
  if (!(error instanceof ProtocolError)) {
    const text = "A connection was ended by an unexpected error of the server: its log tells more.";
    return { kind: "connection-failed", level: "error", text, ...client };
  }
  const { code, message, remedy } = error;
  return {
    kind: "connection-failed",
    level: "warning",
    text: `${sentence(message.charAt(0).toUpperCase() + message.slice(1))} ${remedy}`,
    code,
    ...client,
  };
}
