import type { AmfDecodeOptions } from "../../formats/amf/amf-input.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { normalizeDataMessage } from "../../formats/flv/script-data.ts";
import { decodeData } from "../message/data.ts";
import { type Message, MessageType } from "../message/message.ts";
import type { ClientDataEvent } from "./client-events.ts";

/** A data message of a server, which may pass on `@setDataFrame` as its publisher sent it. Undefined if it cannot be read. */
export function receiveServerData(
  message: Message,
  streamId: number,
  options: AmfDecodeOptions,
): ClientDataEvent | undefined {
  const data = normalizeDataMessage(message.payload, message.type === MessageType.DataAmf3);
  const payload = data.kind === "clear" ? message.payload : data.payload;
  const type = data.kind === "clear" ? message.type : MessageType.Data;
  const decoded = decodeData({ ...message, type, payload }, options);
  if (decoded === undefined) return undefined;
  const media = classifyMedia("data", message.timestamp, payload);
  const { name, values } = decoded;
  return {
    kind: "data",
    streamId,
    name,
    values,
    message: { ...media, isConfig: media.isConfig || data.kind === "set" },
  };
}
