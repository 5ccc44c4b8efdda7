import type { AmfEncodable } from "../../formats/amf/amf-value.ts";

/** What the caller is told. */
export type FlexFaultDetails = {
  /** One of Flex's, or the application's own. @default "Server.Processing" */
  readonly code?: string;
  /** A sentence for whoever reads it: `faultString`. */
  readonly description: string;
  /** More of it: `faultDetail`. */
  readonly detail?: string;
  /** Whatever a program may want: `extendedData`. */
  readonly data?: AmfEncodable;
};

/**
 * A refusal as an ErrorMessage of Flex. On the server, a method or hook throws it; of all other errors the client is told
 * only that the destination failed. In the client library, what was asked rejects with it.
 */
export class FlexFault extends Error {
  override readonly name = "FlexFault";
  readonly code: string;
  readonly description: string;
  readonly detail: string;
  /** In the client library as it was decoded. */
  readonly data: AmfEncodable;

  constructor(details: FlexFaultDetails, options?: ErrorOptions) {
    super(details.description, options);
    this.code = details.code ?? FaultCode.Processing;
    this.description = details.description;
    this.detail = details.detail ?? "";
    this.data = details.data ?? null;
  }
}

/** What Flex clients know how to tell apart. */
export const FaultCode = {
  Processing: "Server.Processing",
  Unavailable: "Server.ResourceUnavailable",
  NotSubscribed: "Server.Processing.NotSubscribed",
  DuplicateId: "Server.Processing.DuplicateId",
  DuplicateSession: "Server.Processing.DuplicateSessionDetected",
  Authentication: "Client.Authentication",
  Authorization: "Client.Authorization",
  MessageEncoding: "Client.Message.Encoding",
  InvalidType: "Client.Message.Deserialize.InvalidType",
} as const;
