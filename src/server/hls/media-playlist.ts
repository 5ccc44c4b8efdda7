import { fileNameOf, type HlsFile } from "./file-name.ts";
import { type PlaylistText, PlaylistWriter, seconds } from "./playlist-text.ts";
import type { OpenSegment, Part, Segment } from "./segment.ts";

/** All that a media playlist says. */
export type MediaPlaylist = Pick<HlsFile, "rendition" | "instance"> & {
  /** In whole seconds; the same from the first to the last playlist. */
  readonly targetDuration: number;
  readonly partTargetSeconds: number;
  /** Those in the window, oldest first; at least one. */
  readonly segments: readonly Segment[];
  /** Undefined once the broadcast has ended. */
  readonly open: OpenSegment | undefined;
  /** Discontinuities that have left the window. */
  readonly discontinuitySequence: number;
  /** The time of day at the start of the timeline, in milliseconds since 1970. */
  readonly timelineStartMs: number;
  /** Where the other renditions are. */
  readonly reports: readonly RenditionReport[];
};

export type RenditionReport = {
  readonly rendition: string;
  /** The last part, or the last segment where none has begun. */
  readonly lastNumber: number;
  readonly lastPart: number | undefined;
};

/** Parts are named in so many of the last whole segments: two of them and the open one last three target durations at most. */
export const SEGMENTS_WITH_PARTS = 2;
/** In part targets: three are the least, and the fourth forgives a part that comes late. */
const PART_HOLD_BACK = 4;
/** In target durations. RFC 8216bis section 4.4.3.8. */
export const SKIP_BOUNDARY = 6;

/** How many of the oldest segments a delta update leaves out; 0 for a playlist that is too short for one. */
export function countSkipped({ segments, open, targetDuration }: MediaPlaylist): number {
  let behindSeconds = (open?.parts ?? []).reduce((sum, part) => sum + part.durationSeconds, 0);
  for (let index = segments.length - 1; index >= 0; index--) {
    behindSeconds += segments[index]?.durationSeconds ?? 0;
    // A segment is left out when its end lies before the boundary: the next one reaches back as far as that.
    if (behindSeconds >= SKIP_BOUNDARY * targetDuration) return index;
  }
  return 0;
}

/** RFC 8216bis sections 4.4 and 6.2; with `skipped`, a delta update without so many of its segments. */
export function encodeMediaPlaylist(playlist: MediaPlaylist, skipped = 0): PlaylistText {
  const writer = new PlaylistWriter();
  const { segments, open } = playlist;
  writeHead(writer, playlist);
  if (skipped > 0) writer.line(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  let initNumber: number | undefined;
  for (const [index, segment] of segments.entries()) {
    if (index >= skipped) {
      const namesParts = !segment.isGap && index >= segments.length - SEGMENTS_WITH_PARTS && open !== undefined;
      // Whoever has what is skipped knows the init segment, too.
      writeSegment(writer, playlist, { segment, namesInit: segment.initNumber !== initNumber, namesParts });
    }
    initNumber = segment.initNumber;
  }
  if (open === undefined) writer.line("#EXT-X-ENDLIST");
  else writeOpen(writer, playlist, open, open.initNumber !== initNumber);
  return writer.finish();
}

function writeHead(writer: PlaylistWriter, playlist: MediaPlaylist): void {
  const { targetDuration, partTargetSeconds, segments, discontinuitySequence, open } = playlist;
  const holdBack = seconds(PART_HOLD_BACK * partTargetSeconds);
  writer.line("#EXTM3U");
  writer.line("#EXT-X-VERSION:9");
  writer.line(`#EXT-X-TARGETDURATION:${targetDuration}`);
  writer.line(
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${holdBack},CAN-SKIP-UNTIL=${SKIP_BOUNDARY * targetDuration}`,
  );
  writer.line(`#EXT-X-PART-INF:PART-TARGET=${seconds(partTargetSeconds)}`);
  writer.line(`#EXT-X-MEDIA-SEQUENCE:${segments[0]?.number ?? open?.number ?? 0}`);
  writer.line(`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`);
  if (segments.every((segment) => segment.isIndependent)) writer.line("#EXT-X-INDEPENDENT-SEGMENTS");
}

function writeSegment(
  writer: PlaylistWriter,
  playlist: MediaPlaylist,
  { segment, namesInit, namesParts }: { segment: Segment; namesInit: boolean; namesParts: boolean },
): void {
  writeSegmentHead(writer, playlist, segment, namesInit);
  if (namesParts)
    for (const [index, part] of segment.parts.entries()) writePart(writer, playlist, segment, part, index);
  if (segment.isGap) writer.line("#EXT-X-GAP");
  writer.line(`#EXTINF:${seconds(segment.durationSeconds)},`);
  writer.fileLine("", fileNameOf({ ...fileOf(playlist), kind: "segment", number: segment.number }));
}

function writeSegmentHead(
  writer: PlaylistWriter,
  playlist: MediaPlaylist,
  { isDiscontinuous, initNumber, startSeconds }: OpenSegment,
  namesInit: boolean,
): void {
  if (isDiscontinuous) writer.line("#EXT-X-DISCONTINUITY");
  if (namesInit) {
    const file = fileNameOf({ ...fileOf(playlist), kind: "init", number: initNumber });
    writer.fileLine('#EXT-X-MAP:URI="', file, '"');
  }
  const time = new Date(playlist.timelineStartMs + Math.round(startSeconds * 1000));
  writer.line(`#EXT-X-PROGRAM-DATE-TIME:${time.toISOString()}`);
}

function writePart(
  writer: PlaylistWriter,
  playlist: MediaPlaylist,
  { number }: Pick<Segment, "number">,
  { durationSeconds, isIndependent }: Part,
  part: number,
): void {
  const file = fileNameOf({ ...fileOf(playlist), kind: "part", number, part });
  const more = isIndependent ? ",INDEPENDENT=YES" : "";
  writer.fileLine(`#EXT-X-PART:DURATION=${seconds(durationSeconds)}${more},URI="`, file, '"');
}

/** The parts that are there, and the one to come. */
function writeOpen(writer: PlaylistWriter, playlist: MediaPlaylist, open: OpenSegment, namesInit: boolean): void {
  if (open.parts.length > 0) writeSegmentHead(writer, playlist, open, namesInit);
  for (const [index, part] of open.parts.entries()) writePart(writer, playlist, open, part, index);
  const hinted = fileNameOf({ ...fileOf(playlist), kind: "part", number: open.number, part: open.parts.length });
  writer.fileLine('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="', hinted, '"');
  for (const { rendition, lastNumber, lastPart } of playlist.reports) {
    const file = fileNameOf({ rendition, instance: playlist.instance, kind: "playlist" });
    const part = lastPart === undefined ? "" : `,LAST-PART=${lastPart}`;
    writer.fileLine('#EXT-X-RENDITION-REPORT:URI="', file, `",LAST-MSN=${lastNumber}${part}`);
  }
}

function fileOf({ rendition, instance }: MediaPlaylist): Pick<HlsFile, "rendition" | "instance"> {
  return { rendition, instance };
}
