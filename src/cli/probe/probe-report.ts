import type { BroadcastReport } from "../../broadcast/analysis/broadcast-analysis.ts";
import type { TrackReport } from "../../broadcast/analysis/track-analysis.ts";
import { type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import type { Capabilities } from "../../rtmp/session/capabilities.ts";
import { round } from "../amounts.ts";
import type { ClientConnection } from "../client-functions.ts";
import { jsonValue } from "../plain-json.ts";

/** What a server says of itself. Times in ms. */
export type ServerReport = {
  /** Without user, password and key. */
  readonly url: string;
  readonly remoteAddress: string;
  /** As the server's answer tells: how they began. */
  readonly handshake: string;
  readonly handshakeNote: string | null;
  /** `fmsVer`. */
  readonly version: string;
  /** The number of that name, in which Adobe's servers put bits. */
  readonly capabilities: number | null;
  readonly objectEncoding: 0 | 3;
  /** FourCCs that it says it takes. */
  readonly fourCcs: readonly string[];
  /** Of Enhanced RTMP v2: "reconnect", "multitrack", …. */
  readonly extensions: readonly string[];
  readonly chunkSize: number;
  readonly windowBytes: number | null;
  readonly bandwidthBytes: number | null;
  /** Handshake, connect and whatever stands before them. */
  readonly connectMs: number;
  /** Null for a server that does not answer pings. */
  readonly roundTripMs: number | null;
  /** The two objects of its answer, as they came. */
  readonly properties: unknown;
  readonly information: unknown;
};

/** What was seen of a broadcast. */
export type SeenBroadcast = {
  readonly report: BroadcastReport;
  /** From the answer to `play` to the first audio or video, and to the first keyframe, in ms. */
  readonly firstMediaMs: number;
  readonly firstKeyframeMs: number | undefined;
};

export type ProbeReport = { readonly server: ServerReport; readonly broadcast: SeenBroadcast | undefined };

export function serverReport(
  connection: Pick<ClientConnection, "server" | "remoteAddress" | "protocol">,
  url: string,
  times: { readonly connectMs: number; readonly roundTripMs: number | undefined },
): ServerReport {
  const { server, protocol, remoteAddress } = connection;
  const { handshake, chunkSize, windowBytes, bandwidthBytes } = protocol;
  const capabilities = hasMembers(server.properties) ? server.properties.get("capabilities") : undefined;
  return {
    url,
    remoteAddress,
    handshake: handshake.form,
    handshakeNote: handshake.note ?? null,
    version: server.serverVersion,
    capabilities: typeof capabilities === "number" ? capabilities : null,
    objectEncoding: server.objectEncoding,
    fourCcs: fourCcsOf(server.capabilities),
    extensions: extensionsOf(server.capabilities),
    chunkSize,
    windowBytes: windowBytes ?? null,
    bandwidthBytes: bandwidthBytes ?? null,
    connectMs: round(times.connectMs, 1),
    roundTripMs: times.roundTripMs === undefined ? null : round(times.roundTripMs, 2),
    properties: jsonOrNull(server.properties),
    information: jsonOrNull(server.information),
  };
}

/** For programs: numbers rounded, nothing undefined. */
export function probeJson({ server, broadcast }: ProbeReport): object {
  return { event: "probe", server, broadcast: broadcast === undefined ? null : broadcastJson(broadcast) };
}

function broadcastJson({ report, firstMediaMs, firstKeyframeMs }: SeenBroadcast): object {
  const { tracks, metadata, data, interleave, arrival, unreadable } = report;
  const json = {
    firstMediaMs,
    firstKeyframeMs,
    arrival,
    tracks: tracks.map(trackJson),
    interleave,
    metadata: metadata === undefined ? null : jsonOrNull(metadata),
    data: Object.fromEntries(data),
    unreadable,
  };
  return rounded(json) as object;
}

function trackJson({ codec, ...track }: TrackReport): object {
  const { pictures, ...others } = track;
  return { ...others, codec: codec ?? null, ...(pictures !== undefined && { pictures }) };
}

/** Three digits are more than any of it is exact to. */
function rounded(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "number") return round(value, 3);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rounded(member)]));
}

function jsonOrNull(value: AmfValue): unknown {
  try {
    return jsonValue(value);
  } catch {
    // It contains itself, or is far too large.
    return null;
  }
}

function fourCcsOf({ fourCcList, videoFourCcs, audioFourCcs }: Capabilities): string[] {
  return [...new Set([...(fourCcList ?? []), ...videoFourCcs.keys(), ...audioFourCcs.keys()])];
}

function extensionsOf({ extensions }: Capabilities): string[] {
  return Object.entries(extensions).flatMap(([name, isThere]) => (isThere ? [name] : []));
}
