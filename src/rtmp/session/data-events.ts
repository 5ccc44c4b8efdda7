import { classifyMedia } from "../../formats/flv/classify.ts";
import { normalizeDataMessage } from "../../formats/flv/script-data.ts";
import { type Message, MessageType } from "../message/message.ts";
import type { DataClearEvent, DataSetEvent, MediaEvent } from "./server-events.ts";

/** What a publisher's data message is about; undefined without a name. Nothing behind the names is decoded. */
export function receiveData(message: Message): DataSetEvent | DataClearEvent | MediaEvent | undefined {
  const { streamId, timestamp } = message;
  const data = normalizeDataMessage(message.payload, message.type === MessageType.DataAmf3);
  if (data.name === "") return undefined;
  if (data.kind === "clear") return { kind: "data-clear", streamId, name: data.name };
  const media = classifyMedia("data", timestamp, data.payload);
  // Encoders send onMetaData without @setDataFrame too, and mean the same: docs/interop.md.
  if (data.kind === "plain" && data.name !== "onMetaData") return { kind: "media", streamId, message: media };
  return { kind: "data-set", streamId, name: data.name, message: { ...media, isConfig: true } };
}
