import { encodeUtf8 } from "../../bytes/utf8.ts";
import { type AmfEncodeOptions, refuseToEncode } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { encodeSharedObjectEvent, joinSharedObject, type SharedObjectHeader } from "../message/encode-shared-object.ts";
import type { Message } from "../message/message.ts";
import type { SharedObjectEvent } from "../message/shared-object.ts";

/** The longest payload of a message less the object's name and what else stands in front of the events. RTMP 1.0 section 5.3.1.2. */
const MAX_EVENT_BYTES = 0xffffff - 0xffff - 64;
/** Events that are more together go out as several messages. */
const MAX_TOGETHER_BYTES = 4 * 1024 * 1024;

/** `amf.encode` for an object's name that no message can carry. */
export function checkObjectName(name: string): void {
  if (encodeUtf8(name).length > 0xffff) refuseToEncode("a shared object's name of more than 65535 bytes");
}

/** `amf.encode` for what no message can carry. */
export function checkRequest(event: SharedObjectEvent<AmfEncodable>, options: AmfEncodeOptions): void {
  const { length } = encodeSharedObjectEvent(event, options);
  if (length > MAX_EVENT_BYTES) refuseToEncode(`${length} bytes in one message of a shared object`);
}

/** Messages of so many events at the most, and not too long; `headerOf` is asked with the first event of each. */
export function encodeRequests(
  events: readonly SharedObjectEvent[],
  headerOf: (first: SharedObjectEvent) => SharedObjectHeader,
  maxEvents: number,
  options: AmfEncodeOptions,
): Message[] {
  const messages: Message[] = [];
  let first: SharedObjectEvent | undefined;
  let encoded: Uint8Array[] = [];
  let encodedBytes = 0;
  const finish = (): void => {
    if (first !== undefined) messages.push(joinSharedObject(headerOf(first), encoded, options.objectEncoding));
    first = undefined;
    encoded = [];
    encodedBytes = 0;
  };
  for (const event of events) {
    const bytes = encodeSharedObjectEvent(event, options);
    if (encoded.length === maxEvents || encodedBytes + bytes.length > MAX_TOGETHER_BYTES) finish();
    first ??= event;
    encoded.push(bytes);
    encodedBytes += bytes.length;
  }
  finish();
  return messages;
}
