import { decodeUuid } from "../../formats/flex/uuid.ts";

/** A new id for a message or a consumer, by the platform's own randomness. */
export function createFlexId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return decodeUuid(bytes) ?? "";
}
