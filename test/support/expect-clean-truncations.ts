import { ok } from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";

/** Feeds a decoder every beginning of the bytes, shorter by one each time: it returns, or throws a ProtocolError. */
export function expectCleanTruncations(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  for (let length = bytes.length - 1; length >= 0; length--) {
    try {
      decode(bytes.slice(0, length));
    } catch (error) {
      ok(error instanceof ProtocolError, `cut to ${length} bytes: ${error}`);
    }
  }
}
