import { scriptName, scriptNameEnd } from "./script-name.ts";

/** What a server does with a data message. Payloads are views of the message, bit for bit. */
export type DataMessage =
  /** `@setDataFrame`: keep `payload` under `name` for whoever joins later, and send it on. */
  | { readonly kind: "set"; readonly name: string; readonly payload: Uint8Array }
  /** `@clearDataFrame`: forget what was kept under `name`. */
  | { readonly kind: "clear"; readonly name: string }
  /** Anything else: send it on. `name` is empty when the message does not start with one. */
  | { readonly kind: "plain"; readonly name: string; readonly payload: Uint8Array };

/**
 * Never throws, and does not look behind the names. `isAmf3` is for messages of type 15: they start with a format byte,
 * which is taken off, and go on as AMF0 does. Enhanced RTMP v2, "AMF3 data messages".
 */
export function normalizeDataMessage(payload: Uint8Array, isAmf3: boolean): DataMessage {
  // Some senders leave the format byte out: docs/interop.md.
  const body = isAmf3 && payload[0] === 0 ? payload.subarray(1) : payload;
  const name = scriptName(body) ?? "";
  const behind = body.subarray(scriptNameEnd(body));
  const key = scriptName(behind);
  // Old clients leave the @ out: docs/interop.md.
  if (key !== undefined && (name === "@setDataFrame" || name === "setDataFrame")) {
    return { kind: "set", name: key, payload: behind };
  }
  if (key !== undefined && (name === "@clearDataFrame" || name === "clearDataFrame"))
    return { kind: "clear", name: key };
  return { kind: "plain", name, payload: body };
}
