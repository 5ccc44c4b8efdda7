import type { ProtocolErrorCode } from "../../errors.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { Message } from "../message/message.ts";
import type { Status } from "./status.ts";

/** A method that the session does not know. Answer: `resolveCall` or `rejectCall`, unless the transaction id is 0. */
export type CallEvent = {
  readonly kind: "call";
  /** Empty for a call of Flex: its argument is a message that says what is wanted. */
  readonly name: string;
  /** 0: no answer is wanted, and none is sent. */
  readonly transactionId: number;
  readonly streamId: number;
  readonly args: readonly AmfValue[];
  /** For calls of Flex, which want an answer of their own form: the arguments end early because what follows cannot be read. */
  readonly unreadable?: ProtocolErrorCode;
};

/** The peer answered a call of ours. */
export type CallEndedEvent = CallResultEvent | CallErrorEvent;

export type CallResultEvent = {
  readonly kind: "result";
  readonly transactionId: number;
  /** Of the method that was called. */
  readonly name: string;
  readonly value: AmfValue;
};

export type CallErrorEvent = {
  readonly kind: "error";
  readonly transactionId: number;
  readonly name: string;
  /** What came instead of a result, if it can be read as a status. */
  readonly status: Status | undefined;
  readonly value: AmfValue;
};

/** A message of type 16 or 19. Its payload is valid during the call. RTMP 1.0 section 7.1.3. */
export type SharedObjectEvent = { readonly kind: "shared-object"; readonly message: Message };

/** A message type that is known but not served: reported once a type, then only counted. */
export type UnsupportedEvent = { readonly kind: "unsupported"; readonly messageType: number };

/** The peer ends the connection. */
export type CloseEvent = { readonly kind: "close" };
