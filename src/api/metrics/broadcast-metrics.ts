import type { Counter, Gauge, Registry } from "@prometheus-io/client";
import type { BroadcastSnapshot } from "../../server/snapshots.ts";
import { Growth } from "./growth.ts";
import { LabelSlots } from "./label-slots.ts";
import { counter, gauge, setByLabel } from "./metric-parts.ts";

type Label = "broadcast";
const LABELS: readonly Label[] = ["broadcast"];

const HEALTH_LEVELS = { good: 0, unknown: 0, warning: 1, bad: 2 } as const;

/** Metrics of each broadcast, for a bounded number of them; the rest are one, `other`. */
export class BroadcastMetrics {
  readonly #slots: LabelSlots;
  readonly #growth = new Growth();
  readonly #viewers: Gauge<Label>;
  readonly #videoBitrate: Gauge<Label>;
  readonly #audioBitrate: Gauge<Label>;
  readonly #frameRate: Gauge<Label>;
  readonly #health: Gauge<Label>;
  readonly #received: Counter<Label>;
  readonly #sent: Counter<Label>;

  constructor(registry: Registry, maxBroadcasts: number) {
    const own = [registry];
    this.#slots = new LabelSlots(maxBroadcasts);
    this.#viewers = gauge(own, "millrace_broadcast_viewers", "Who watches it.", LABELS);
    this.#videoBitrate = gauge(own, "millrace_broadcast_video_bytes_per_second", "As they come.", LABELS);
    this.#audioBitrate = gauge(own, "millrace_broadcast_audio_bytes_per_second", "As they come.", LABELS);
    this.#frameRate = gauge(own, "millrace_broadcast_frames_per_second", "Pictures in a second of media.", LABELS);
    this.#health = gauge(
      own,
      "millrace_broadcast_health",
      "0: good, 1: warning, 2: bad; the worst of several.",
      LABELS,
    );
    this.#received = counter(own, "millrace_broadcast_received_bytes_total", "From its publishers.", LABELS);
    this.#sent = counter(own, "millrace_broadcast_sent_bytes_total", "To its viewers.", LABELS);
  }

  set(broadcasts: readonly BroadcastSnapshot[]): void {
    for (const name of this.#slots.keepOnly(new Set(broadcasts.map(({ name }) => name)))) {
      this.#received.remove({ broadcast: name });
      this.#sent.remove({ broadcast: name });
    }
    const sums = { viewers: new Sums(), video: new Sums(), audio: new Sums(), frames: new Sums() };
    const health = new Map<string, number>();
    for (const broadcast of broadcasts) {
      const { name, viewers, receivedBytes, sentBytes, health: report } = broadcast;
      const label = this.#slots.labelOf(name);
      sums.viewers.add(label, viewers.total);
      sums.video.add(label, bytesOf(report?.figures.videoBitrate));
      sums.audio.add(label, bytesOf(report?.figures.audioBitrate));
      sums.frames.add(label, report?.figures.frameRate);
      if (report !== undefined) health.set(label, Math.max(health.get(label) ?? 0, HEALTH_LEVELS[report.level]));
      this.#received.inc({ broadcast: label }, this.#growth.of(`received ${name}`, receivedBytes));
      this.#sent.inc({ broadcast: label }, this.#growth.of(`sent ${name}`, sentBytes));
    }
    this.#growth.next();
    setByLabel(this.#viewers, sums.viewers.byLabel);
    setByLabel(this.#videoBitrate, sums.video.byLabel);
    setByLabel(this.#audioBitrate, sums.audio.byLabel);
    setByLabel(this.#frameRate, sums.frames.byLabel);
    setByLabel(this.#health, health);
  }
}

class Sums {
  readonly byLabel = new Map<string, number>();

  add(label: string, amount: number | undefined): void {
    if (amount !== undefined) this.byLabel.set(label, (this.byLabel.get(label) ?? 0) + amount);
  }
}

/** Prometheus counts in bytes. */
function bytesOf(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : bits / 8;
}
