/** Remote shared objects: what is kept equal in all clients of an application instance, and in the server. */
export type { SharedObjectLimits } from "../../rtmp/shared-object/shared-object-limits.ts";
export type { AnySlots, SharedObjectChange, SlotName } from "../../rtmp/shared-object/slot-view.ts";
export type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
export type { ChangedBy, ServerSharedObject, ServerSharedObjectOptions } from "./server-shared-object.ts";
export type {
  ServerSharedObjectLimits,
  SharedObjectRequest,
  SharedObjectRules,
  SharedObjectSend,
  SharedObjectSync,
  SharedObjectsOptions,
} from "./shared-objects-options.ts";
