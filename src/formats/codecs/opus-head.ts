import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError } from "../../errors.ts";

/** The identification header of Opus. RFC 7845 section 5.1. */
export type OpusHead = {
  readonly channels: number;
  /** Samples at 48 kHz to drop from the start. */
  readonly preSkip: number;
  /** Hz, of what was encoded; Opus itself always plays at 48 kHz. */
  readonly inputSampleRate: number;
  /** 0 mono or stereo, 1 surround, 255 unknown, … */
  readonly mappingFamily: number;
};

/** Throws `bytes.truncated` or `media.header`. */
export function decodeOpusHead(record: Uint8Array): OpusHead {
  const reader = new ByteReader(record);
  if (reader.utf8(8) !== "OpusHead") throw new ProtocolError("media.header", "an Opus header without its name");
  const version = reader.u8();
  if (version >> 4 !== 0) throw new ProtocolError("media.header", `an Opus header of version ${version}`);
  const channels = reader.u8();
  if (channels === 0) throw new ProtocolError("media.header", "an Opus header without channels");
  const preSkip = reader.u16LittleEndian();
  const inputSampleRate = reader.u32LittleEndian();
  reader.skip(2); // output gain
  return { channels, preSkip, inputSampleRate, mappingFamily: reader.u8() };
}

/** Channels of one packet, for senders without a header; undefined for an empty one. RFC 6716 section 3.1. */
export function opusPacketChannels(packet: Uint8Array): number | undefined {
  const first = packet[0];
  if (first === undefined) return undefined;
  return (first & 0x04) !== 0 ? 2 : 1;
}
