import type { JoinPlaces, JoinStart } from "./join-point.ts";
import { type LagLimits, type Selection, wantsConfig } from "./lag-policy.ts";
import { type MessageLog, messageTypeOf } from "./message-log.ts";
import type { SentEntry, ViewerOutput } from "./viewer.ts";

/** What newcomers get first are configurations. */
const PRELUDE_ENTRY: SentEntry = { isKeyframe: false, isConfig: true, isDisposable: false, trackId: 0 };

/** Of `maxWriteBytes`: one that is behind by less is not asked for how long. */
export const NEAR_FRACTION = 4;

/** What viewers read from: the log, with the bytes made once for all that stand at the same place. */
export class ViewerSource {
  readonly log: MessageLog;
  readonly limits: LagLimits;
  readonly #places: JoinPlaces;
  readonly #nearBytes: number;
  #from = -1;
  #to = -1;
  #streamId = 0;
  #views: readonly Uint8Array[] = [];

  constructor(log: MessageLog, places: JoinPlaces, limits: LagLimits) {
    this.log = log;
    this.#places = places;
    this.limits = limits;
    this.#nearBytes = limits.maxWriteBytes / NEAR_FRACTION;
  }

  /** The newest place where somebody may begin. */
  get start(): JoinStart {
    return this.#places.current();
  }

  /** So few bytes are left from there to the head that a viewer gets them in one write, and cannot lag. */
  isNear(position: number): boolean {
    return this.log.head - position <= this.#nearBytes && position >= this.log.tail;
  }

  /** Sends what must come before the bytes at `start`: configurations, and metadata for one who never had any. */
  sendConfigs(output: ViewerOutput, withMetadata: boolean, selection: Selection): void {
    const configs = this.#places
      .prelude(withMetadata)
      .filter(({ kind }) => wantsConfig(messageTypeOf(kind), selection));
    const { streamId } = output;
    if (output.kind === "messages") {
      for (const { kind, timestamp, payload } of configs) {
        output.send({ type: messageTypeOf(kind), timestamp: timestamp >>> 0, streamId, payload }, PRELUDE_ENTRY);
      }
    } else if (configs.length > 0) {
      output.write(configs.map((config) => this.log.encode(config, config.timestamp, streamId)));
    }
  }

  /** The log's bytes from one message to another, for players on that message stream. */
  views(streamId: number, from: number, to: number): readonly Uint8Array[] {
    if (this.#from !== from || this.#to !== to || this.#streamId !== streamId) {
      this.#from = from;
      this.#to = to;
      this.#streamId = streamId;
      this.#views = this.log.viewsFor(streamId, from, to);
    }
    return this.#views;
  }

  /** Holds no views of what the log has let go of. */
  trim(): void {
    if (this.#from >= this.log.tail) return;
    this.#from = -1;
    this.#views = [];
  }
}
