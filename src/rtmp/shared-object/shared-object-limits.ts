import { DEFAULT_SHARED_OBJECT_MESSAGE_LIMITS, type SharedObjectMessageLimits } from "../message/shared-object.ts";

/** What clients may make the shared objects of one application instance hold. */
export type SharedObjectLimits = SharedObjectMessageLimits & {
  /** Objects of an application instance, those being loaded or stored too. @default 4096 */
  readonly maxObjects: number;
  /** Objects that one connection uses at a time. @default 256 */
  readonly maxObjectsPerConnection: number;
  /** Connections that use one object. @default 65_536 */
  readonly maxListeners: number;
  /** Slots of an object. @default 10_000 */
  readonly maxSlots: number;
  /** Bytes of an object: names and values as AMF0, what is shared inside a value counted each time. @default 4 MiB */
  readonly maxObjectBytes: number;
  /** Events that wait for one listener of an object, beyond which its changes become the full state. @default 10_000 */
  readonly maxBacklogEvents: number;
  /** Bytes of them. Where calls alone are more, the connection is overrun, to be closed. @default 4 MiB */
  readonly maxBacklogBytes: number;
  /** Events collected under a lock, beyond which all locks of the object are broken; so at twice `maxObjectBytes`. @default 10_000 */
  readonly maxLockedEvents: number;
  /** How long one owner may hold an object locked, in milliseconds. @default 10_000 */
  readonly maxLockMs: number;
  /** Calls that a connection may send to all, on average and at once. @default 100 */
  readonly maxSendsPerSecond: number;
  /**
   * Messages of one connection kept while the objects that they are for are being loaded. They may have `maxBacklogBytes`
   * together, and one alone any length. @default 1000
   */
  readonly maxWaitingMessages: number;
};

export const DEFAULT_SHARED_OBJECT_LIMITS: SharedObjectLimits = {
  ...DEFAULT_SHARED_OBJECT_MESSAGE_LIMITS,
  maxObjects: 4096,
  maxObjectsPerConnection: 256,
  maxListeners: 65_536,
  maxSlots: 10_000,
  maxObjectBytes: 4 * 1024 * 1024,
  maxBacklogEvents: 10_000,
  maxBacklogBytes: 4 * 1024 * 1024,
  maxLockedEvents: 10_000,
  maxLockMs: 10_000,
  maxSendsPerSecond: 100,
  maxWaitingMessages: 1000,
};

/** The defaults where `limits` leaves them, or says undefined: that must not be no limit. */
export function resolveSharedObjectLimits(limits: Partial<SharedObjectLimits> = {}): SharedObjectLimits {
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return { ...DEFAULT_SHARED_OBJECT_LIMITS, ...Object.fromEntries(given) };
}
