import type { RtmpScheme } from "../../transport/rtmp-url.ts";
import type { ConnectionInfo } from "../hooks.ts";
import type { ConnectionSnapshot } from "../snapshots.ts";

export type SnapshotParts = Pick<
  ConnectionSnapshot,
  "connectedAtMs" | "publishing" | "playing" | "receivedBytes" | "sentBytes" | "unsentBytes"
> & { readonly info: ConnectionInfo; readonly roundTripMs: number | undefined };

/** What people are told of a client of RTMP. */
export function connectionSnapshot({ info, roundTripMs, ...figures }: SnapshotParts): ConnectionSnapshot {
  const { id, remoteAddress, flashVersion, app, user } = info;
  return {
    id,
    protocol: schemeOf(info),
    remoteAddress,
    client: flashVersion,
    app,
    ...(user !== undefined && { user }),
    ...figures,
    ...(roundTripMs !== undefined && { roundTripMs: Math.round(roundTripMs) }),
  };
}

/** The scheme of the URL by which the client came. */
export function schemeOf({ transport, isRtmpe }: ConnectionInfo): RtmpScheme {
  switch (transport) {
    case "tcp":
    case "memory":
      return isRtmpe ? "rtmpe" : "rtmp";
    case "tls":
      return "rtmps";
    case "http":
      return isRtmpe ? "rtmpte" : "rtmpt";
    case "https":
      return "rtmpts";
    case "ws":
    case "wss":
      return transport;
  }
}
