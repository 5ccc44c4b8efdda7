import { deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { encodeBase64 } from "./base64.ts";
import { adobeResponse, limelightResponse } from "./responses.ts";

const md5 = (bytes: Uint8Array): Uint8Array => createHash("md5").update(bytes).digest();

const ADOBE = {
  user: "joe",
  salt: "c2FsdA==",
  challenge: "Y2hhbGxlbmdl",
  opaque: "b3BhcXVl",
  clientChallenge: "0a1b2c3d",
};

test("Adobe's response signs the opaque value, or the challenge where there is none", () => {
  equal(encodeBase64(md5(encodeUtf8("joec2FsdA==secret"))), "8yi3yoSH2OPT8z+3X4S0Iw==");
  equal(adobeResponse(md5, "secret", ADOBE), "Y4BDZqM29XoBkR5jbNVwBg==");
  equal(adobeResponse(md5, "secret", { ...ADOBE, opaque: "" }), "wghV/e8b1AApPmzdsmVhfg==");
});

test("Limelight's response names the instance, the default one where the app has none", () => {
  const challenge = { user: "joe", nonce: "deadbeef", clientNonce: "01234567", nonceCount: "00000001" };
  const hex = (text: string): string => Buffer.from(md5(encodeUtf8(text))).toString("hex");
  equal(hex("joe:live:secret"), "06bda029d698674bceb4353c438d1fbc");
  equal(hex("publish:/live/_definst_"), "a2d981c976a6851bc5ed3f2beab823c8");
  equal(hex("publish:/app/inst"), "8452829835600774edc2917e13b23abf");
  equal(limelightResponse(md5, "secret", { ...challenge, app: "live" }), "8763336aabbeebb57cafa98a5b3a5ef0");
  equal(limelightResponse(md5, "secret", { ...challenge, app: "app/inst" }), "69a480c7ee424c123f5c5215ad2f357f");
});

test("base64 of every length and every byte", () => {
  for (let length = 0; length < 20; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => 255 - index * 13);
    equal(encodeBase64(bytes), Buffer.from(bytes).toString("base64"));
  }
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  deepEqual(Buffer.from(encodeBase64(all), "base64"), Buffer.from(all));
});
