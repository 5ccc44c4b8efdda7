import { deepEqual, doesNotThrow, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { formatHex, hex, parseHex } from "../../bytes/hex.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import { type ClientHandshakeOptions, createClientHandshake } from "./client-handshake.ts";
import { createKeyPair, PRIME, sharedSecret } from "./diffie-hellman.ts";
import {
  type DigestLayout,
  encodeSignedAnswer,
  findDigest,
  isSignedAnswer,
  keyOffset,
  LAYOUT_A,
  LAYOUT_B,
  type SignedChallenge,
  signChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import type { Handshake, HandshakeCrypto } from "./handshake.ts";
import { createCiphers, readPublicKey, writePublicKey } from "./key-exchange.ts";
import { encodeChallenge } from "./plain.ts";
import { createServerHandshake, type ServerHandshakeOptions } from "./server-handshake.ts";
import type { EncryptedVersion } from "./version.ts";

const LAYOUTS = [LAYOUT_A, LAYOUT_B] as const;
const VERSIONS = [6, 8, 9] as const;
const CONNECT = encodeUtf8("connect, or whatever comes first");

function server(options: Partial<ServerHandshakeOptions> = {}): Handshake {
  return createServerHandshake({ nowMs: 0, crypto: nodeCrypto, ...options });
}

function client(options: Partial<ClientHandshakeOptions> = {}): Handshake {
  return createClientHandshake({ form: "encrypted", nowMs: 0, crypto: nodeCrypto, ...options });
}

function takeAll(handshake: Handshake): Uint8Array {
  return concatBytes(handshake.takeOutput());
}

/** C1 or S1 with a key in the place of one layout, signed in it. */
function challengeWith(publicKey: Uint8Array, layout: DigestLayout, signingKey: Uint8Array): SignedChallenge {
  const block = encodeChallenge(0, 0x80000302, nodeCrypto);
  writePublicKey(block, layout, publicKey);
  return { block, digest: signChallenge(block, layout, signingKey, nodeCrypto), layout };
}

function serverKeyIn(s1: Uint8Array): { readonly found: SignedChallenge; readonly publicKey: Uint8Array } {
  const found = findDigest(s1, LAYOUTS, SERVER_KEY, nodeCrypto);
  ok(found);
  return { found, publicKey: readPublicKey(s1, found.layout) };
}

/** Checks that what one side encrypts is what the other decrypts, both ways. */
function assertCiphersMeet(left: Handshake, right: Handshake): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    const bytes = CONNECT.slice();
    from.result?.ciphers?.encrypt(bytes);
    notDeepEqual(bytes, CONNECT);
    to.result?.ciphers?.decrypt(bytes);
    deepEqual(bytes, CONNECT);
  }
}

for (const encryptedVersion of VERSIONS) {
  test(`client and server meet in version ${encryptedVersion}, both strict`, () => {
    const left = client({ strict: true });
    const right = server({ verifyClientSignature: true, encryptedVersion });
    const c0c1 = takeAll(left);
    deepEqual(c0c1.slice(0, 9), hex`06 00000000 80000302`);
    right.push(c0c1);
    const answer = takeAll(right);
    equal(answer.length, 3073);
    equal(answer[0], encryptedVersion);
    left.push(answer);
    right.push(takeAll(left));
    for (const { result } of [left, right]) {
      equal(result?.form, "digest");
      equal(result?.note, undefined);
      equal(result?.bytesRead, 3073);
      equal(result?.serverSignatureTail?.length, 32);
    }
    deepEqual(left.result?.serverSignatureTail, right.result?.serverSignatureTail);
    assertCiphersMeet(left, right);
  });

  for (const layout of LAYOUTS) {
    test(`a client of version ${encryptedVersion} with its key in layout ${layout.name} is answered in both`, () => {
      const keys = createKeyPair(nodeCrypto);
      const c1 = challengeWith(keys.publicKey, layout, PLAYER_KEY);
      const handshake = server({ verifyClientSignature: true });
      handshake.push(hex`0${encryptedVersion.toString()} ${c1.block}`);
      const answer = takeAll(handshake);
      const s1 = answer.slice(1, 1537);
      equal(answer[0], encryptedVersion);
      const { found, publicKey } = serverKeyIn(s1);
      equal(found.layout, layout);
      ok((publicKey[0] ?? 0) > 0);
      for (const place of LAYOUTS) deepEqual(readPublicKey(s1, place), publicKey, `layout ${place.name}`);
      equal(isSignedAnswer(answer.slice(1537), c1.digest, SERVER_ANSWER_KEY, nodeCrypto, encryptedVersion), true);
      handshake.push(encodeSignedAnswer(found, PLAYER_ANSWER_KEY, nodeCrypto, encryptedVersion));
      const secret = sharedSecret(keys.privateKey, publicKey, nodeCrypto);
      ok((secret[0] ?? 0) > 0);
      const ciphers = createCiphers(secret, keys.publicKey, publicKey, nodeCrypto);
      const bytes = CONNECT.slice();
      ciphers.encrypt(bytes);
      handshake.result?.ciphers?.decrypt(bytes);
      deepEqual(bytes, CONNECT);
    });

    test(`a client takes version ${encryptedVersion} with the server's key in layout ${layout.name}`, () => {
      const handshake = client({ strict: true });
      const c1 = findDigest(takeAll(handshake).slice(1), LAYOUTS, PLAYER_KEY, nodeCrypto);
      ok(c1);
      equal(c1.layout, LAYOUT_B);
      const keys = createKeyPair(nodeCrypto);
      const s1 = challengeWith(keys.publicKey, layout, SERVER_KEY);
      const s2 = encodeSignedAnswer(c1, SERVER_ANSWER_KEY, nodeCrypto, encryptedVersion);
      handshake.push(hex`0${encryptedVersion.toString()} ${s1.block} ${s2}`);
      const c2 = takeAll(handshake);
      equal(isSignedAnswer(c2, s1.digest, PLAYER_ANSWER_KEY, nodeCrypto, encryptedVersion), true);
      const clientKey = readPublicKey(c1.block, LAYOUT_B);
      const secret = sharedSecret(keys.privateKey, clientKey, nodeCrypto);
      const bytes = CONNECT.slice();
      createCiphers(secret, keys.publicKey, clientKey, nodeCrypto).encrypt(bytes);
      handshake.result?.ciphers?.decrypt(bytes);
      deepEqual(bytes, CONNECT);
    });
  }
}

