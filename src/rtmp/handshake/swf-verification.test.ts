import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { formatHex, hex } from "../../bytes/hex.ts";
import { nodeCrypto as crypto } from "../../transport/node-crypto.ts";
import {
  encodeSwfVerificationResponse,
  identifySwf,
  SWF_VERIFICATION_REQUEST,
  verifySwfResponse,
} from "./swf-verification.ts";

const body = Uint8Array.from({ length: 92 }, (_, index) => index * 7 + 3);
const plainFile = hex`46 57 53 0a 64000000 ${body}                ; FWS, version 10, 100 bytes`;
const compressedFile = hex`43 57 53 0a 64000000 ${deflateSync(body)}  ; CWS, version 10, 100 bytes when inflated`;
const needs = { crypto, inflate: (bytes: Uint8Array): Uint8Array => inflateSync(bytes) };

const HASH = "1769d1c8042af56b23a8521f5ee6018be2d7ddd8546cb09effaa6485eef5d3bc";
const serverSignatureTail = hex`e5f60718293a4b5c6d7e8fa0b1c2d3e4f5061728394a5b6c7d8e9fb0c1d2e3f4`;
const response = hex`
  01 01 00000064 00000064                                           ; twice the length, 100 bytes
  3a2aa40279f7d9b0dc8af91f2d5c4659f63ccc13230b776643d1b5b69df4aff3
`;

test("a file has the same identity plain and compressed", () => {
  for (const file of [plainFile, compressedFile]) {
    const { hash, byteLength } = identifySwf(file, needs);
    equal(formatHex(hash), HASH);
    equal(byteLength, 100);
  }
});

test("the file itself is not changed", () => {
  const before = compressedFile.slice();
  identifySwf(compressedFile, needs);
  deepEqual(compressedFile, before);
});

test("a file that is no SWF file, too short, or compressed by LZMA is refused in words", () => {
  throws(() => identifySwf(hex`46 57 53 0a`, needs), /too short/);
  throws(() => identifySwf(hex`5a 57 53 0d 64000000 00`, needs), /starts with ZWS/);
  throws(() => identifySwf(hex`46 4c 56 01 05 00000009`, needs), /starts with FLV/);
});

test("the response is the test vector", () => {
  const swf = { hash: hex`${HASH}`, byteLength: 100 };
  deepEqual(encodeSwfVerificationResponse(swf, serverSignatureTail, crypto), response);
});

test("the server finds which allowed file a response stands for", () => {
  const other = { hash: hex`00 ${HASH.slice(2)}`, byteLength: 100 };
  const swf = { hash: hex`${HASH}`, byteLength: 100 };
  equal(verifySwfResponse(response, [other, swf], serverSignatureTail, crypto), swf);
  equal(verifySwfResponse(response, [other], serverSignatureTail, crypto), undefined);
  equal(verifySwfResponse(response, [], serverSignatureTail, crypto), undefined);
});

test("a response of another connection, another length or cut short is not accepted", () => {
  const swf = { hash: hex`${HASH}`, byteLength: 100 };
  equal(verifySwfResponse(response, [swf], serverSignatureTail.toReversed(), crypto), undefined);
  equal(verifySwfResponse(response, [{ ...swf, byteLength: 101 }], serverSignatureTail, crypto), undefined);
  for (let length = 0; length < response.length; length++) {
    equal(verifySwfResponse(response.slice(0, length), [swf], serverSignatureTail, crypto), undefined);
  }
});

test("the request is one byte, which librtmp answers when it is 0 or 1", () => {
  deepEqual(SWF_VERIFICATION_REQUEST, hex`01`);
});
