/**
 * `millrace/amf`: AMF0 and AMF3, the value formats of RTMP commands, metadata and Flex messages.
 * `encodeAmf0("hello", { a: 1 })` gives bytes, `decodeAmf0(bytes)` the values; the classes below stand for what plain
 * JavaScript cannot tell apart. Nothing here keeps state between messages.
 */

export type { AmfDecodeOptions } from "./amf-input.ts";
export { type AmfLimits, DEFAULT_AMF_LIMITS } from "./amf-limits.ts";
export type { AmfEncodeOptions } from "./amf-output.ts";
export {
  Amf3Value,
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  type AmfEncodable,
  AmfExternalizable,
  AmfObject,
  type AmfTraits,
  type AmfValue,
  AmfVector,
  type AmfVectorValues,
  AmfXml,
  hasMembers,
} from "./amf-value.ts";
export { Amf0Decoder, decodeAmf0 } from "./amf0-decoder.ts";
export { Amf0Encoder, encodeAmf0 } from "./amf0-encoder.ts";
export { Amf3Decoder, decodeAmf3 } from "./amf3-decoder.ts";
export { Amf3Encoder, encodeAmf3 } from "./amf3-encoder.ts";
export { type AmfClass, classAlias, createRegistry } from "./class-alias.ts";
export { type DecodedValues, decodeCommandValues, encodeCommandValues } from "./command-values.ts";
export { type DescribeAmfLimits, describeAmf } from "./describe-amf.ts";
export { type ClassAlias, type ExternalizableCodec, ExternalizableRegistry } from "./externalizable.ts";
export { type PlainLimits, type PlainValue, toPlain } from "./to-plain.ts";
