import { deepEqual, equal } from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";

export type Decoder<Value> = {
  push(bytes: Uint8Array): void;
  next(): Value | undefined;
};

type Outcome<Value> = { readonly values: Value[]; readonly error: unknown };

/** Longer inputs are cut at places spread over them, so that a test stays quick. */
const MAX_CUTS = 600;

/**
 * What a decoder makes of the bytes: fed whole, byte by byte, cut at each place, and in one go without reading between.
 * All ways must give the same values and, if any, the same error, which is thrown then. Each piece is handed over in a
 * buffer that is overwritten once the decoder wants more, so a decoder that keeps a view of it is found out.
 * `react` is called with each value before the next is read.
 */
export function decodeEveryWay<Value, D extends Decoder<Value>>(
  create: () => D,
  bytes: Uint8Array,
  react?: (value: Value, decoder: D) => void,
): Value[] {
  const decode = (pieces: readonly Uint8Array[]): Outcome<Value> => decodePieces(create(), pieces, react);
  const whole = decode([bytes]);
  expectSame(decode(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole, "byte by byte");
  const step = Math.max(1, Math.ceil(bytes.length / MAX_CUTS));
  for (let cut = 1; cut < bytes.length; cut += step) {
    expectSame(decode([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut at ${cut}`);
    expectSame(decodeUnread(create(), bytes, cut, react), whole, `cut at ${cut} and not read between`);
  }
  if (whole.error !== undefined) throw whole.error;
  return whole.values;
}

function decodePieces<Value, D extends Decoder<Value>>(
  decoder: D,
  pieces: readonly Uint8Array[],
  react: ((value: Value, decoder: D) => void) | undefined,
): Outcome<Value> {
  const values: Value[] = [];
  try {
    for (const piece of pieces) {
      const buffer = piece.slice();
      decoder.push(buffer);
      drain(decoder, values, react);
      buffer.fill(0xee);
    }
    return { values, error: undefined };
  } catch (error) {
    return { values, error };
  }
}

function decodeUnread<Value, D extends Decoder<Value>>(
  decoder: D,
  bytes: Uint8Array,
  cut: number,
  react: ((value: Value, decoder: D) => void) | undefined,
): Outcome<Value> {
  const values: Value[] = [];
  try {
    decoder.push(bytes.slice(0, cut));
    decoder.push(bytes.slice(cut));
    drain(decoder, values, react);
    return { values, error: undefined };
  } catch (error) {
    return { values, error };
  }
}

function drain<Value, D extends Decoder<Value>>(
  decoder: D,
  values: Value[],
  react: ((value: Value, decoder: D) => void) | undefined,
): void {
  for (let value = decoder.next(); value !== undefined; value = decoder.next()) {
    values.push(structuredClone(value));
    react?.(value, decoder);
  }
}

function expectSame<Value>(found: Outcome<Value>, whole: Outcome<Value>, way: string): void {
  deepEqual(found.values, whole.values, `fed ${way}`);
  equal(codeOf(found.error), codeOf(whole.error), `the error when fed ${way}`);
}

function codeOf(error: unknown): unknown {
  return error instanceof ProtocolError ? error.code : error;
}
