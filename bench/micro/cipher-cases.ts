import { createCipheriv } from "node:crypto";
import { Rc4 } from "../../src/rtmp/handshake/rc4.ts";
import type { MicroCase } from "./micro-case.ts";

/** From an audio message to what a viewer gets that joins. */
const LENGTHS = [64, 300, 1500, 16_384, 262_144, 4_194_304];
const KEY = Uint8Array.from({ length: 16 }, (_, index) => index * 37 + 11);

/** RTMPE's cipher, in place. */
export function cipherCases(): MicroCase[] {
  return LENGTHS.map((length) => ({
    name: `rc4 ${length}`,
    operation: "run",
    operations: 1,
    bytes: length,
    comparison: "AES-128-CTR of OpenSSL",
    prepare() {
      const cipher = new Rc4(KEY);
      const bytes = new Uint8Array(length);
      const aes = createCipheriv("aes-128-ctr", KEY, KEY);
      return { run: () => cipher.apply(bytes), compare: () => aes.update(bytes) };
    },
  }));
}
