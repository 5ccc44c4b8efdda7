/**
 * The NAL units of a length-prefixed access unit (AVC, HEVC, VVC), as views. A unit that is longer than what is left
 * is cut there, and an empty one is left out: cameras send such frames now and then (docs/interop.md).
 */
export function* nalUnits(body: Uint8Array, nalLengthBytes: number): Generator<Uint8Array, void, undefined> {
  let at = 0;
  while (at + nalLengthBytes < body.length) {
    let length = 0;
    for (let index = 0; index < nalLengthBytes; index++) length = length * 256 + (body[at + index] ?? 0);
    at += nalLengthBytes;
    if (length > 0) yield body.subarray(at, at + length);
    at += length;
  }
}

/** The NAL units of a byte stream with start codes, as views. ITU-T H.264 Annex B. */
export function* startCodeUnits(body: Uint8Array): Generator<Uint8Array, void, undefined> {
  let start = -1;
  for (let at = 0; at + 2 < body.length; at++) {
    if (body[at] !== 0 || body[at + 1] !== 0 || body[at + 2] !== 1) continue;
    // The zero of a longer start code is no part of a unit: no unit ends with one.
    if (start >= 0) yield body.subarray(start, body[at - 1] === 0 ? at - 1 : at);
    start = at + 3;
    at += 2;
  }
  if (start >= 0 && start < body.length) yield body.subarray(start);
}

/** Longer than every parameter set; the units of a frame may have megabytes. */
const MAX_PARAMETER_SET_BYTES = 65_536;

/** A parameter set without its emulation prevention bytes (the 3 in 00 00 03). ITU-T H.264 section 7.4.1. */
export function unescapeNalUnit(wholeUnit: Uint8Array): Uint8Array {
  const nalUnit = wholeUnit.subarray(0, MAX_PARAMETER_SET_BYTES);
  const plain = new Uint8Array(nalUnit.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nalUnit) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    plain[length++] = byte;
  }
  return plain.subarray(0, length);
}
