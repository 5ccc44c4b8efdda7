import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { ProtocolError } from "../../errors.ts";

/** Which loudspeaker each channel is for. Enhanced RTMP v2, "AudioChannelOrder". */
export type MultichannelConfig =
  | { readonly order: "unspecified"; readonly channels: number }
  /** Bit n of the mask: the channel with index n of the table AudioChannel is there. */
  | { readonly order: "native"; readonly channels: number; readonly mask: number }
  /** For each channel its index in the table AudioChannel; 0xfe unused, 0xff unknown. */
  | { readonly order: "custom"; readonly channels: number; readonly mapping: readonly number[] };

/** Takes the body of a packet of type "multichannel-config". Throws `bytes.truncated` or `media.header`. */
export function decodeMultichannelConfig(body: Uint8Array): MultichannelConfig {
  const reader = new ByteReader(body);
  const order = reader.u8();
  const channels = reader.u8();
  switch (order) {
    case 0:
      return { order: "unspecified", channels };
    case 1:
      return { order: "native", channels, mask: reader.u32() };
    case 2:
      return { order: "custom", channels, mapping: Array.from(reader.bytes(channels)) };
    default:
      throw new ProtocolError("media.header", `a channel order of ${order}`, { byteOffset: 0 });
  }
}

export function encodeMultichannelConfig(config: MultichannelConfig): Uint8Array {
  const writer = new ByteWriter(8);
  writer.u8(["unspecified", "native", "custom"].indexOf(config.order));
  writer.u8(config.channels);
  if (config.order === "native") writer.u32(config.mask);
  if (config.order === "custom") for (const channel of config.mapping) writer.u8(channel);
  return writer.take();
}
