import type { ConflictMode } from "../../rtmp/shared-object/client-request.ts";
import type { SharedObjectLimits } from "../../rtmp/shared-object/shared-object-limits.ts";
import type { SharedObjectChange } from "../../rtmp/shared-object/slot-view.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import type { ConnectionInfo } from "../hooks.ts";

/** Remote shared objects: without these options they are ignored. */
export type SharedObjectsOptions = SharedObjectRules & {
  /** Names of applications whose instances have shared objects: `chat` is `chat/room1` too. @default all */
  readonly apps?: readonly string[];
  /**
   * Where persistent objects are kept, a file each; for one server at a time. Without it, and without `storage`, they are
   * refused.
   */
  readonly folder?: string;
  /** Keeps the persistent objects of an application instance in some other way. */
  readonly storage?: (app: string) => SharedObjectStorage;
  /**
   * What becomes of a change that its client asked for before it knew of another one: `compare-and-set` refuses it.
   * @default "last-writer"
   */
  readonly conflict?: ConflictMode;
  readonly limits?: Partial<ServerSharedObjectLimits>;
  /** How long changes of persistent objects are collected before they are stored. @default 1000 */
  readonly saveDelayMs?: number;
  /** Clients changed an object. */
  onSync?(event: SharedObjectSync): void;
  /** A client sent a call to all who have the object open. */
  onSend?(event: SharedObjectSend): void;
};

/**
 * Who may what. Asked anew for each message of a client that wants it, so that a right may be taken back. What throws
 * refuses. To decide by what takes time to know, let `onConnect` find it out.
 */
export type SharedObjectRules = {
  /** Open an object. @default everybody */
  mayRead?(request: SharedObjectRequest): boolean;
  /** Make it by opening it, where it does not exist. @default everybody */
  mayCreate?(request: SharedObjectRequest): boolean;
  /** Set and remove slots. @default everybody */
  mayWrite?(request: SharedObjectRequest): boolean;
  /** Send calls to all who have it open. @default everybody */
  maySend?(request: SharedObjectRequest): boolean;
};

export type SharedObjectRequest = {
  readonly connection: ConnectionInfo;
  /** The application instance, such as `chat/room1`; `chat` for clients that name no instance. */
  readonly app: string;
  /** Any text of the client. */
  readonly name: string;
  readonly isPersistent: boolean;
};

export type SharedObjectSync = {
  readonly app: string;
  readonly name: string;
  readonly changes: readonly SharedObjectChange[];
  /** Who changed it. */
  readonly connection: ConnectionInfo;
};

export type SharedObjectSend = {
  readonly app: string;
  readonly name: string;
  readonly method: string;
  /** Plain values. */
  readonly args: readonly unknown[];
  readonly connection: ConnectionInfo;
};

/** Limits of each application instance, and some of the whole server. */
export type ServerSharedObjectLimits = SharedObjectLimits & {
  /**
   * Of all objects of the server: names and values as AMF0, and 512 bytes more for each slot. In memory lists of
   * small values take up to ten times as much. @default 64 MiB
   */
  readonly maxTotalBytes: number;
  /**
   * What clients have not read yet of messages of more than 64 KiB, all together, but one. Others wait for theirs.
   * @default 64 MiB
   */
  readonly maxUnreadBytes: number;
  /** How long a client may take nothing of what it is to be told, in milliseconds. @default 60_000 */
  readonly blockedTimeoutMs: number;
  /** Objects that are loaded or stored at a time. @default 4 */
  readonly maxTransfers: number;
};

export const DEFAULT_MAX_TOTAL_BYTES: number = 64 * 1024 * 1024;
export const DEFAULT_MAX_UNREAD_BYTES: number = 64 * 1024 * 1024;
export const DEFAULT_BLOCKED_TIMEOUT_MS = 60_000;
export const DEFAULT_MAX_TRANSFERS = 4;
export const DEFAULT_SAVE_DELAY_MS = 1000;
