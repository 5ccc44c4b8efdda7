import { ProtocolError } from "../../errors.ts";
import type { AmfDecodeOptions } from "./amf-input.ts";
import type { AmfEncodeOptions } from "./amf-output.ts";
import type { AmfEncodable, AmfValue } from "./amf-value.ts";
import { Amf0Decoder } from "./amf0-decoder.ts";
import { Amf0Encoder } from "./amf0-encoder.ts";

/** The values of a command or data message, as far as they could be read. */
export type DecodedValues = {
  readonly values: AmfValue[];
  /**
   * Why the values end before the payload does. A truncated or unknown one may be passed over, as real senders leave
   * garbage behind; `amf.limit` and `amf.externalizable` are to be answered with `_error`.
   */
  readonly violation: ProtocolError | undefined;
};

/**
 * The AMF0 values of a command or data message, which may switch to AMF3. Stops at the first malformed value and
 * keeps those before it; throws the ProtocolError if it is the very first. An empty payload has no values.
 */
export function decodeCommandValues(payload: Uint8Array, options?: AmfDecodeOptions): DecodedValues {
  const decoder = new Amf0Decoder(payload, options);
  const values: AmfValue[] = [];
  try {
    if (decoder.remaining > 0) values.push(decoder.read());
    // Where Red5 writes the name of a method as AMF3, its arguments do not count it: docs/interop.md.
    decoder.forgetAmf3();
    while (decoder.remaining > 0) values.push(decoder.read());
  } catch (error) {
    if (!(error instanceof ProtocolError) || values.length === 0) throw error;
    return { values, violation: error };
  }
  return { values, violation: undefined };
}

/** The opposite way, without the zero byte that messages of types 15 and 17 have before the values. */
export function encodeCommandValues(values: readonly AmfEncodable[], options?: AmfEncodeOptions): Uint8Array {
  const encoder = new Amf0Encoder(options);
  for (const value of values) encoder.write(value);
  return encoder.take();
}
