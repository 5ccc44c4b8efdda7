import { ProtocolError, type ProtocolErrorCode } from "../../errors.ts";
import type { AmfDecodeOptions } from "../../formats/amf/amf-input.ts";
import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { type DecodedValues, decodeCommandValues } from "../../formats/amf/command-values.ts";
import { amfBodyOffset, encodeAmfBody } from "./amf-body.ts";
import { type Message, MessageType } from "./message.ts";

/** A call, or the answer to one. RTMP 1.0 section 7.2. */
export type Command = {
  /** Empty for a call of Flex, whose message says itself what is wanted. */
  readonly name: string;
  /** 0, or below: no answer is wanted. */
  readonly transactionId: number;
  /** Null but for `connect` and the answer to it; other senders use it as they like. */
  readonly commandObject: AmfValue;
  readonly args: readonly AmfValue[];
  /** Set when the arguments end early because what follows cannot be read. */
  readonly unreadable: ProtocolErrorCode | undefined;
};

/**
 * Reads a message of type 20 or 17. `command.body` without a name; everything else may be missing or unreadable. Null for
 * a name, with a transaction id behind it, is the empty one, and so is the text `null`: clients of Flex write all three.
 */
export function decodeCommand(message: Message, options?: AmfDecodeOptions): Command {
  const { values, violation } = decodeValues(message, options);
  const [first, transactionId, third, ...args] = values;
  const name = readName(first, transactionId);
  // Where the command object was left out, an argument stands in its place.
  const isObject = third === undefined || typeof third === "object";
  return {
    name,
    transactionId: readTransactionId(transactionId),
    commandObject: isObject ? (third ?? null) : null,
    args: isObject ? args : [third, ...args],
    unreadable: violation?.code,
  };
}

/** What `encodeCommand` needs: the rest is as a call without answer has it. */
export type OutgoingCommand = {
  /** Empty for a call of Flex: null is sent. */
  readonly name: string;
  readonly transactionId?: number;
  readonly commandObject?: AmfEncodable;
  readonly args?: readonly AmfEncodable[];
};

/** A message of type 20, or of type 17 with objectEncoding 3. `amf.encode` for what AMF cannot carry. */
export function encodeCommand(command: OutgoingCommand, streamId: number, options: AmfEncodeOptions = {}): Message {
  const { name, transactionId = 0, commandObject = null, args = [] } = command;
  const type = options.objectEncoding === 3 ? MessageType.CommandAmf3 : MessageType.Command;
  const payload = encodeAmfBody(type, [name === "" ? null : name, transactionId, commandObject, ...args], options);
  return { type, timestamp: 0, streamId, payload };
}

function decodeValues(message: Message, options: AmfDecodeOptions = {}): DecodedValues {
  try {
    return decodeCommandValues(message.payload, { ...options, fromByte: amfBodyOffset(message) });
  } catch (error) {
    throw error instanceof ProtocolError ? withoutName(error) : error;
  }
}

function readName(first: AmfValue, transactionId: AmfValue): string {
  if (first === "null") return "";
  if (typeof first === "string") return first;
  if (first === null && typeof transactionId === "number") return "";
  throw withoutName();
}

function withoutName(cause?: ProtocolError): ProtocolError {
  return new ProtocolError("command.body", "a command without a name", { byteOffset: 0, cause });
}

function readTransactionId(value: AmfValue): number {
  const id = typeof value === "string" ? Number(value) : value;
  return typeof id === "number" && Number.isFinite(id) ? id : 0;
}
