import type { NetworkConduct } from "../broadcast/health/health-facts.ts";
import { HealthMeter } from "../broadcast/health/health-meter.ts";
import type { HealthLevel, HealthReport } from "../broadcast/health/health-report.ts";
import type { ServerContext } from "./context.ts";
import type { ClientProtocol } from "./snapshots.ts";

/** Whose health it is, for the log and for people. */
export type MeteredPublisher = {
  readonly connection: string;
  readonly remoteAddress: string;
  readonly protocol: ClientProtocol;
  /** `app/key`. */
  readonly broadcast: string;
  /** What the connection knows of itself; asked at each report. */
  readonly network?: () => NetworkConduct;
};

/** From one look to the next. */
const LOOK_MS = 5_000;
/** From one change that is told to the next: a publisher that wavers fills no log. */
const TELL_MS = 30_000;

const EVENT_LEVELS = { good: "info", warning: "warning", bad: "error" } as const;

/** Measures one publication, and tells the log and people when it goes worse or better. */
export class PublisherHealth {
  /** For `Publisher.health`. */
  readonly meter: HealthMeter;
  readonly #context: ServerContext;
  readonly #publisher: MeteredPublisher;
  #lookedAtMs: number;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  /** What was told last: nothing is told of one that is well from the beginning. */
  #told: HealthLevel = "good";

  constructor(context: ServerContext, publisher: MeteredPublisher) {
    const { network } = publisher;
    this.#context = context;
    this.#publisher = publisher;
    this.#lookedAtMs = context.nowMs();
    const ownDelayMs = context.options.publish.unwatchedReadMs;
    this.meter = new HealthMeter({ ownDelayMs, ...(network !== undefined && { network }) });
  }

  /** To be called about twice a second while it publishes. */
  tick(nowMs: number): void {
    if (nowMs - this.#lookedAtMs < LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    const report = this.meter.report(nowMs);
    const { level } = report;
    if (level === "unknown" || level === this.#told || nowMs - this.#toldAtMs < TELL_MS) return;
    this.#told = level;
    this.#toldAtMs = nowMs;
    this.#tell(report, level);
  }

  /** For the line that the end of the publication leaves in the log; nothing where there is no verdict. */
  inLog(nowMs: number): { readonly health?: HealthLevel; readonly verdict?: string } {
    const { level, verdict } = this.meter.report(nowMs);
    return level === "unknown" ? {} : { health: level, verdict };
  }

  #tell({ verdict, findings }: HealthReport, level: HealthLevel): void {
    const { log, events } = this.#context;
    const { connection, remoteAddress, broadcast, protocol } = this.#publisher;
    const found = findings.map(({ code }) => code);
    const line = { connection, remote: remoteAddress, broadcast, health: level, ...(found.length > 0 && { found }) };
    if (level === "good") log.info(line, verdict);
    else log.warn(line, verdict);
    events.tell({
      kind: "health",
      level: EVENT_LEVELS[level],
      text: verdict,
      broadcast,
      connection,
      remoteAddress,
      protocol,
    });
  }
}
