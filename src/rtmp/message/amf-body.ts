import { concatBytes } from "../../bytes/concat.ts";
import { type AmfEncodeOptions, refuseToEncode } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { encodeCommandValues } from "../../formats/amf/command-values.ts";
import { type Message, MessageType } from "./message.ts";

/** How many bytes stand before the first AMF0 value: types 15 and 17 have a 0 there, which some senders leave out. */
export function amfBodyOffset(message: Message): 0 | 1 {
  return hasFormatByte(message.type) && message.payload[0] === 0 ? 1 : 0;
}

/** The length of a message has 24 bits. RTMP 1.0 section 5.3.1.2. */
const MAX_PAYLOAD_BYTES = 0xffffff;

/** The payload of a command or data message of this type. `amf.encode` for more than one message can carry, too. */
export function encodeAmfBody(
  messageType: number,
  values: readonly AmfEncodable[],
  options?: AmfEncodeOptions,
): Uint8Array {
  const body = encodeCommandValues(values, options);
  const payload = hasFormatByte(messageType) ? concatBytes([new Uint8Array(1), body]) : body;
  if (payload.length > MAX_PAYLOAD_BYTES) refuseToEncode(`${payload.length} bytes in one message`);
  return payload;
}

function hasFormatByte(messageType: number): boolean {
  return messageType === MessageType.CommandAmf3 || messageType === MessageType.DataAmf3;
}
