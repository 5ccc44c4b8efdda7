import type { AmfValue } from "../formats/amf/amf-value.ts";
import type { StatusObject } from "../rtmp/session/status.ts";

/** What a refusal says; `info` is all of it. */
export type Refusal = {
  readonly level: string;
  readonly code: string;
  readonly description: string;
  readonly info: AmfValue;
};

/**
 * The server said no: to `connect`, `publish`, `play` or a call. Trying the same again seldom helps. All other errors of
 * the client are faults of the network or of a peer.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";
  /** `NetStream.Publish.BadName`, `NetConnection.Connect.Rejected`, `NetConnection.Call.Failed`, or an application's own. */
  readonly code: string;
  /** Nearly always "error". */
  readonly level: string;
  /** The server's words; may be empty. */
  readonly description: string;
  /** All that the server sent with it: `ex.redirect`, `application`, or whatever a method answered instead of a result. */
  readonly info: AmfValue;

  /** `what` was refused: "publish", or the name of a method. */
  constructor(what: string, { level, code, description, info }: Refusal) {
    super(`${what} was refused: ${description === "" ? code : `${code}: ${description}`}`);
    this.level = level;
    this.code = code;
    this.description = description;
    this.info = info;
  }
}

/** For a method of the client that refuses a call: what the server is told. */
export function statusOf({ code, description }: StatusError): StatusObject {
  return { level: "error", code, description };
}
