import { MessageType } from "../rtmp/message/message.ts";
import type { LogEntry } from "./message-log.ts";

/** How far a viewer may fall behind, and what happens then. */
export type LagLimits = {
  /** Bytes of the broadcast that wait for the viewer. @default 8 MiB */
  readonly maxLagBytes: number;
  /** How long ago what the viewer gets next was written, in milliseconds. @default 10_000 */
  readonly maxLagMs: number;
  /** The most bytes that one write to a viewer holds, so that what is urgent does not wait behind more. @default 512 KiB */
  readonly maxWriteBytes: number;
  /** A viewer that takes nothing for this long is closed. @default 30_000 */
  readonly blockedTimeoutMs: number;
};

export const DEFAULT_LAG_LIMITS: LagLimits = {
  maxLagBytes: 8 * 1024 * 1024,
  maxLagMs: 10_000,
  maxWriteBytes: 512 * 1024,
  blockedTimeoutMs: 30_000,
};

/** What a viewer wants and can take: decides message by message when it does not simply get all. */
export type Selection = {
  readonly wantsAudio: boolean;
  readonly wantsVideo: boolean;
  /** It never changes its mind: what it does not want, it does not want the configurations of either. */
  readonly isFinal?: boolean | undefined;
  /** Set while the last picture sent has no successor that refers only to what was sent. */
  needsKeyframe: boolean;
};

/** What a choice kept and left out. */
export type Choice = { readonly entries: readonly LogEntry[]; readonly droppedMessages: number };

/**
 * For a viewer that lags: configurations and metadata always, then audio and data that are not too old, then video from
 * the newest keyframe on as far as `maxBytes` goes, disposable pictures never. The order of the log is kept.
 * Sets `needsKeyframe` when pictures had to be left out.
 */
export function chooseForLaggard(waiting: readonly LogEntry[], selection: Selection, limits: LagLimits): Choice {
  const newestAtMs = waiting.at(-1)?.writtenAtMs ?? 0;
  const keyframe = waiting.findLast(opensPictures);
  const isFresh = (entry: LogEntry): boolean => newestAtMs - entry.writtenAtMs <= limits.maxLagMs / 2;
  const isUrgent = (entry: LogEntry): boolean =>
    isWantedConfig(entry, selection) ||
    (!entry.isConfig && entry.type !== MessageType.Video && isFresh(entry) && wants(entry, selection));
  let budget = limits.maxWriteBytes;
  for (const entry of waiting) if (isUrgent(entry)) budget -= entry.length;

  const isPicture = (entry: LogEntry): boolean =>
    entry.type === MessageType.Video &&
    !entry.isConfig &&
    !entry.isDisposable &&
    keyframe !== undefined &&
    entry.offset >= keyframe.offset;
  let pictureBytes = 0;
  for (const entry of waiting) if (isPicture(entry)) pictureBytes += entry.length;
  // A keyframe alone is let through even where it is larger than the budget: otherwise such a viewer never sees one.
  const takesPictures =
    selection.wantsVideo && pictureBytes > 0 && pictureBytes <= Math.max(budget, keyframe?.length ?? 0);
  if (takesPictures) selection.needsKeyframe = false;
  else if (waiting.some((entry) => entry.type === MessageType.Video && !entry.isConfig)) selection.needsKeyframe = true;
  const entries = waiting.filter((entry) => isUrgent(entry) || (takesPictures && isPicture(entry)));
  return { entries, droppedMessages: waiting.length - entries.length };
}

/** For a viewer that keeps up but does not want all, or waits for a keyframe. Clears `needsKeyframe` at one. */
export function chooseWanted(waiting: readonly LogEntry[], selection: Selection): Choice {
  const entries = waiting.filter((entry) => {
    if (entry.isConfig) return isWantedConfig(entry, selection);
    if (entry.type !== MessageType.Video) return wants(entry, selection);
    if (!selection.wantsVideo) {
      selection.needsKeyframe = true;
      return false;
    }
    if (opensPictures(entry)) selection.needsKeyframe = false;
    return !selection.needsKeyframe;
  });
  return { entries, droppedMessages: waiting.length - entries.length };
}

/** Whether a viewer gets configurations of that type: also of what it may want later. */
export function wantsConfig(type: number, selection: Selection): boolean {
  return selection.isFinal !== true || wants({ type }, selection);
}

function isWantedConfig(entry: LogEntry, selection: Selection): boolean {
  return entry.isConfig && wantsConfig(entry.type, selection);
}

/** Encoders align the keyframes of their tracks, so all begin with the default track's. */
function opensPictures({ isKeyframe, trackId }: LogEntry): boolean {
  return isKeyframe && trackId === 0;
}

function wants(entry: Pick<LogEntry, "type">, selection: Selection): boolean {
  if (entry.type === MessageType.Audio) return selection.wantsAudio;
  return entry.type === MessageType.Video ? selection.wantsVideo : true;
}
