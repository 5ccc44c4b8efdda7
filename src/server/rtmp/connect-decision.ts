import type { ConnectEvent } from "../../rtmp/session/server-events.ts";
import type { ServerContext } from "../context.ts";
import type { FeatureDecision } from "../feature.ts";
import { ALLOW, type ConnectionInfo, type Decision } from "../hooks.ts";
import type { FeatureClient } from "./feature-client.ts";

/** How much of what a client calls itself is kept and shown. */
const MAX_SHOWN_CHARACTERS = 200;

/** What `connect` tells of a client. An application with too long a name is not kept: the client will be refused. */
export function describeClient(event: ConnectEvent, maxNameBytes: number): Partial<ConnectionInfo> {
  const { app, appQuery, tcUrl, pageUrl, swfUrl } = event;
  const flashVersion = event.flashVersion.slice(0, MAX_SHOWN_CHARACTERS);
  return { app: app.length > maxNameBytes ? "" : app, appQuery, tcUrl, flashVersion, pageUrl, swfUrl };
}

/** Asks the application's hook, and then the features, whether the client may connect. */
export function askToConnect(
  { options, hooks }: ServerContext,
  client: FeatureClient,
  event: ConnectEvent,
): FeatureDecision | Promise<FeatureDecision> {
  const { maxNameBytes } = options.limits;
  if (event.app.length > maxNameBytes) {
    return { allow: false, reason: `The application's name is longer than ${maxNameBytes} bytes.` };
  }
  const askFeatures = (decision: Decision): FeatureDecision | Promise<FeatureDecision> =>
    decision.allow ? client.connect(event) : decision;
  const decision = hooks.onConnect?.(client.info) ?? ALLOW;
  return decision instanceof Promise ? decision.then(askFeatures) : askFeatures(decision);
}
