import {
  type AmfEcmaArray,
  type AmfEncodable,
  type AmfObject,
  type AmfValue,
  hasMembers,
} from "../../formats/amf/amf-value.ts";

export type StatusLevel = "status" | "warning" | "error";

const LEVELS = {
  "NetConnection.Connect.Success": "status",
  "NetConnection.Connect.Rejected": "error",
  "NetConnection.Connect.InvalidApp": "error",
  "NetConnection.Connect.Failed": "error",
  "NetConnection.Connect.AppShutdown": "error",
  "NetConnection.Connect.Closed": "status",
  "NetConnection.Connect.IdleTimeout": "status",
  "NetConnection.Connect.NetworkChange": "status",
  "NetConnection.Connect.ReconnectRequest": "status",
  "NetConnection.Call.Failed": "error",
  "NetConnection.Call.BadVersion": "error",
  "NetConnection.Call.Prohibited": "error",
  "NetConnection.Proxy.NotResponding": "error",
  "NetStream.Publish.Start": "status",
  "NetStream.Publish.BadName": "error",
  "NetStream.Publish.Denied": "error",
  "NetStream.Publish.Rejected": "error",
  "NetStream.Publish.Unauthorized": "error",
  "NetStream.Publish.Idle": "status",
  "NetStream.Unpublish.Success": "status",
  "NetStream.Record.Start": "status",
  "NetStream.Record.Stop": "status",
  "NetStream.Record.NoAccess": "error",
  "NetStream.Record.Failed": "error",
  "NetStream.Record.DiskQuotaExceeded": "error",
  "NetStream.Play.Reset": "status",
  "NetStream.Play.Start": "status",
  "NetStream.Play.Stop": "status",
  "NetStream.Play.Failed": "error",
  "NetStream.Play.StreamNotFound": "error",
  "NetStream.Play.PublishNotify": "status",
  "NetStream.Play.UnpublishNotify": "status",
  "NetStream.Play.InsufficientBW": "warning",
  "NetStream.Play.Switch": "status",
  "NetStream.Play.Complete": "status",
  "NetStream.Play.Transition": "status",
  "NetStream.Play.TransitionComplete": "status",
  "NetStream.Play.FileStructureInvalid": "error",
  "NetStream.Play.NoSupportedTrackFound": "error",
  "NetStream.Data.Start": "status",
  "NetStream.Seek.Notify": "status",
  "NetStream.Seek.Failed": "error",
  "NetStream.Seek.InvalidTime": "error",
  "NetStream.Pause.Notify": "status",
  "NetStream.Unpause.Notify": "status",
  "NetStream.Buffer.Empty": "status",
  "NetStream.Buffer.Full": "status",
  "NetStream.Buffer.Flush": "status",
  "NetStream.Step.Notify": "status",
  "NetStream.Clear.Success": "status",
  "NetStream.Clear.Failed": "error",
  "NetStream.Failed": "error",
  "NetStream.InvalidArg": "error",
  "SharedObject.NoReadAccess": "error",
  "SharedObject.NoWriteAccess": "error",
  "SharedObject.ObjectCreationFailed": "error",
  "SharedObject.BadPersistence": "error",
  "SharedObject.UriMismatch": "error",
  "Application.Script.Error": "error",
  "Application.Script.Warning": "warning",
  "Application.Shutdown": "status",
  "Application.GC": "status",
  "Application.Resource.LowMemory": "warning",
} as const;
export type StatusCode = keyof typeof LEVELS;

/** Every status code that Adobe's servers and clients know, with its level. RTMP 1.0 section 7.2 and ActionScript's NetStatusEvent. */
export const STATUS_LEVEL: Readonly<Record<StatusCode, StatusLevel>> = LEVELS;

/** What `onStatus`, a refusal, or the answer to `connect` says. */
export type Status = {
  /** "status", "warning" or "error"; a peer may send anything. */
  readonly level: string;
  /** A `StatusCode`, or an application's own. */
  readonly code: string;
  readonly description: string;
  /** All members as they came: `details`, `clientid`, `ex` and an application's own stand only here. */
  readonly info: AmfObject | AmfEcmaArray | undefined;
};

/** A status object with its members in the usual order; `more` stands behind them. */
export function createStatus(
  code: StatusCode,
  description: string,
  more?: Readonly<Record<string, AmfEncodable>>,
): StatusObject {
  return { level: STATUS_LEVEL[code], code, description, ...more };
}

/** A status as it is sent. */
export type StatusObject = {
  readonly level: StatusLevel;
  readonly code: string;
  readonly description: string;
  readonly [member: string]: AmfEncodable;
};

/** Reads an information object; undefined if `value` has no code. Servers leave out the level and the description. */
export function decodeStatus(value: AmfValue): Status | undefined {
  if (!hasMembers(value)) return undefined;
  const code = value.get("code");
  if (typeof code !== "string") return undefined;
  return {
    level: textOr(value.get("level"), levelOf(code)),
    code,
    description: textOr(value.get("description"), ""),
    info: value,
  };
}

/** The level that belongs to a code; "status" for codes that are not Adobe's. */
export function levelOf(code: string): StatusLevel {
  return Object.hasOwn(STATUS_LEVEL, code) ? STATUS_LEVEL[code as StatusCode] : "status";
}

function textOr(value: AmfValue, other: string): string {
  return typeof value === "string" ? value : other;
}
