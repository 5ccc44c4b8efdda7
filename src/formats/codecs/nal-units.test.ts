import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { nalUnits, startCodeUnits, unescapeNalUnit } from "./nal-units.ts";

test("NAL units behind lengths of four, two and one bytes", () => {
  deepEqual(Array.from(nalUnits(hex`00000002 09f0 00000001 65`, 4)), [hex`09f0`, hex`65`]);
  deepEqual(Array.from(nalUnits(hex`0002 09f0 0001 65`, 2)), [hex`09f0`, hex`65`]);
  deepEqual(Array.from(nalUnits(hex`02 09f0 01 65`, 1)), [hex`09f0`, hex`65`]);
});

test("empty units are left out, and a unit that is too long is cut", () => {
  deepEqual(Array.from(nalUnits(hex`00000000 00000001 65`, 4)), [hex`65`]);
  deepEqual(Array.from(nalUnits(hex`00000009 65`, 4)), [hex`65`]);
  deepEqual(Array.from(nalUnits(hex`ffffffff 65 00000001 41`, 4)), [hex`65 00000001 41`]);
  deepEqual(Array.from(nalUnits(hex`000000`, 4)), []);
});

test("NAL units behind start codes of four and three bytes", () => {
  deepEqual(Array.from(startCodeUnits(hex`00000001 09f0 000001 6742 00000001 65`)), [hex`09f0`, hex`6742`, hex`65`]);
  deepEqual(Array.from(startCodeUnits(hex`000001`)), []);
  deepEqual(Array.from(startCodeUnits(hex`00000002 09f0`)), []);
});

test("emulation prevention bytes are taken out, and no others", () => {
  deepEqual(unescapeNalUnit(hex`67 000003 000003 01 0003 00000302`), hex`67 0000 0000 01 0003 000002`);
  deepEqual(unescapeNalUnit(hex`000004 03`), hex`000004 03`);
});
