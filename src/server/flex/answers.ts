import { randomUUID } from "node:crypto";
import type { FlexFault } from "../../client/flex/flex-fault.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { FlexMessage, OutgoingFlexMessage } from "../../formats/flex/message.ts";

/** What an answer says beyond what it answers. */
export type AnswerParts = {
  readonly body?: AmfEncodable;
  /** @default that of the request */
  readonly clientId?: string | null;
  readonly headers?: Iterable<readonly [string, AmfEncodable]>;
};

/** An id as Flex writes them; nobody can guess one. */
export function createFlexId(): string {
  return randomUUID().toUpperCase();
}

export function acknowledge(request: FlexMessage, parts: AnswerParts = {}): OutgoingFlexMessage {
  return { kind: "acknowledge", body: null, ...envelope(request), ...parts };
}

/** Nothing of our own code goes out with it. */
export function refuse(request: FlexMessage | undefined, fault: FlexFault): OutgoingFlexMessage {
  return {
    kind: "error",
    ...envelope(request),
    body: null,
    faultCode: fault.code,
    faultString: fault.description,
    faultDetail: fault.detail,
    rootCause: null,
    // Whatever can be encoded may stand here, which the type of decoded messages does not say.
    extendedData: fault.data as null,
  };
}

function envelope(request: FlexMessage | undefined) {
  return {
    messageId: createFlexId(),
    correlationId: request?.messageId ?? null,
    clientId: request?.clientId ?? null,
    timestamp: Date.now(),
  };
}
