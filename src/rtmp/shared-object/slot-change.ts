import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { Amf0Decoder } from "../../formats/amf/amf0-decoder.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { encodeSharedValue } from "../message/encode-shared-object.ts";
import type { SharedObjectEvent } from "../message/shared-object.ts";
import { OutgoingEvent } from "./outgoing-event.ts";
import type { SharedObjectLimits } from "./shared-object-limits.ts";

/** Why a slot was not changed, or a call not sent. All but `conflict` are told to the client by a status. */
export type SharedObjectRefusal =
  | "not-allowed"
  | "conflict"
  | "name-too-long"
  | "value-too-large"
  | "too-many-slots"
  | "object-too-large"
  | "memory-full"
  | "send-rate";

/** The event that tells of a slot's value, or why there cannot be one. Lengths are as AMF0, nothing shared. */
export function createSlotChange(
  key: string,
  value: AmfValue,
  limits: Pick<SharedObjectLimits, "maxSlotNameBytes" | "maxValueBytes">,
  options: AmfEncodeOptions,
): OutgoingEvent | SharedObjectRefusal {
  const nameBytes = encodeUtf8(key).length;
  if (nameBytes > limits.maxSlotNameBytes) return "name-too-long";
  const change = createBounded({ kind: "change", slots: [[key, value]] }, limits.maxValueBytes, options);
  return change === undefined || change.byteLength - nameBytes - 7 > limits.maxValueBytes ? "value-too-large" : change;
}

/** Undefined when its values are longer as AMF0 than allowed: what was shared in AMF3 may be. */
export function createBounded(
  event: SharedObjectEvent,
  maxBytes: number,
  options: AmfEncodeOptions,
): OutgoingEvent | undefined {
  try {
    return new OutgoingEvent(event, { ...options, maxBytes });
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "amf.encode") return undefined;
    throw error;
  }
}

/** A copy that the application cannot change any more. Throws `amf.encode` for what AMF cannot carry. */
export function copyValue(value: AmfEncodable, registry: ExternalizableRegistry | undefined): AmfValue {
  const options = registry === undefined ? {} : { registry };
  return new Amf0Decoder(encodeSharedValue(value, { ...options, objectEncoding: 3 }), options).read();
}
