import { equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { isDisposableAvc } from "./disposable-avc.ts";

test("an AVC body is disposable when no NAL unit of it is referred to", () => {
  equal(isDisposableAvc(hex`27 01 000000 00000002 01 9e`), true, "a slice with nal_ref_idc 0");
  equal(isDisposableAvc(hex`27 01 000000 00000001 09 00000001 06 00000002 01 9e`), true, "AUD and SEI before it");
  equal(isDisposableAvc(hex`27 01 000000 00000002 01 9e 00000002 41 9e`), false, "a second slice that is referred to");
  equal(isDisposableAvc(hex`27 01 000000 00000002 41 9a`), false);
  equal(isDisposableAvc(hex`17 01 000000 00000002 65 88`), false);
  equal(isDisposableAvc(hex`27 01 000000 0002 01 9e`, 2), true, "lengths of two bytes");
});

test("the enhanced forms of AVC, with and without composition time", () => {
  equal(isDisposableAvc(hex`a1 61766331 000028 00000002 01 9e`), true);
  equal(isDisposableAvc(hex`a3 61766331 00000002 01 9e`), true);
  equal(isDisposableAvc(hex`a3 61766331 00000002 61 9e`), false);
});

test("anything else is not", () => {
  equal(isDisposableAvc(hex``), false);
  equal(isDisposableAvc(hex`27 01 000000`), false, "no NAL units");
  equal(isDisposableAvc(hex`27 01 000000 00000001 06`), false, "only SEI");
  equal(isDisposableAvc(hex`27 01 000000 00000009`), false, "a NAL unit without bytes");
  equal(isDisposableAvc(hex`17 00 000000 00000002 01 9e`), false, "a configuration");
  equal(isDisposableAvc(hex`57 01 000000 00000002 01 9e`), false, "a command");
  equal(isDisposableAvc(hex`22 01 000000 00000002 01 9e`), false, "another codec");
  equal(isDisposableAvc(hex`a3 68766331 00000002 01 9e`), false, "another FourCC");
  equal(isDisposableAvc(hex`a2 61766331 00000002 01 9e`), false, "end of sequence");
});

test("start codes in place of lengths: what cannot be told is kept", () => {
  equal(isDisposableAvc(hex`17 01 000000 00000001 09 10 00000001 65 88`), false, "a keyframe behind a delimiter");
  equal(isDisposableAvc(hex`27 01 000000 00000001 01 9a 00112233 44`), false);
  equal(isDisposableAvc(hex`27 01 000000 00000009 01 9a`), false, "a unit that is cut");
});