const VECTOR_BODY = Uint8Array.from({ length: 1504 }, (_, index) => index * 13 + 1);

for (const [layout, c1Digest, s1Digest, signatures] of [
  [
    "A",
    "881e5e62d39a04067e5b416cff5d71da1ade0c7b7c5164adb00436674ea7aaef",
    "cc6eb30c537ee62db81b4b23e693a06051041b201ec339fa0a98d6cb26b40aa5",
    {
      s2: [
        "23a66900033c5b60b032c5a8d247ead43d5337a2ae570119ad36bf122c50dcae",
        "087c28d6afd0f12f238488db3ad6e36f461a6dc9b717e1833765226865cd3700",
      ],
      c2: [
        "7d13cb8a1755493169f07447e05053e45b88f2cd7ffdb7a32defa3df3d70b04f",
        "72ff299bec10dbba9b27f6682a0f11e1f3db2adfdc566e4dd08654f1b4312d85",
      ],
    },
  ],
  [
    "B",
    "3ec6a11071608ce7770b8df3fec4a0a48f366bb95b4e66485506bbbcbaaf1e5d",
    "ff50bbdb916548a295d23454b781b839a7d9faa9be1d34376d243bf90310896f",
    {
      s2: [
        "6c9c129335dedc558c16fff78f2f0547eb71449b989e5ce7ecf83fc9f661c43e",
        "d747fc71389776086bb0078b1a02c4f3d58d56dce7a07c8d9425883d55259382",
      ],
      c2: [
        "a08b97f90f5650a033a971895cf504d2ac3d579ae13ddb96aea5aa938c14db5e",
        "273596faa6aea099c683c7229952c056a48bd9c284c1d45eed09b0b38edc56ee",
      ],
    },
  ],
] as const) {
  test(`the scrambled signatures of the test vectors, layout ${layout}`, () => {
    for (const [index, version] of [8, 9].entries()) {
      for (const [signature, digest, key] of [
        [signatures.s2[index], c1Digest, SERVER_ANSWER_KEY],
        [signatures.c2[index], s1Digest, PLAYER_ANSWER_KEY],
      ] as const) {
        const answer = hex`${VECTOR_BODY} ${signature ?? ""}`;
        const check = (other: EncryptedVersion): boolean =>
          isSignedAnswer(answer, parseHex(digest), key, nodeCrypto, other);
        deepEqual(
          VERSIONS.map(check),
          VERSIONS.map((other) => other === version),
        );
      }
    }
  });
}

test("the key stands in both places of every S1, and the digest holds", () => {
  const c1 = challengeWith(createKeyPair(nodeCrypto).publicKey, LAYOUT_B, PLAYER_KEY);
  // The powers are of no matter here, and this is 300 times as fast.
  const crypto: HandshakeCrypto = { ...nodeCrypto, modularPower: () => new Uint8Array(128).fill(7) };
  for (let time = 0; time < 300; time++) {
    const handshake = server({ crypto });
    handshake.push(hex`06 ${c1.block}`);
    const s1 = takeAll(handshake).slice(1, 1537);
    equal(findDigest(s1, LAYOUTS, SERVER_KEY, nodeCrypto)?.layout, LAYOUT_B);
    for (const layout of LAYOUTS) deepEqual(readPublicKey(s1, layout), new Uint8Array(128).fill(7));
  }
});

