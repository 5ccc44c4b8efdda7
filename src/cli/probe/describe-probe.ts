import type { ArrivalReport } from "../../broadcast/analysis/broadcast-analysis.ts";
import type { InterleaveReport } from "../../broadcast/analysis/interleave-analysis.ts";
import type { SpreadSummary } from "../../broadcast/analysis/spread.ts";
import type { PictureReport, TrackReport } from "../../broadcast/analysis/track-analysis.ts";
import { type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import { describeAmf } from "../../formats/amf/describe-amf.ts";
import { describeMetadata } from "../../formats/flv/describe-metadata.ts";
import { formatBitrate, formatBytes, round } from "../amounts.ts";
import type { Style } from "../context.ts";
import type { ProbeReport, SeenBroadcast, ServerReport } from "./probe-report.ts";

/** A heading, or a name and what it is. */
type Row = readonly [heading: string] | readonly [name: string, value: string];

const NAME_WIDTH = 14;
/** Members of metadata that are shown. */
const MAX_MEMBERS = 32;

/** A table for people, with a line feed at its end. */
export function describeProbe({ server, broadcast }: ProbeReport, style: Style): string {
  const rows = [...serverRows(server), ...(broadcast === undefined ? [] : broadcastRows(broadcast))];
  return rows
    .map(([name, value]) =>
      value === undefined ? style("bold", name) : `  ${style("dim", name.padEnd(NAME_WIDTH))}  ${value}`,
    )
    .map((line) => `${line}\n`)
    .join("");
}

function serverRows(server: ServerReport): Row[] {
  const { handshake, handshakeNote, capabilities, objectEncoding, windowBytes, bandwidthBytes } = server;
  const note = handshakeNote === null ? "" : ` (${handshakeNote})`;
  const says = [
    `chunks of ${server.chunkSize} bytes`,
    windowBytes === null ? "no window" : `a window of ${formatBytes(windowBytes)}`,
    ...(bandwidthBytes === null ? [] : [`a bandwidth of ${formatBytes(bandwidthBytes)}`]),
  ];
  const isEnhanced = server.fourCcs.length + server.extensions.length > 0;
  return [
    [server.url],
    [
      "server",
      `${server.version === "" ? "without a version" : printable(server.version)}, at ${server.remoteAddress}`,
    ],
    ["handshake", `${handshake}${note}, connected in ${server.connectMs} ms`],
    ["round trip", server.roundTripMs === null ? "unknown: it answers no pings" : `${server.roundTripMs} ms`],
    [
      "says",
      `${says.join(", ")}, AMF${objectEncoding}${capabilities === null ? "" : `, capabilities ${capabilities}`}`,
    ],
    ["enhanced", isEnhanced ? printable([...server.fourCcs, ...server.extensions].join(" ")) : "nothing is said of it"],
  ];
}

function broadcastRows({ report, firstMediaMs, firstKeyframeMs }: SeenBroadcast): Row[] {
  const { tracks, metadata, data, interleave, arrival, unreadable } = report;
  return [
    ["broadcast"],
    ["begins", describeStart(firstMediaMs, firstKeyframeMs, arrival)],
    ["watched", `${seconds(arrival.watchedMs)}${describeSpeed(arrival)}`],
    ...(interleave === undefined ? [] : [["interleave", describeInterleave(interleave)] as const]),
    ...(unreadable === 0 ? [] : [["unreadable", `${unreadable} messages`] as const]),
    ...tracks.flatMap(trackRows),
    ...metadataRows(metadata),
    ...Array.from(data, ([name, count]) => [`${printable(name) || "data"}`, `${count} times`] as const),
  ];
}

function describeStart(firstMediaMs: number, firstKeyframeMs: number | undefined, { burstMs }: ArrivalReport): string {
  const keyframe = firstKeyframeMs === undefined ? "" : `, the first keyframe after ${Math.round(firstKeyframeMs)} ms`;
  return `${Math.round(firstMediaMs)} ms after play${keyframe}; ${seconds(burstMs)} at once`;
}

function describeSpeed({ speed }: ArrivalReport): string {
  return speed === undefined ? "" : `, ${speed.toFixed(2)} × real time`;
}

function describeInterleave({ greatestMs, meanMs, driftMs }: InterleaveReport): string {
  const ahead = Math.round(meanMs);
  const mean = ahead === 0 ? "" : `, audio ${Math.abs(ahead)} ms ${ahead > 0 ? "ahead" : "behind"} on average`;
  const drift = Math.round(driftMs);
  return `audio and video within ${Math.round(greatestMs)} ms${mean}, ${drift === 0 ? "no drift" : `drift ${drift} ms`}`;
}

function trackRows(track: TrackReport): Row[] {
  const { kind, trackId, codec, pictures, steps } = track;
  return [
    [trackId === 0 ? kind : `${kind} ${trackId}`],
    ["codec", codec?.text ?? "unknown"],
    ["frames", describeFrames(track)],
    ["bitrate", describeBitrate(track)],
    ...(steps === undefined ? [] : [["steps", describeSteps(track, steps)] as const]),
    ...(pictures === undefined ? [] : [["keyframes", describeGops(pictures)] as const]),
  ];
}

function describeFrames({ frames, frameRate, pictures, kind }: TrackReport): string {
  const rate = frameRate === undefined ? "" : `, ${round(frameRate, 2)} a second`;
  const reordered = pictures?.compositionMs;
  const hasReordering = reordered !== undefined && reordered.least !== reordered.greatest;
  const disposable = pictures?.disposable ? `, ${pictures.disposable} of them disposable` : "";
  const order =
    kind === "audio"
      ? ""
      : `, ${hasReordering ? `B-frames (shown up to ${reordered.greatest} ms later)` : "no B-frames"}`;
  return `${frames}${rate}${disposable}${order}`;
}

function describeBitrate({ bitrate, peakBitrate }: TrackReport): string {
  if (bitrate === undefined) return "unknown";
  return `${formatBitrate(bitrate)}${peakBitrate === undefined ? "" : `, at most ${formatBitrate(peakBitrate)} in a second`}`;
}

function describeSteps({ stepsBack, gaps }: TrackReport, steps: SpreadSummary): string {
  const trouble = [
    ...(stepsBack === 0 ? [] : [`${stepsBack} back`]),
    ...(gaps === 0 ? [] : [`${gaps} ${gaps === 1 ? "gap" : "gaps"}`]),
  ];
  return [describeSpread(steps, (value) => `${round(value, 2)} ms`), ...trouble].join(", ");
}

function describeGops({ keyframes, gopMs, gopFrames }: PictureReport): string {
  if (gopMs === undefined || gopFrames === undefined) return `${keyframes}: too few to know how often they come`;
  return `every ${describeSpread(gopMs, seconds)}; GOPs of ${describeSpread(gopFrames, (value) => `${round(value, 1)} frames`)}`;
}

/** One value where all are the same. */
function describeSpread({ least, greatest, mean }: SpreadSummary, format: (value: number) => string): string {
  return least === greatest ? format(mean) : `${format(mean)} (${format(least)} to ${format(greatest)})`;
}

function metadataRows(metadata: AmfValue): Row[] {
  if (!hasMembers(metadata)) return [["metadata"], ["", "none"]];
  const members = [...metadata.members].slice(0, MAX_MEMBERS);
  const left = metadata.members.size - members.length;
  return [
    [`metadata: ${printable(describeMetadata(metadata)) || "nothing of the usual"}`],
    ...members.map(([name, value]) => [printable(name), describeAmf(value)] as const),
    ...(left === 0 ? [] : [["", `and ${left} more`] as const]),
  ];
}

function seconds(ms: number): string {
  return `${round(ms / 1000, 2)} s`;
}

/** A server's words steer no terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd").slice(0, 200);
}
