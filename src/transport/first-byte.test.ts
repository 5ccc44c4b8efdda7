import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../bytes/hex.ts";
import { type Opening, openingOf } from "./first-byte.ts";

const PROXY_2 = hex`0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a`;

function text(letters: string): Uint8Array {
  return new TextEncoder().encode(letters);
}

test("each of the 256 first bytes has its meaning", () => {
  const meanings = new Map<Opening | undefined, number[]>();
  for (let first = 0; first < 256; first++) {
    const opening = openingOf(Uint8Array.of(first));
    meanings.set(opening, [...(meanings.get(opening) ?? []), first]);
  }
  const letters = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", (letter) => letter.charCodeAt(0));
  deepEqual(
    meanings.get("rtmp"),
    Array.from({ length: 32 }, (_, index) => index).filter((byte) => ![13, 21, 22].includes(byte)),
  );
  deepEqual(meanings.get("tls"), [21, 22]);
  deepEqual(
    meanings.get("http"),
    letters.filter((letter) => letter !== 0x50),
  );
  deepEqual(meanings.get(undefined), [13, 0x50], "what may become a PROXY protocol header");
  equal(meanings.get("unknown")?.length, 256 - 29 - 2 - 51 - 2);
});

test("without a byte nothing is known", () => {
  equal(openingOf(hex``), undefined);
});

test("a PROXY protocol header is told from a POST and from RTMP's reserved version 13", () => {
  for (const [bytes, opening, decidedAt] of [
    [text("PROXY TCP4"), "proxy-header", 6],
    [PROXY_2, "proxy-header", 12],
    [text("POST /open/1"), "http", 2],
    [text("PROPFIND /"), "http", 4],
    [hex`0d 00 00 00`, "rtmp", 2],
    [hex`0d 0a 0d 0a 01`, "rtmp", 5],
  ] as const) {
    for (let length = 0; length <= bytes.length; length++) {
      equal(openingOf(bytes.subarray(0, length)), length < decidedAt ? undefined : opening, `${length} of ${opening}`);
    }
  }
});