test("where random bytes leave no room for both keys, the one of the layout stands", () => {
  const c1 = challengeWith(createKeyPair(nodeCrypto).publicKey, LAYOUT_A, PLAYER_KEY);
  // All pointers are 0: the place of layout B begins at 8, on the pointer of layout A.
  const crypto: HandshakeCrypto = { ...nodeCrypto, randomBytes: (length) => new Uint8Array(length) };
  const modularPower = (): Uint8Array => new Uint8Array(128).fill(7);
  const handshake = server({ crypto: { ...crypto, modularPower } });
  handshake.push(hex`06 ${c1.block}`);
  const { found, publicKey } = serverKeyIn(takeAll(handshake).slice(1, 1537));
  equal(found.layout, LAYOUT_A);
  deepEqual(publicKey, new Uint8Array(128).fill(7));
});

test("FFmpeg publishes with C2 = S1 here too: taken, unless signatures are demanded", () => {
  for (const verifyClientSignature of [false, true]) {
    const handshake = server({ verifyClientSignature });
    handshake.push(takeAll(client()));
    const s1 = takeAll(handshake).slice(1, 1537);
    if (verifyClientSignature) {
      throws(() => handshake.push(s1), { code: "handshake.signature" });
    } else {
      handshake.push(s1);
      ok(handshake.result?.ciphers);
    }
  }
});

test("a client notes an S2 that is not scrambled for its version, a strict one refuses it", () => {
  for (const strict of [false, true]) {
    const handshake = client({ strict });
    const right = server({ encryptedVersion: 8 });
    right.push(takeAll(handshake));
    const answer = takeAll(right);
    answer[0] = 9;
    if (strict) {
      throws(() => handshake.push(answer), { code: "handshake.signature" });
      equal(takeAll(handshake).length, 0);
    } else {
      handshake.push(answer);
      ok(handshake.result?.note?.includes("S2 is not signed"));
    }
  }
});

test("a client never goes on in clear with a server that answers 3", () => {
  throws(() => client().push(hex`03`), { code: "handshake.version", message: /must not go on in clear/ });
  throws(() => client().push(hex`07`), { code: "handshake.version", message: /version 7, but 6/ });
  throws(() => client().push(hex`16`), { code: "handshake.tls" });
  throws(() => client().push(hex`48`), { code: "handshake.http" });
});

