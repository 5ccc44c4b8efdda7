import { equal } from "node:assert/strict";
import { test } from "node:test";
import { answerSecureToken } from "./secure-token.ts";

test("a token is decrypted as rtmpdump 2.4 does it, with 16 bytes of the secret", () => {
  equal(answerSecureToken("ab9c95070ca9d8cb483513ebbe7339d2", "s3cr3t"), "hello wowza 1234");
  equal(answerSecureToken("A6CD620D666225C5", "0123456789abcdefXYZ"), "tokens!!");
  equal(answerSecureToken("a6cd620d666225c5", "0123456789abcdef"), "tokens!!");
});

test("what cannot be a token is not answered", () => {
  equal(answerSecureToken("xy11223344556677", "key"), undefined);
  equal(answerSecureToken("00112233", "key"), undefined);
  equal(answerSecureToken("0".repeat(4097), "key"), undefined);
});
