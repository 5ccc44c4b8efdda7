import { deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { formatHex, hex } from "../../bytes/hex.ts";
import { nodeCrypto as crypto } from "../../transport/node-crypto.ts";
import {
  answerKey,
  digestOffset,
  encodeSignedAnswer,
  encodeSignedChallenge,
  findDigest,
  isSignedAnswer,
  keyOffset,
  LAYOUT_A,
  LAYOUT_B,
  signChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";

/** Filler of the vectors: byte i is i·factor + start. */
function pattern(from: number, to: number, factor: number, start: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, index) => (from + index) * factor + start);
}

function unsignedC1(): Uint8Array {
  return hex`00000000 80000702 ${pattern(8, 1536, 31, 7)}`;
}

function unsignedS1(): Uint8Array {
  return hex`00000000 04000001 ${pattern(8, 1536, 17, 5)}`;
}

function answerWith(signature: string): Uint8Array {
  return hex`${pattern(0, 1504, 13, 1)} ${signature}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const VECTORS = [
  {
    layout: LAYOUT_A,
    c1: {
      digestOffset: 450,
      keyOffset: 882,
      digest: "881e5e62d39a04067e5b416cff5d71da1ade0c7b7c5164adb00436674ea7aaef",
      sha256: "fb0a430436cae64eb8fa475feefd1a5d0c5b62b38a0ebb10c6b09058f4d395e5",
    },
    s1: {
      digestOffset: 678,
      keyOffset: 1014,
      digest: "cc6eb30c537ee62db81b4b23e693a06051041b201ec339fa0a98d6cb26b40aa5",
      sha256: "bb310751980e2bbeda523d02921d7332c003fed36037223eefe2d62df7cba66b",
    },
    s2: {
      key: "b663a949e4261075e8cb7c3b7f752350dc2cbdd5ab51099bd9e0c0b5529ddc80",
      signature: "2c4ad510cb77ea28de6431b6e5d19ba9e7d202d83916c2442e65647c0a58d816",
    },
    c2: {
      key: "aaa602559eb4db7836b6dbf8ded525affcc714c21fec17b791262e195cb3512b",
      signature: "61608bf323292179e3b7b83857280d5b8e6c2c6612861ace05c2a3fb8bcdbf91",
    },
  },
  {
    layout: LAYOUT_B,
    c1: {
      digestOffset: 1486,
      keyOffset: 222,
      digest: "3ec6a11071608ce7770b8df3fec4a0a48f366bb95b4e66485506bbbcbaaf1e5d",
      sha256: "60d3d31c1924bf05e53f9cc557ee25de8d8167cb994b0e1289fa2bd0062ad78b",
    },
    s1: {
      digestOffset: 1170,
      keyOffset: 130,
      digest: "ff50bbdb916548a295d23454b781b839a7d9faa9be1d34376d243bf90310896f",
      sha256: "9f396b62c57da705ca5b5694e9b36e085f79a42c22a53b5a0dab1249add4ec96",
    },
    s2: {
      key: "fd35dce6b4351a18bd3995b24f30a6150f1e7af1823020991b3a45316ddd257e",
      signature: "6140f9aa3eff39c8c63fa69393e5c708abc4ebe0c4748674befdabec2b4a39ff",
    },
    c2: {
      key: "205060b3ba1909d1f34b7968c95994505053c2838f2f51d712dca6861466ed07",
      signature: "4b7d67d07ed69b504bed06ab60927052e8d07634e32a1452e6adae689cb65276",
    },
  },
];

for (const { layout, c1, s1, s2, c2 } of VECTORS) {
  for (const [name, vector, block, key] of [
    ["C1", c1, unsignedC1(), PLAYER_KEY],
    ["S1", s1, unsignedS1(), SERVER_KEY],
  ] as const) {
    test(`${name} in layout ${layout.name} is signed as in the test vector`, () => {
      equal(digestOffset(block, layout), vector.digestOffset);
      equal(formatHex(signChallenge(block, layout, key, crypto)), vector.digest);
      equal(keyOffset(block, layout), vector.keyOffset);
      equal(sha256(block), vector.sha256);
    });
  }

  for (const [name, vector, challengeDigest, key] of [
    ["S2", s2, hex`${c1.digest}`, SERVER_ANSWER_KEY],
    ["C2", c2, hex`${s1.digest}`, PLAYER_ANSWER_KEY],
  ] as const) {
    test(`${name} for layout ${layout.name} is signed as in the test vector`, () => {
      equal(formatHex(answerKey(challengeDigest, key, crypto)), vector.key);
      equal(isSignedAnswer(answerWith(vector.signature), challengeDigest, key, crypto), true);
    });

    test(`${name} for layout ${layout.name} with one bit changed is not accepted`, () => {
      for (const index of [0, 1503, 1504, 1535]) {
        const answer = answerWith(vector.signature);
        answer[index] = (answer[index] ?? 0) ^ 1;
        equal(isSignedAnswer(answer, challengeDigest, key, crypto), false, `byte ${index}`);
      }
    });
  }

  test(`a digest in layout ${layout.name} is found whichever layout is tried first`, () => {
    const block = unsignedC1();
    signChallenge(block, layout, PLAYER_KEY, crypto);
    for (const order of [
      [LAYOUT_A, LAYOUT_B],
      [LAYOUT_B, LAYOUT_A],
    ]) {
      const found = findDigest(block, order, PLAYER_KEY, crypto);
      equal(found?.layout.name, layout.name);
      equal(formatHex(found?.digest ?? hex``), c1.digest);
    }
  });

  test(`the pointers of layout ${layout.name} reach from the first to the last place of each half`, () => {
    const block = new Uint8Array(1536);
    equal(digestOffset(block, layout), layout.digestBase);
    equal(keyOffset(block, layout), layout.keyBase);
    block.set([255, 255, 217, 0], layout.digestPointer);
    block.set([255, 255, 121, 0], layout.keyPointer);
    equal(digestOffset(block, layout), layout.digestBase + 727);
    equal(keyOffset(block, layout), layout.keyBase + 631);
    block.set([255, 255, 218, 0], layout.digestPointer);
    block.set([255, 255, 122, 0], layout.keyPointer);
    equal(digestOffset(block, layout), layout.digestBase);
    equal(keyOffset(block, layout), layout.keyBase);
  });

  test(`a signed challenge in layout ${layout.name} has time and version in front, and a valid digest`, () => {
    const nowMs = 0x1_0000_0002;
    const signed = encodeSignedChallenge({ nowMs, productVersion: 0x09007c02, layout, key: PLAYER_KEY, crypto });
    deepEqual(signed.block.slice(0, 8), hex`00000002 09007c02`);
    deepEqual(findDigest(signed.block, [layout], PLAYER_KEY, crypto), signed);
  });
}

test("no digest is found in an unsigned block, nor one made with the other side's key", () => {
  equal(findDigest(unsignedC1(), [LAYOUT_A, LAYOUT_B], PLAYER_KEY, crypto), undefined);
  const block = unsignedC1();
  signChallenge(block, LAYOUT_A, PLAYER_KEY, crypto);
  equal(findDigest(block, [LAYOUT_A, LAYOUT_B], SERVER_KEY, crypto), undefined);
});

test("a signed answer repeats the challenge up to its signature", () => {
  const block = unsignedC1();
  const digest = signChallenge(block, LAYOUT_B, PLAYER_KEY, crypto);
  const answer = encodeSignedAnswer({ block, digest, layout: LAYOUT_B }, SERVER_ANSWER_KEY, crypto);
  deepEqual(answer.slice(0, 1504), block.slice(0, 1504));
  equal(isSignedAnswer(answer, digest, SERVER_ANSWER_KEY, crypto), true);
});

test("the keys of the answers are the published ones", () => {
  equal(sha256(PLAYER_ANSWER_KEY), "3046c02eaa736fb5aaf7630b9e59a207b167a17cd7a05afb4fc7f8ca9021528e");
  equal(sha256(SERVER_ANSWER_KEY), "0bec8fa996d2485ef90f0484c820d178663643a6f4510d0638cbd649bf17d9a5");
  deepEqual(
    [PLAYER_KEY, PLAYER_ANSWER_KEY, SERVER_KEY, SERVER_ANSWER_KEY].map((key) => key.length),
    [30, 62, 36, 68],
  );
});