test("a server refuses the family that its listener does not take, at the first byte", () => {
  for (const version of VERSIONS) {
    throws(() => server({ families: ["clear"] }).push(Uint8Array.of(version)), {
      code: "handshake.version",
      message: /encrypted RTMP \(version \d, rtmpe:/,
    });
    doesNotThrow(() => server({ families: ["encrypted"] }).push(Uint8Array.of(version)));
  }
  throws(() => server({ families: ["encrypted"] }).push(hex`03`), {
    code: "handshake.version",
    message: /in clear .*only rtmpe:/,
  });
});

test("a C1 without a digest behind C0 = 6 is refused: plain, or with any bit of it changed", () => {
  const plain = hex`06 00000000 00000000 ${nodeCrypto.randomBytes(1528)}`;
  throws(() => server().push(plain), { code: "handshake.signature", message: /C0 is 6.*no valid digest/ });
  const publicKey = createKeyPair(nodeCrypto).publicKey;
  for (const layout of LAYOUTS) {
    const { block, digest } = challengeWith(publicKey, layout, PLAYER_KEY);
    const digestStart = digest.byteOffset - block.byteOffset;
    for (const at of [0, 4, keyOffset(block, layout), digestStart, digestStart + 31, 1535]) {
      const changed = block.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const handshake = server();
      throws(() => handshake.push(hex`06 ${changed}`), { code: "handshake.signature" }, `byte ${at}`);
      equal(handshake.takeOutput().length, 0);
      equal(handshake.result, undefined);
    }
  }
});

test("an S1 without a digest is refused, whatever its S2 is", () => {
  for (const layout of LAYOUTS) {
    const handshake = client();
    const c1 = findDigest(takeAll(handshake).slice(1), LAYOUTS, PLAYER_KEY, nodeCrypto);
    ok(c1);
    const s1 = challengeWith(createKeyPair(nodeCrypto).publicKey, layout, SERVER_KEY).block;
    s1[1535] = (s1[1535] ?? 0) ^ 0x10;
    const s2 = encodeSignedAnswer(c1, SERVER_ANSWER_KEY, nodeCrypto);
    throws(() => handshake.push(hex`06 ${s1} ${s2}`), { code: "handshake.signature", message: /no valid digest/ });
    equal(handshake.takeOutput().length, 0);
  }
});

const P = BigInt(`0x${formatHex(PRIME)}`);

for (const [name, key] of [
  ["0", 0n],
  ["1", 1n],
  ["p - 1", P - 1n],
  ["p", P],
  ["p + 1", P + 1n],
  ["2^1024 - 1", 2n ** 1024n - 1n],
  ["p - 2", P - 2n],
] as const) {
  test(`a public key of ${name} is refused, in both layouts and by both sides, before any answer`, () => {
    const publicKey = parseHex(key.toString(16).padStart(256, "0"));
    for (const layout of LAYOUTS) {
      const right = server();
      const c1 = challengeWith(publicKey, layout, PLAYER_KEY);
      throws(() => right.push(hex`06 ${c1.block}`), { code: "handshake.public-key" });
      equal(right.takeOutput().length, 0);

      const left = client();
      const own = findDigest(takeAll(left).slice(1), LAYOUTS, PLAYER_KEY, nodeCrypto);
      ok(own);
      const s1 = challengeWith(publicKey, layout, SERVER_KEY);
      const s2 = encodeSignedAnswer(own, SERVER_ANSWER_KEY, nodeCrypto);
      throws(() => left.push(hex`06 ${s1.block} ${s2}`), { code: "handshake.public-key" });
      equal(left.takeOutput().length, 0);
    }
  });
}

/** The power is foretold, so that a handshake costs nothing. */
function cheapCrypto(power: Uint8Array): HandshakeCrypto {
  return { ...nodeCrypto, modularPower: () => power };
}

const HONEST_KEY = createKeyPair(nodeCrypto).publicKey;
const CHEAP = cheapCrypto(HONEST_KEY);

test("the server takes C0, C1, C2 and what follows in any split, and keeps that as it came", () => {
  const bytes = concatBytes([takeAll(client({ crypto: CHEAP })), new Uint8Array(1536).fill(7), CONNECT]);
  for (let cut = 0; cut <= bytes.length; cut += cut < 4 || cut > 3060 ? 1 : 7) {
    const handshake = server({ crypto: CHEAP });
    handshake.push(bytes.subarray(0, cut));
    const whole = cut >= 3073;
    equal(handshake.result !== undefined, whole, `a handshake cut at ${cut}`);
    equal(takeAll(handshake).length, cut >= 1537 ? 3073 : 0);
    handshake.push(bytes.subarray(cut));
    deepEqual(handshake.result?.trailing, CONNECT);
    equal(handshake.result?.bytesRead, bytes.length);
  }
  const byBytes = server({ crypto: CHEAP });
  for (const byte of bytes) byBytes.push(Uint8Array.of(byte));
  deepEqual(byBytes.result?.trailing, CONNECT);
});

test("the client takes S0, S1, S2 and what follows in any split", () => {
  for (let cut = 0; cut <= 3073 + CONNECT.length; cut += cut < 4 || cut > 3060 ? 1 : 7) {
    const left = client({ crypto: CHEAP });
    const right = server({ crypto: CHEAP });
    right.push(takeAll(left));
    const bytes = concatBytes([takeAll(right), CONNECT]);
    left.push(bytes.subarray(0, cut));
    equal(left.result !== undefined, cut >= 3073, `a handshake cut at ${cut}`);
    equal(takeAll(left).length, cut >= 3073 ? 1536 : 0);
    left.push(bytes.subarray(cut));
    deepEqual(left.result?.trailing, CONNECT);
  }
});

test("a secret that begins with a zero byte: right-aligned, or refused before C2 where the caller asks for it", () => {
  const short = hex`00 ${HONEST_KEY.subarray(1)}`;
  const powers = (): HandshakeCrypto => {
    const all = [HONEST_KEY, short.subarray(1)];
    return { ...nodeCrypto, modularPower: () => all.shift() ?? short };
  };
  for (const refuseShortSecret of [false, true]) {
    const left = client({ crypto: powers(), refuseShortSecret });
    const right = server({ crypto: CHEAP });
    right.push(takeAll(left));
    const answer = takeAll(right);
    if (refuseShortSecret) {
      throws(() => left.push(answer), { code: "handshake.short-secret" });
      equal(left.takeOutput().length, 0);
      continue;
    }
    left.push(answer);
    const { publicKey } = serverKeyIn(answer.slice(1, 1537));
    const expected = createCiphers(short, publicKey, HONEST_KEY, nodeCrypto);
    const bytes = CONNECT.slice();
    left.result?.ciphers?.encrypt(bytes);
    expected.decrypt(bytes);
    deepEqual(bytes, CONNECT);
  }
});

test("an encrypting client that sends more than 16 KiB before it is answered is refused", () => {
  const bytes = new Uint8Array(16 * 1024 + 1).fill(6);
  throws(() => server().push(bytes), { code: "handshake.limit" });
});
