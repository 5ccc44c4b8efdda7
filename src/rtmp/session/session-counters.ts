/** What a session passed over: for the line that a closed connection leaves in the log. */
export type SessionCounters = {
  /** By message type. */
  readonly unknownMessages: ReadonlyMap<number, number>;
  /** Calls of methods that the session does not know; the driver may. */
  readonly unknownCalls: number;
  /** Commands that the state of their stream does not allow. */
  readonly refusedCommands: number;
  /** Audio, video and data on streams that do not publish. */
  readonly strayMedia: number;
  /** Data messages and user control events that cannot be read. */
  readonly unreadableMessages: number;
};

/** The same, for the session that counts. */
export type MutableSessionCounters = {
  -readonly [Name in Exclude<keyof SessionCounters, "unknownMessages">]: number;
} & { unknownMessages: ReadonlyMap<number, number> };

/** Of all sessions that met none. */
const NO_MESSAGES: ReadonlyMap<number, number> = new Map();

export function createSessionCounters(): MutableSessionCounters {
  return { unknownMessages: NO_MESSAGES, unknownCalls: 0, refusedCommands: 0, strayMedia: 0, unreadableMessages: 0 };
}

/** How often a message type came, this time included. */
export function countMessage(counters: MutableSessionCounters, type: number): number {
  const count = (counters.unknownMessages.get(type) ?? 0) + 1;
  counters.unknownMessages = new Map([...counters.unknownMessages, [type, count]]);
  return count;
}
