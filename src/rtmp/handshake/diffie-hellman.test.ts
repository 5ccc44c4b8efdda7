import { deepEqual, doesNotThrow, equal, notDeepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { formatHex, hex, parseHex } from "../../bytes/hex.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import {
  checkPublicKey,
  createKeyPair,
  createKeyPairFor,
  keyPairOf,
  modularPower,
  PRIME,
  sharedSecret,
} from "./diffie-hellman.ts";
import type { HandshakeCrypto } from "./handshake.ts";
import { createCiphers } from "./key-exchange.ts";
import { Rc4 } from "./rc4.ts";

const { modularPower: _, ...bigIntegers } = nodeCrypto;
const PLATFORMS: readonly (readonly [string, HandshakeCrypto])[] = [
  ["Node", nodeCrypto],
  ["big integers", bigIntegers],
];

function pattern(factor: number, offset: number): Uint8Array {
  return Uint8Array.from({ length: 127 }, (_, index) => index * factor + offset);
}

const CLIENT_PRIVATE_KEY = pattern(3, 1);
const SERVER_PRIVATE_KEY = pattern(5, 2);
const CLIENT_KEY = hex`
  b70794dca03082d212e13e5fac4fa053c289de0ecc8fb7e4bec4ab20d00d575b6f0c586fbaa66205e90a4ef4d5d9da1f
  68cebbe7f253c0bb7267732e3e3da56b084f82a4abc2b3f63772b7045f094827ad0d46149593d8d83148073e07f5c50c
  f5e25c33a3e97672fedc600168e73089251d47005d7ca87c6601f3ebc5f69a30
`;
const SERVER_KEY = hex`
  e8f8fae60c47064c786fc568c7383fa3203fc8c8124331fd02b19c38b16914e728b9404b22f9a5e6369ce296b514f006
  ed843b25e237b3c212a1d3f5f9d3e9d11fcdbdb0c962a26accbe9987bc84fa3d69b1493984d6aac38cc356d60baa08fc
  1ffa1982fcc5583ef750c9298563d8838bcc925e7b57718898d7a7569632db97
`;
const SECRET = hex`
  55120d556993a4ce5817f1f5d7f670dadbef239d838e916a5b6d79bb33fac9edf0e3fb96b75c21cf798a8056e604f6f5
  d273dfe42e84e0f25fab9cdeace87cacbc5dde4f6d96d2734a3034fad84198b425ded8ba33199a220eeb68463f174946
  6b521ef1e8675e4315bd2ff0a21fc98527e0c65c4c97d30921fd0d8a855093e1
`;

for (const [name, crypto] of PLATFORMS) {
  test(`the keys and the secret of the test vector, by ${name}`, () => {
    equal(formatHex(keyPairOf(CLIENT_PRIVATE_KEY, crypto).publicKey), formatHex(CLIENT_KEY));
    equal(formatHex(keyPairOf(SERVER_PRIVATE_KEY, crypto).publicKey), formatHex(SERVER_KEY));
    equal(formatHex(sharedSecret(CLIENT_PRIVATE_KEY, SERVER_KEY, crypto)), formatHex(SECRET));
    equal(formatHex(sharedSecret(SERVER_PRIVATE_KEY, CLIENT_KEY, crypto)), formatHex(SECRET));
  });
}

test("a platform may leave zeros in front of a power out", () => {
  const short: HandshakeCrypto = { ...nodeCrypto, modularPower: () => hex`42` };
  const secret = sharedSecret(CLIENT_PRIVATE_KEY, SERVER_KEY, short);
  deepEqual(secret, hex`${new Uint8Array(127)} 42`);
});

test("Node pads a power that begins with zeros, and both platforms agree on it", () => {
  // 2^1016 to 2^1023 have a first byte of 1 to 128, and what is below one of 0.
  for (const exponent of [8, 100, 1015, 1016]) {
    const power = keyPairOf(Uint8Array.of(exponent >> 8, exponent & 255), nodeCrypto).publicKey;
    equal(formatHex(power), (2n ** BigInt(exponent)).toString(16).padStart(256, "0"));
    deepEqual(Uint8Array.from(power), modularPower(hex`02`, Uint8Array.of(exponent >> 8, exponent & 255)));
  }
});

