import { codecName } from "../../formats/flv/codec-description.ts";
import type { Track } from "../tracks.ts";

/** What became another, where players may stumble over it: "video changed from 1280×720 to 1920×1080"; otherwise undefined. */
export function describeTrackChange({ kind, codec: before }: Track, { codec: after }: Track): string | undefined {
  const changed = (from: string, to: string): string => `${kind} changed from ${from} to ${to}`;
  if (before.codec !== after.codec) return changed(codecName(before.codec), codecName(after.codec));
  const sizes = [before, after].map(({ width, height }) => (width === undefined ? undefined : `${width}×${height}`));
  const rates = [before, after].map(({ sampleRate }) =>
    sampleRate === undefined ? undefined : `${sampleRate / 1000} kHz`,
  );
  for (const [from, to] of [sizes, rates]) {
    if (from !== undefined && to !== undefined && from !== to) return changed(from, to);
  }
  return undefined;
}
