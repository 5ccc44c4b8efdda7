import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { type Capabilities, encodeCapabilities, RELAY_CAPABILITIES } from "./capabilities.ts";
import type { ReplyQueue } from "./reply-queue.ts";
import type { ConnectEvent } from "./server-events.ts";
import { createStatus, type StatusCode } from "./status.ts";

export type ConnectAnswer = {
  /** Lower than asked for if the server wants no AMF3. @default what the client asked for */
  readonly objectEncoding?: 0 | 3;
  /** @default RELAY_CAPABILITIES */
  readonly capabilities?: Capabilities;
  /** `FMS/` and a version: some clients read the leading number. @default "FMS/3,5,7,7009" */
  readonly serverVersion?: string;
  readonly clientId?: string | number;
  readonly description?: string;
  /** Sends `onBWDone`, to which FFmpeg and librtmp answer with `_checkbw`. Nobody needs it. @default false */
  readonly sendsBandwidthDone?: boolean;
  /** Further members of the two objects, such as `secureToken`. */
  readonly properties?: Readonly<Record<string, AmfEncodable>>;
  readonly information?: Readonly<Record<string, AmfEncodable>>;
};

export type ConnectRefusal = {
  /** @default "NetConnection.Connect.Rejected" */
  readonly code?: StatusCode;
  /** FFmpeg reads 255 bytes of it at most, for the challenges of publisher authentication. */
  readonly description?: string;
  /** Where the client shall go instead. */
  readonly redirectUrl?: string;
  /** Further members, such as `application`. */
  readonly information?: Readonly<Record<string, AmfEncodable>>;
};

/** `fmsVer` as Adobe's servers have it; the numbers after the slash are all that anybody looks at. */
const SERVER_VERSION = "FMS/3,5,7,7009";

/** Set Chunk Size and the windows must go before this: the wire sends them. RTMP 1.0 section 7.2.1.1. */
export function sendConnectResult(replies: ReplyQueue, request: ConnectEvent, answer: ConnectAnswer): void {
  const { serverVersion = SERVER_VERSION, description = "Connection succeeded.", clientId } = answer;
  const objectEncoding = agreedEncoding(request, answer);
  // Clients look for capabilities in either object.
  const capabilities = encodeCapabilities(answer.capabilities ?? RELAY_CAPABILITIES);
  const information = createStatus("NetConnection.Connect.Success", description, {
    objectEncoding,
    ...(clientId !== undefined && { clientid: clientId }),
    ...capabilities,
    ...answer.information,
  });
  replies.command(0, {
    name: "_result",
    transactionId: request.transactionId,
    commandObject: { fmsVer: serverVersion, capabilities: 31, mode: 1, ...capabilities, ...answer.properties },
    args: [information],
  });
  replies.objectEncoding = objectEncoding;
  if (answer.sendsBandwidthDone === true) replies.command(0, { name: "onBWDone" });
}

/** A refusal must be `_error`: FFmpeg does not look at the level of a `_result` (docs/interop.md). */
export function sendConnectRefusal(replies: ReplyQueue, request: ConnectEvent, refusal: ConnectRefusal): void {
  const { code = "NetConnection.Connect.Rejected", description = "Connection rejected.", redirectUrl } = refusal;
  const information = createStatus(code, description, {
    ...(redirectUrl !== undefined && { ex: { code: 302, redirect: redirectUrl } }),
    ...refusal.information,
  });
  replies.error(0, request.transactionId, information);
}

function agreedEncoding(request: ConnectEvent, answer: ConnectAnswer): 0 | 3 {
  return request.objectEncoding === 3 && answer.objectEncoding !== 0 ? 3 : 0;
}
