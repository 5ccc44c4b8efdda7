import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { createStatus, type StatusObject } from "../../rtmp/session/status.ts";

/** What the caller is told. */
export type CallErrorDetails = {
  /** The application's own, such as "Chat.Muted". @default "NetConnection.Call.Failed" */
  readonly code?: string;
  readonly description: string;
  /** Further members of the status object. */
  readonly info?: Readonly<Record<string, AmfEncodable>>;
};

/** What a method throws to refuse a call: the client gets it as `_error`. Of all other errors it is told only that the call failed. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: string;
  readonly description: string;
  readonly info: Readonly<Record<string, AmfEncodable>>;

  constructor(details: CallErrorDetails, options?: ErrorOptions) {
    super(details.description, options);
    this.code = details.code ?? "NetConnection.Call.Failed";
    this.description = details.description;
    this.info = details.info ?? {};
  }
}

/** The status object of an `_error`. */
export function callErrorStatus({ code, description, info }: CallError): StatusObject {
  return { ...info, level: "error", code, description };
}

/** For an error that is nobody's business but the server's. */
export function failedStatus(methodName: string): StatusObject {
  return createStatus("NetConnection.Call.Failed", `${methodName} failed.`);
}