test("the ciphers of the test vector: each side decrypts what the other encrypts", () => {
  const client = createCiphers(SECRET, CLIENT_KEY, SERVER_KEY, nodeCrypto);
  const server = createCiphers(SECRET, SERVER_KEY, CLIENT_KEY, nodeCrypto);
  const toServer = new Uint8Array(16);
  client.encrypt(toServer);
  equal(formatHex(toServer), "f173209ebfce87ae65402ecbe8b18b9e");
  server.decrypt(toServer);
  deepEqual(toServer, new Uint8Array(16));
  const toClient = new Uint8Array(16);
  server.encrypt(toClient);
  equal(formatHex(toClient), "57f244fc428d7474477facb2b8c1efd1");
  client.decrypt(toClient);
  deepEqual(toClient, new Uint8Array(16));
});

test("the first key stream of the test vector, from which 1536 bytes are thrown away", () => {
  for (const [publicKey, key, stream] of [
    [SERVER_KEY, "cd7b38099404190a94b4bdcb8eb7e6f3", "df016c1678e4abf3e7f395a2fc9328bd"],
    [CLIENT_KEY, "694cc7ae21577a67964fdd28aba0df99", "d6a8e2d13b11953eb67acf26b7e27d88"],
  ] as const) {
    equal(formatHex(nodeCrypto.hmacSha256(SECRET, publicKey).subarray(0, 16)), key);
    const bytes = new Uint8Array(16);
    new Rc4(parseHex(key)).apply(bytes);
    equal(formatHex(bytes), stream);
  }
});

const P = BigInt(`0x${formatHex(PRIME)}`);

function keyOf(value: bigint): Uint8Array {
  return parseHex(value.toString(16).padStart(256, "0"));
}

for (const [name, value, words] of [
  ["0", 0n, /is 0/],
  ["1", 1n, /is 1/],
  ["p - 1", P - 1n, /p - 1 or more/],
  ["p", P, /p - 1 or more/],
  ["p + 1", P + 1n, /p - 1 or more/],
  ["the largest number of 128 bytes", 2n ** 1024n - 1n, /p - 1 or more/],
  ["p - 2, which is minus a power of 2", P - 2n, /not of the group/],
  ["p minus the key of the test vector", P - BigInt(`0x${formatHex(CLIENT_KEY)}`), /not of the group/],
] as const) {
  test(`the public key ${name} is refused`, () => {
    throws(() => checkPublicKey(keyOf(value)), { code: "handshake.public-key", message: words });
  });
}

test("a public key of 2, and every honest one, is taken", () => {
  doesNotThrow(() => checkPublicKey(keyOf(2n)));
  for (const key of [CLIENT_KEY, SERVER_KEY]) doesNotThrow(() => checkPublicKey(key));
  for (let time = 0; time < 20; time++) doesNotThrow(() => checkPublicKey(createKeyPair(nodeCrypto).publicKey));
});

test("the check is that of Euler: the key to the power of (p - 1) / 2 is 1", () => {
  const half = keyOf((P - 1n) / 2n);
  const one = keyOf(1n);
  for (let seed = 1; seed <= 12; seed++) {
    const key = Uint8Array.from({ length: 128 }, (_, index) => (index * 7 + 11) * seed);
    key[0] = 0x70;
    if (formatHex(modularPower(key, half)) === formatHex(one)) doesNotThrow(() => checkPublicKey(key));
    else throws(() => checkPublicKey(key), { code: "handshake.public-key" });
  }
});

/** Powers as they are foretold, then those of Node. */
function foretold(powers: readonly Uint8Array[]): HandshakeCrypto & { readonly left: Uint8Array[] } {
  const left = [...powers];
  return {
    ...nodeCrypto,
    left,
    modularPower: (base, exponent) => left.shift() ?? modularPower(base, exponent),
  };
}

const SHORT = hex`00 ${new Uint8Array(127).fill(1)}`;
const WHOLE = new Uint8Array(128).fill(2);

test("keys are drawn anew while the public key begins with a zero byte", () => {
  const crypto = foretold([SHORT, hex`01`, WHOLE]);
  deepEqual(createKeyPair(crypto).publicKey, WHOLE);
  equal(crypto.left.length, 0);
});

test("a server draws anew while the secret begins with a zero byte too, with another private key", () => {
  const crypto = foretold([WHOLE, SHORT, SHORT, WHOLE, WHOLE]);
  const { keys, secret } = createKeyPairFor(CLIENT_KEY, crypto);
  deepEqual([keys.publicKey, secret], [WHOLE, WHOLE]);
  equal(crypto.left.length, 0);
  notDeepEqual(createKeyPairFor(CLIENT_KEY, nodeCrypto).secret, createKeyPairFor(CLIENT_KEY, nodeCrypto).secret);
});

test("the drawing ends, whatever the source of random bytes gives", () => {
  const always: HandshakeCrypto = { ...nodeCrypto, modularPower: () => SHORT };
  deepEqual(createKeyPairFor(CLIENT_KEY, always).secret, SHORT);
});
