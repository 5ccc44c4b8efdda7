import type { JoinPoint, JoinStart } from "./join-point.ts";
import type { LagLimits } from "./lag-policy.ts";
import type { MessageLog } from "./message-log.ts";
import type { SentEntry, ViewerOutput } from "./viewer.ts";

/** What newcomers get first are configurations. */
const PRELUDE_ENTRY: SentEntry = { isKeyframe: false, isConfig: true, isDisposable: false, trackId: 0 };

/** Of `maxWriteBytes`: one that is behind by less is not asked for how long. */
export const NEAR_FRACTION = 4;

/** What viewers read from: the log, with the bytes made once for all that stand at the same place. */
export class ViewerSource {
  readonly log: MessageLog;
  readonly limits: LagLimits;
  readonly #joinPoint: JoinPoint;
  readonly #nearBytes: number;
  #from = -1;
  #to = -1;
  #streamId = 0;
  #views: readonly Uint8Array[] = [];

  constructor(log: MessageLog, joinPoint: JoinPoint, limits: LagLimits) {
    this.log = log;
    this.#joinPoint = joinPoint;
    this.limits = limits;
    this.#nearBytes = limits.maxWriteBytes / NEAR_FRACTION;
  }

  /** The newest place where somebody may begin. */
  get start(): JoinStart {
    return this.#joinPoint.current();
  }

  /** So few bytes are left from there to the head that a viewer gets them in one write, and cannot lag. */
  isNear(position: number): boolean {
    return this.log.head - position <= this.#nearBytes && position >= this.log.tail;
  }

  /** Sends what must come before the bytes at `start`: configurations, and metadata for one who never had any. */
  sendConfigs(output: ViewerOutput, withMetadata: boolean): void {
    const messages = this.#joinPoint.prelude(output.streamId, withMetadata);
    if (output.kind === "messages") {
      for (const { message } of messages) output.send(message, PRELUDE_ENTRY);
    } else if (messages.length > 0) output.write(messages.map(({ bytes }) => bytes));
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
