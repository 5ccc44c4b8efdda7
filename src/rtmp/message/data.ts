import { ProtocolError } from "../../errors.ts";
import type { AmfDecodeOptions } from "../../formats/amf/amf-input.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { decodeCommandValues } from "../../formats/amf/command-values.ts";
import { amfBodyOffset, encodeAmfBody } from "./amf-body.ts";
import { type Message, MessageType } from "./message.ts";

/** Metadata, cue points and whatever else travels in time with audio and video. RTMP 1.0 section 7.1.2. */
export type DataMessage = {
  /** `onMetaData`, `@setDataFrame`, `onCuePoint`, `|RtmpSampleAccess`, … */
  readonly name: string;
  readonly values: readonly AmfValue[];
};

/**
 * Reads a message of type 18 or 15, leniently: what is cut at its end counts as far as it goes.
 * Undefined without a name, and beyond an AMF limit: a bad data message is left out, and its connection lives on.
 */
export function decodeData(message: Message, options: AmfDecodeOptions = {}): DataMessage | undefined {
  try {
    const fromByte = amfBodyOffset(message);
    const { values, violation } = decodeCommandValues(message.payload, { ...options, fromByte, isTolerant: true });
    const [name, ...rest] = values;
    if (typeof name !== "string" || violation?.code === "amf.limit") return undefined;
    return { name, values: rest };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** A message of type 18. `amf.encode` for what AMF cannot carry. */
export function encodeData(streamId: number, timestamp: number, name: string, ...values: AmfEncodable[]): Message {
  const payload = encodeAmfBody(MessageType.Data, [name, ...values]);
  return { type: MessageType.Data, timestamp, streamId, payload };
}
