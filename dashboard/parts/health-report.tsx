import type { JSX } from "preact";
import type { HealthFigures, HealthReport } from "../../src/broadcast/health/health-report.ts";
import { formatBitrate, formatCount, formatDuration, formatFrameRate, UNKNOWN } from "../format.ts";
import { HealthBadge } from "./health-badge.tsx";
import { Icon } from "./icon.tsx";

/** What the doctor found, and what to do about it. */
export function HealthPanel({ health }: { readonly health: HealthReport | undefined }): JSX.Element {
  const level = health?.level ?? "unknown";
  // The verdict is the gravest finding with its advice.
  const further = health?.findings.slice(1) ?? [];
  return (
    <section class="panel health-panel" aria-labelledby="health" data-level={level}>
      <div class="panel-head">
        <h2 id="health">Health</h2>
        <HealthBadge level={level} />
      </div>
      <p class="verdict">{health?.verdict ?? "Nothing was published here yet."}</p>
      {further.length > 0 && (
        <ul class="findings">
          {further.map(({ code, level: gravity, text, advice }) => (
            <li key={code} data-level={gravity}>
              <Icon name={gravity} />
              <div>
                <strong>{text}</strong>
                <span>{advice}</span>
              </div>
            </li>
          ))}
        </ul>
      )}
      {health !== undefined && <Figures figures={health.figures} />}
    </section>
  );
}

function Figures({ figures }: { readonly figures: HealthFigures }): JSX.Element {
  return (
    <dl class="figures">
      {figuresOf(figures).map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What is known of the stream, in words; what is not known is left out. */
function figuresOf(figures: HealthFigures): readonly (readonly [term: string, value: string])[] {
  const { gopMs, timestampsBack, timestampGaps, timestampRepairs, audioAheadMs, audioVideoDriftMs, speed } = figures;
  const all: readonly (readonly [term: string, value: string | undefined])[] = [
    ["Video", besides(formatBitrate(figures.videoBitrate), figures.declaredVideoBitrate, formatBitrate)],
    ["Audio", besides(formatBitrate(figures.audioBitrate), figures.declaredAudioBitrate, formatBitrate)],
    ["Frame rate", besides(formatFrameRate(figures.frameRate), figures.declaredFrameRate, formatFrameRate)],
    ["Keyframe every", gopMs && spread(gopMs)],
    ["Timestamps", timestampWords(timestampsBack, timestampGaps, timestampRepairs)],
    ["Sound to picture", audioAheadMs === undefined ? undefined : aheadWords(audioAheadMs)],
    ["Drift", audioVideoDriftMs === undefined ? undefined : formatDuration(audioVideoDriftMs)],
    ["Interleaving", known(figures.interleaveMs)],
    ["Jitter", known(figures.jitterMs)],
    ["Speed", speed === undefined ? undefined : `${speed.toFixed(2)} ×`],
    ["Round trip", known(figures.roundTripMs)],
    ["Acknowledges bytes", yesOrNo(figures.hasAcknowledged)],
    ["Answers pings", yesOrNo(figures.hasAnsweredPing)],
  ];
  return all.flatMap(([term, value]) => (value === undefined || value === UNKNOWN ? [] : [[term, value] as const]));
}

function known(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : formatDuration(milliseconds);
}

function yesOrNo(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? "yes" : "no";
}

/** What is measured, and what was promised. */
function besides(measured: string, declared: number | undefined, format: (value: number) => string): string {
  return declared === undefined ? measured : `${measured}, declared ${format(declared)}`;
}

function spread({ least, mean, most }: NonNullable<HealthFigures["gopMs"]>): string {
  const isEven = most - least < Math.max(50, mean * 0.05);
  return isEven
    ? formatDuration(mean)
    : `${formatDuration(mean)} (${formatDuration(least)} to ${formatDuration(most)})`;
}

function timestampWords(back: number, gaps: number, repairs: number): string {
  const words = [
    back > 0 && `${formatCount(back)} back`,
    gaps > 0 && `${formatCount(gaps)} ${gaps === 1 ? "gap" : "gaps"}`,
    repairs > 0 && `${formatCount(repairs)} mended`,
  ].filter((word) => word !== false);
  return words.length === 0 ? "in order" : words.join(", ");
}

function aheadWords(audioAheadMs: number): string {
  if (Math.abs(audioAheadMs) < 1) return "together";
  return `${formatDuration(Math.abs(audioAheadMs))} ${audioAheadMs > 0 ? "ahead" : "behind"}`;
}
