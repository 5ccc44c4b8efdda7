import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "./hex.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

test("text goes there and back", () => {
  for (const text of ["", "abc", "a\0b", "ü日本😀", "\ufeffmark", "\ufffd"]) equal(decodeUtf8(encodeUtf8(text)), text);
});

test("text of every length is written alike, with a letter beyond ASCII in each place or without", () => {
  const encoder = new TextEncoder();
  for (const length of [0, 1, 63, 64, 65, 100]) {
    const plain = "x".repeat(length);
    deepEqual(encodeUtf8(plain), encoder.encode(plain));
    for (const at of [0, length >> 1, length]) {
      const text = `${plain.slice(0, at)}ü${plain.slice(at)}`;
      deepEqual(encodeUtf8(text), encoder.encode(text));
    }
  }
});

test("what is no UTF-8 becomes U+FFFD, and the rest stays", () => {
  equal(decodeUtf8(hex`61 fc 62 ; Latin-1`), "a\ufffdb");
  equal(decodeUtf8(hex`c3`), "\ufffd");
});

test("surrogates of three bytes each are one character, also between others and beside broken ones", () => {
  equal(decodeUtf8(hex`ed a0 bd ed b8 80`), "😀");
  equal(decodeUtf8(hex`61 ed a0 bd ed b8 80 c3 bc ed a0 bc ed bc 8d`), "a😀ü🌍");
  equal(decodeUtf8(hex`ed a0 80 ed b0 80 ed af bf ed bf bf`), "\u{10000}\u{10ffff}");
  equal(decodeUtf8(hex`fc ed a0 bd ed b8 80`), "\ufffd😀");
});

test("half a pair is no character, nor is a pair in the wrong order", () => {
  const broken = [hex`ed a0 bd`, hex`ed b8 80`, hex`ed a0 bd ed b8`, hex`ed b8 80 ed a0 bd`, hex`ed a0 bd 61 ed b8 80`];
  for (const bytes of broken) equal(decodeUtf8(bytes).replaceAll(/[\ufffda]/g, ""), "");
});

test("characters are written with four bytes", () => deepEqual(encodeUtf8("😀"), hex`f0 9f 98 80`));
