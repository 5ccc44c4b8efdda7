import { ByteReader } from "../bytes/byte-reader.ts";
import {
  decodeSetPeerBandwidth,
  decodeUserControl,
  describeUserControl,
  PeerBandwidthLimit,
} from "./message/control.ts";
import { type Message, MessageType } from "./message/message.ts";

const LIMIT_NAMES = new Map<number, string>(
  Object.entries(PeerBandwidthLimit).map(([name, limit]) => [limit, name.toLowerCase()]),
);
const MAX_NAME_LENGTH = 64;
/** AMF0's marker of a string of up to 65535 bytes. */
const STRING_MARKER = 2;

/**
 * One line for any message: for traces, failing tests and the inspector. Never throws, and never tells arguments of
 * commands, so no stream key either.
 */
export function describeMessage(message: Message): string {
  const { type, timestamp, streamId, payload } = message;
  return `${describeBody(type, payload)}, ${payload.length} bytes at ${timestamp} ms, stream ${streamId}`;
}

function describeBody(type: number, payload: Uint8Array): string {
  switch (type) {
    case MessageType.SetChunkSize:
      return `set-chunk-size ${describeNumber(payload)}`;
    case MessageType.Abort:
      return `abort of chunk stream ${describeNumber(payload)}`;
    case MessageType.Acknowledgement:
      return `acknowledgement ${describeNumber(payload)}`;
    case MessageType.UserControl:
      return `user-control ${describeEvent(payload)}`;
    case MessageType.WindowAcknowledgementSize:
      return `window-acknowledgement-size ${describeNumber(payload)}`;
    case MessageType.SetPeerBandwidth:
      return `set-peer-bandwidth ${describeBandwidth(payload)}`;
    case MessageType.Audio:
      return "audio";
    case MessageType.Video:
      return "video";
    case MessageType.Aggregate:
      return "aggregate";
    case MessageType.Data:
    case MessageType.DataAmf3:
      return `data ${describeName(payload)}`;
    case MessageType.Command:
    case MessageType.CommandAmf3:
      return `command ${describeName(payload)}`;
    case MessageType.SharedObject:
    case MessageType.SharedObjectAmf3:
      return "shared-object";
    default:
      return `type ${type}`;
  }
}

function describeNumber(payload: Uint8Array): string {
  return payload.length < 4 ? "(too short)" : String(new ByteReader(payload).u32());
}

function describeEvent(payload: Uint8Array): string {
  const control = decodeUserControl(payload);
  return control === undefined ? "(too short)" : describeUserControl(control);
}

function describeBandwidth(payload: Uint8Array): string {
  const bandwidth = decodeSetPeerBandwidth(payload);
  if (bandwidth === undefined) return "(too short)";
  const { windowBytes, limit } = bandwidth;
  return `${windowBytes} ${LIMIT_NAMES.get(limit) ?? limit}`;
}

/** The string in front, read without the AMF decoder so that a broken rest does not matter. Quoted, on one line. */
function describeName(payload: Uint8Array): string {
  // The AMF3 types put a 0 byte before it, which some senders leave out: docs/interop.md.
  const reader = new ByteReader(payload[0] === 0 ? payload.subarray(1) : payload);
  if (reader.remaining < 3 || reader.u8() !== STRING_MARKER) return "(no name)";
  const length = Math.min(reader.u16(), reader.remaining);
  const name = reader.utf8(Math.min(length, MAX_NAME_LENGTH));
  return JSON.stringify(length > MAX_NAME_LENGTH ? `${name}…` : name);
}
