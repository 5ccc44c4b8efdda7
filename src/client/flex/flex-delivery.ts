import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { type FlexAsyncMessage, FlexHeader, type FlexHeaders } from "../../formats/flex/message.ts";

/** What a consumer hears. */
export type FlexDelivery = {
  readonly body: AmfValue;
  readonly headers: FlexHeaders;
  /** Under which it was said; "" for none. */
  readonly subtopic: string;
  readonly messageId: string;
  /** Milliseconds since 1970, by the producer or the server. */
  readonly timestamp: number;
};

export function deliveryOf({ body, headers, messageId, timestamp }: FlexAsyncMessage): FlexDelivery {
  const subtopic = headers.get(FlexHeader.Subtopic);
  return {
    body,
    headers,
    subtopic: typeof subtopic === "string" ? subtopic : "",
    messageId: messageId ?? "",
    timestamp,
  };
}
