import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeMultichannelConfig, encodeMultichannelConfig, type MultichannelConfig } from "./multichannel-config.ts";

const VECTORS: readonly (readonly [bytes: Uint8Array, config: MultichannelConfig])[] = [
  [hex`00 02`, { order: "unspecified", channels: 2 }],
  [hex`01 06 0000003f`, { order: "native", channels: 6, mask: 0x3f }],
  [hex`02 02 01 00`, { order: "custom", channels: 2, mapping: [1, 0] }],
];

test("channel orders, both ways", () => {
  for (const [bytes, config] of VECTORS) {
    deepEqual(decodeMultichannelConfig(bytes), config);
    deepEqual(encodeMultichannelConfig(config), bytes);
    expectCleanTruncations(decodeMultichannelConfig, bytes);
  }
});

test("an order without a meaning, and more channels than bytes", () => {
  throws(() => decodeMultichannelConfig(hex`03 02`), { code: "media.header" });
  throws(() => decodeMultichannelConfig(hex`02 ff 00`), { code: "bytes.truncated" });
});
