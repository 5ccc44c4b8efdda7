import { deepEqual, equal } from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";

export type Decoder = {
  push(bytes: Uint8Array): void;
  next(): unknown;
};

/** What a decoder gives. */
type ValueOf<D extends Decoder> = Exclude<ReturnType<D["next"]>, undefined>;
type React<D extends Decoder> = (value: ValueOf<D>, decoder: D) => void;
type Outcome<D extends Decoder> = { readonly values: ValueOf<D>[]; readonly error: unknown };

/** Longer inputs are cut at places spread over them, so that a test stays quick. */
const MAX_CUTS = 600;

/**
 * What a decoder makes of the bytes: fed whole, byte by byte, cut at each place, and in one go without reading between.
 * All ways must give the same values and, if any, the same error, which is thrown then. Each piece is handed over in a
 * buffer that is overwritten once the decoder wants more, so a decoder that keeps a view of it is found out.
 * `react` is called with each value before the next is read.
 */
export function decodeEveryWay<D extends Decoder>(create: () => D, bytes: Uint8Array, react?: React<D>): ValueOf<D>[] {
  const decode = (pieces: readonly Uint8Array[]): Outcome<D> => decodePieces(create(), pieces, react);
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

function decodePieces<D extends Decoder>(
  decoder: D,
  pieces: readonly Uint8Array[],
  react: React<D> | undefined,
): Outcome<D> {
  const values: ValueOf<D>[] = [];
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

function decodeUnread<D extends Decoder>(
  decoder: D,
  bytes: Uint8Array,
  cut: number,
  react: React<D> | undefined,
): Outcome<D> {
  const values: ValueOf<D>[] = [];
  try {
    decoder.push(bytes.slice(0, cut));
    decoder.push(bytes.slice(cut));
    drain(decoder, values, react);
    return { values, error: undefined };
  } catch (error) {
    return { values, error };
  }
}

function drain<D extends Decoder>(decoder: D, values: ValueOf<D>[], react: React<D> | undefined): void {
  for (let value = nextOf(decoder); value !== undefined; value = nextOf(decoder)) {
    values.push(structuredClone(value));
    react?.(value, decoder);
  }
}

function nextOf<D extends Decoder>(decoder: D): ValueOf<D> | undefined {
  return decoder.next() as ValueOf<D> | undefined;
}

function expectSame<D extends Decoder>(found: Outcome<D>, whole: Outcome<D>, way: string): void {
  deepEqual(found.values, whole.values, `fed ${way}`);
  equal(codeOf(found.error), codeOf(whole.error), `the error when fed ${way}`);
}

function codeOf(error: unknown): unknown {
  return error instanceof ProtocolError ? error.code : error;
}
