import { ProtocolError } from "../../errors.ts";
import { AmfObject, type AmfValue } from "../amf/amf-value.ts";
import type { Amf3Decoder } from "../amf/amf3-decoder.ts";
import type { Amf3Encoder } from "../amf/amf3-encoder.ts";
import type { ExternalizableCodec } from "../amf/externalizable.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

/** The names of the small forms, and of the classes that they stand for. */
export const SMALL_FORMS = {
  DSA: "flex.messaging.messages.AsyncMessage",
  DSC: "flex.messaging.messages.CommandMessage",
  DSK: "flex.messaging.messages.AcknowledgeMessage",
} as const;
export type SmallForm = keyof typeof SMALL_FORMS;

/** Flag bytes of one group: the protocol has two at most, and each further one may only announce what is discarded. */
const MAX_FLAG_BYTES = 16;
const FURTHER_FLAGS = 0x80;
/** Bits that nobody knows yet announce a value each, up to this one: readers of old stop here. */
const LAST_UNKNOWN_BIT = 5;

/** The fields that the bits of a group's flag bytes stand for, from bit 0 on. */
type Group = readonly (readonly string[])[];

const ABSTRACT: Group = [
  ["body", "clientId", "destination", "headers", "messageId", "timestamp", "timeToLive"],
  ["clientIdBytes", "messageIdBytes"],
];
const ASYNC: Group = [["correlationId", "correlationIdBytes"]];
const GROUPS: Readonly<Record<SmallForm, readonly Group[]>> = {
  DSA: [ABSTRACT, ASYNC],
  DSC: [ABSTRACT, ASYNC, [["operation"]]],
  DSK: [ABSTRACT, ASYNC, [[]]],
};
/** Sent as 16 bytes where they can be. */
const IDS = ["clientId", "messageId", "correlationId"];

/** What writes and reads DSA, DSC and DSK: their content is an object of the members that are set, ids always as text. */
export const SMALL_MESSAGE_CODECS: readonly ExternalizableCodec[] = (["DSA", "DSC", "DSK"] as const).map(
  (className) => ({
    className,
    decode: (decoder) => decodeSmallMessage(GROUPS[className], decoder),
    encode: (content, encoder) => encodeSmallMessage(GROUPS[className], content, encoder),
  }),
);

function decodeSmallMessage(groups: readonly Group[], decoder: Amf3Decoder): AmfObject {
  const content = new AmfObject();
  for (const group of groups) decodeGroup(group, decoder, content.members);
  for (const name of IDS) {
    const bytes = content.get(`${name}Bytes`);
    content.members.delete(`${name}Bytes`);
    const text = bytes instanceof Uint8Array ? decodeUuid(bytes) : undefined;
    // Where an id came in both forms, the bytes count.
    if (text !== undefined) content.members.set(name, text);
  }
  return content;
}

function decodeGroup(group: Group, decoder: Amf3Decoder, members: Map<string, AmfValue>): void {
  for (const [index, flags] of readFlags(decoder).entries()) {
    const names = group[index] ?? [];
    for (const [bit, name] of names.entries()) if (isSet(flags, bit)) members.set(name, decoder.read());
    for (let bit = names.length; bit <= LAST_UNKNOWN_BIT; bit++) if (isSet(flags, bit)) decoder.read();
  }
}

function readFlags({ reader }: Amf3Decoder): number[] {
  const flags: number[] = [];
  do {
    if (flags.length === MAX_FLAG_BYTES) {
      throw new ProtocolError("amf.limit", `more than ${MAX_FLAG_BYTES} flag bytes`, { byteOffset: reader.offset });
    }
    flags.push(reader.u8());
  } while (((flags.at(-1) ?? 0) & FURTHER_FLAGS) !== 0);
  return flags;
}

function encodeSmallMessage(groups: readonly Group[], content: AmfValue, encoder: Amf3Encoder): void {
  if (!(content instanceof AmfObject)) {
    throw new ProtocolError("amf.encode", "the content of a small message is an object of its members");
  }
  const fields = fieldsToWrite(content);
  for (const group of groups) encodeGroup(group, fields, encoder);
}

/** Those that say something, with ids in their shorter form. */
function fieldsToWrite(content: AmfObject): ReadonlyMap<string, AmfValue> {
  const fields = new Map<string, AmfValue>();
  for (const [name, value] of content.members) {
    const bytes = IDS.includes(name) && typeof value === "string" ? encodeUuid(value) : undefined;
    if (bytes !== undefined) fields.set(`${name}Bytes`, bytes);
    else if (value !== undefined && value !== null && !isDefaultNumber(name, value)) fields.set(name, value);
  }
  return fields;
}

/** Operation 0 is said: BlazeDS takes a command without one for an unknown one, though it writes subscriptions so itself (docs/interop.md). */
function isDefaultNumber(name: string, value: AmfValue): boolean {
  return value === 0 && (name === "timestamp" || name === "timeToLive");
}

function encodeGroup(group: Group, fields: ReadonlyMap<string, AmfValue>, encoder: Amf3Encoder): void {
  const flags = group.map((names) =>
    names.reduce((bits, name, bit) => (fields.has(name) ? bits | (1 << bit) : bits), 0),
  );
  const count = Math.max(1, flags.findLastIndex((bits) => bits !== 0) + 1);
  for (let index = 0; index < count; index++) {
    encoder.writer.u8((flags[index] ?? 0) | (index < count - 1 ? FURTHER_FLAGS : 0));
  }
  for (const name of group.flat()) if (fields.has(name)) encoder.write(fields.get(name));
}

function isSet(flags: number, bit: number): boolean {
  return (flags & (1 << bit)) !== 0;
}
