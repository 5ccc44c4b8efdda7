import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import type { BrokerContext } from "./broker-context.ts";
import type { FlexSession } from "./flex-session.ts";
import { MessagingDestination } from "./messaging.ts";

/** How much of a name is repeated. */
const MAX_SHOWN_CHARACTERS = 100;

/** Throws a `FlexFault` where somebody has to log in first. */
export function checkLogin({ user }: FlexSession, { needsLogin = false }: { readonly needsLogin?: boolean }): void {
  if (!needsLogin || user !== undefined) return;
  throw new FlexFault({ code: FaultCode.Authentication, description: "Log in to use this destination." });
}

/** The topic of that name, if the session may use it at all. Throws a `FlexFault`. */
export function topicOf(
  { destinations }: BrokerContext,
  session: FlexSession,
  name: string | null,
): MessagingDestination {
  const destination = destinations.get(name ?? "");
  if (!(destination instanceof MessagingDestination)) {
    throw new FlexFault({ description: `There is no topic ${nameForFault(name)}.` });
  }
  checkLogin(session, destination.options);
  return destination;
}

/** A name that a client sent, as far as it is told back. */
export function nameForFault(name: string | null): string {
  return JSON.stringify((name ?? "").slice(0, MAX_SHOWN_CHARACTERS));
}

/** Throws a `FlexFault` unless the application allows. */
export async function checkAllowed(answer: boolean | Promise<boolean> | undefined): Promise<void> {
  if ((await answer) !== false) return;
  throw new FlexFault({ code: FaultCode.Authorization, description: "You may not do this." });
}
