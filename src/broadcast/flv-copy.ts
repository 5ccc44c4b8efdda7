import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { JoinPlaces, JoinPoint, JoinStart } from "./join-point.ts";
import type { LagLimits } from "./lag-policy.ts";
import { FLV_FORM } from "./log-form.ts";
import { MessageLog, type MessageLogOptions } from "./message-log.ts";
import { ViewerSource } from "./viewer-source.ts";

/** How long it is kept when nobody reads it any more. */
const IDLE_MS = 10_000;

/**
 * A broadcast's log once more, as FLV tags, for viewers by HTTP: made when the first of them comes, of what newcomers get,
 * and dropped some seconds after the last has left. Its places to begin are those of the first log.
 */
export class FlvCopy implements JoinPlaces {
  readonly log: MessageLog;
  readonly source: ViewerSource;
  readonly #original: MessageLog;
  readonly #joinPoint: JoinPoint;
  /** Where the message stands here that newcomers begin with. */
  #joinPosition = 0;
  #idleSinceMs: number | undefined;

  constructor(original: MessageLog, joinPoint: JoinPoint, limits: LagLimits, options: Partial<MessageLogOptions>) {
    this.#original = original;
    this.#joinPoint = joinPoint;
    this.log = new MessageLog(options, FLV_FORM);
    this.source = new ViewerSource(this.log, this, limits);
    for (const entry of original.entries(joinPoint.position)) {
      this.log.append(original.message(entry), entry.timestamp, entry.writtenAtMs);
    }
  }

  /** Where newcomers begin: the log must be kept from here on. */
  get position(): number {
    // The original's may lie behind its last message; the next one to come is the same in both then.
    return this.#joinPoint.position === this.#original.head ? this.log.head : this.#joinPosition;
  }

  current(): JoinStart {
    return { position: this.position, needsKeyframe: this.#joinPoint.current().needsKeyframe };
  }

  prelude(withMetadata: boolean): readonly MediaMessage[] {
    return this.#joinPoint.prelude(withMetadata);
  }

  /** Takes the message that stands at `originalPosition` in the other log, after the join point has seen it. */
  append(message: MediaMessage, timestamp: number, writtenAtMs: number, originalPosition: number): void {
    const position = this.log.append(message, timestamp, writtenAtMs);
    if (this.#joinPoint.position === originalPosition) this.#joinPosition = position;
  }

  /** True when nobody has read it for so long that it may go. */
  isOver(isRead: boolean, nowMs: number): boolean {
    if (isRead) this.#idleSinceMs = undefined;
    else this.#idleSinceMs ??= nowMs;
    return nowMs - (this.#idleSinceMs ?? nowMs) >= IDLE_MS;
  }

  /** Lets go of what no viewer within its limit needs: `needed` is where that begins. */
  trim(needed: number): void {
    this.log.trim(Math.min(needed, this.position));
    this.source.trim();
  }
}
