import type { ConnectEvent } from "../../rtmp/session/server-events.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import type { ServerContext } from "../context.ts";
import type { FeatureDecision } from "../feature.ts";
import { ALLOW, type ConnectionInfo, type Decision } from "../hooks.ts";
import type { FeatureClient } from "./feature-client.ts";

/** How much of what a client calls itself is kept and shown. */
const MAX_SHOWN_CHARACTERS = 200;

/** What is known of a client before its `connect`. */
export function unknownClient(id: string, { remoteAddress, transport }: ByteStream): ConnectionInfo {
  const unknown = { app: "", appQuery: "", tcUrl: "", flashVersion: "", pageUrl: "", swfUrl: "" };
  return { id, remoteAddress, transport, isRtmpe: false, ...unknown };
}

/** What `connect` tells of a client. An application with too long a name is not kept: the client will be refused. */
export function describeClient(before: ConnectionInfo, event: ConnectEvent, maxNameBytes: number): ConnectionInfo {
  const { id, remoteAddress, transport, isRtmpe } = before;
  const { appQuery, tcUrl, pageUrl, swfUrl } = event;
  const app = event.app.length > maxNameBytes ? "" : event.app;
  const flashVersion = event.flashVersion.slice(0, MAX_SHOWN_CHARACTERS);
  return { id, remoteAddress, transport, isRtmpe, app, appQuery, tcUrl, flashVersion, pageUrl, swfUrl };
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
