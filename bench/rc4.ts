// How fast RTMPE's cipher is, by `node bench/rc4.ts`: the best of some runs on one core, since other programs only slow it.

import { Rc4 } from "../src/rtmp/handshake/rc4.ts";

const RUNS = 12;
const BYTES_A_RUN = 64_000_000;

/** From an audio message to what a viewer gets that joins. */
const LENGTHS = [64, 300, 1500, 16_384, 262_144, 4_194_304];

for (const length of LENGTHS) {
  const cipher = new Rc4(Uint8Array.from({ length: 16 }, (_, index) => index * 37 + 11));
  const bytes = new Uint8Array(length);
  const rounds = Math.ceil(BYTES_A_RUN / length);
  let bestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const startedAtMs = performance.now();
    for (let round = 0; round < rounds; round++) cipher.apply(bytes);
    bestMs = Math.min(bestMs, performance.now() - startedAtMs);
  }
  const gigabytesPerSecond = (rounds * length) / bestMs / 1e6;
  console.log(`${length.toString().padStart(9)} bytes at a time  ${gigabytesPerSecond.toFixed(2)} GB/s`);
}
