const CYCLES = 32;
const DELTA = 0x9e3779b9;

/** Four words of 32 bits. */
export type XteaKey = readonly [number, number, number, number];

/** Encrypts 8 bytes in place by XTEA. RTMPE takes them as two little-endian words. */
export function encryptXteaBlock(block: Uint8Array, key: XteaKey): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  let left = view.getUint32(0, true);
  let right = view.getUint32(4, true);
  let sum = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    left += mix(right) ^ (sum + wordOf(key, sum));
    left >>>= 0;
    sum = (sum + DELTA) >>> 0;
    right += mix(left) ^ (sum + wordOf(key, sum >>> 11));
    right >>>= 0;
  }
  view.setUint32(0, left, true);
  view.setUint32(4, right, true);
}

function mix(word: number): number {
  return ((word << 4) ^ (word >>> 5)) + word;
}

/** The two lowest bits of `choice` choose. */
function wordOf(key: XteaKey, choice: number): number {
  return key[(choice & 3) as 0 | 1 | 2 | 3];
}
