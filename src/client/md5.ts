const BLOCK_BYTES = 64;
/** How far each step rotates: four numbers for each round of sixteen steps. */
const ROTATIONS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const;
const SINES = Uint32Array.from({ length: BLOCK_BYTES }, (_, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32),
);

/** MD5 for browsers, whose own cryptography leaves it out; only publisher authentication still asks for it. RFC 1321. */
export function md5(bytes: Uint8Array): Uint8Array {
  const padded = pad(bytes);
  const words = new DataView(padded.buffer);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    const sums = digestBlock(state, (word) => words.getUint32(at + word * 4, true));
    for (const [index, sum] of sums.entries()) state[index] = (state[index] ?? 0) + sum;
  }
  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word, true);
  return new Uint8Array(digest.buffer);
}

/** A bit, zeros, and the length in bits. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n, true);
  return padded;
}

function digestBlock(state: Uint32Array, word: (index: number) => number): readonly number[] {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < BLOCK_BYTES; step++) {
    const round = step >> 4;
    const sum = (a + mix(round, b, c, d) + (SINES[step] ?? 0) + word(wordOf(round, step))) >>> 0;
    const rotation = ROTATIONS[round * 4 + (step & 3)] ?? 0;
    [a, d, c] = [d, c, b];
    b = (b + ((sum << rotation) | (sum >>> (32 - rotation)))) >>> 0;
  }
  return [a, b, c, d];
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (b & d) | (c & ~d);
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

function wordOf(round: number, step: number): number {
  if (round === 0) return step;
  if (round === 1) return (5 * step + 1) & 15;
  return round === 2 ? (3 * step + 5) & 15 : (7 * step) & 15;
}
