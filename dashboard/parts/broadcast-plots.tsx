import type { JSX } from "preact";
import type { BroadcastSample, BroadcastSnapshot } from "../../src/server/snapshots.ts";
import { broadcastPath } from "../data/api.ts";
import { usePolled } from "../data/poll.ts";
import { formatBitrate, formatCount, formatFrameRate } from "../format.ts";
import { Plot } from "./plot.tsx";

const EVERY_MS = 2000;
/** Samples come once a second. */
const MAX_SAMPLES = 300;

/** The last five minutes of a broadcast. */
export function BroadcastPlots({ broadcast }: { readonly broadcast: BroadcastSnapshot }): JSX.Element {
  const { name, tracks } = broadcast;
  const hasAudio = tracks.some(({ kind }) => kind === "audio");
  const hasVideo = tracks.some(({ kind }) => kind === "video") || !hasAudio;
  const { body } = usePolled<{ readonly items: readonly BroadcastSample[] }>(broadcastPath(name, "/history"), EVERY_MS);
  const samples = (body?.items ?? []).slice(-MAX_SAMPLES);
  const times = samples.map(({ atMs }) => atMs / 1000);
  return (
    <section class="plots" aria-label="The last five minutes">
      <Plot
        title="Bitrate"
        times={times}
        format={formatBitrate}
        series={[
          ...(hasVideo
            ? [{ label: "Video", color: "--plot-1", values: samples.map(({ videoBitrate }) => videoBitrate) }]
            : []),
          ...(hasAudio
            ? [{ label: "Audio", color: "--plot-2", values: samples.map(({ audioBitrate }) => audioBitrate) }]
            : []),
        ]}
      />
      {hasVideo && (
        <Plot
          title="Frame rate"
          times={times}
          format={formatFrameRate}
          series={[{ label: "Frame rate", color: "--plot-3", values: samples.map(({ frameRate }) => frameRate) }]}
        />
      )}
      <Plot
        title="Viewers"
        times={times}
        format={formatCount}
        isWhole
        series={[{ label: "Viewers", color: "--plot-4", values: samples.map(({ viewers }) => viewers) }]}
      />
    </section>
  );
}
