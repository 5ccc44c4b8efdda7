import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import { createClientHandshake } from "./client-handshake.ts";
import {
  encodeSignedAnswer,
  encodeSignedChallenge,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
  signChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import type { Handshake, HandshakeCrypto } from "./handshake.ts";
import { createServerHandshake, type ServerHandshakeOptions } from "./server-handshake.ts";

/** Random bytes that a test can foretell; every block is a little different from the one before. */
function foretoldCrypto(): HandshakeCrypto {
  let draws = 0;
  return {
    hmacSha256: nodeCrypto.hmacSha256,
    randomBytes(length): Uint8Array {
      draws += 1;
      return Uint8Array.from({ length }, (_, index) => index * 31 + draws);
    },
  };
}

const crypto = foretoldCrypto();
const nowMs = 0x01020304;

function server(options: Partial<ServerHandshakeOptions> = {}): Handshake {
  return createServerHandshake({ nowMs, crypto, ...options });
}

function client(form: "plain" | "digest", strict = false): Handshake {
  return createClientHandshake({ form, nowMs, crypto, strict });
}

function takeAll(handshake: Handshake): Uint8Array {
  return concatBytes(handshake.takeOutput());
}

/** Ways of cutting the same bytes: whole, byte by byte, at each place, and with empty pieces. */
function* everySplit(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
  yield [hex``, bytes, hex``];
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

/** S0, S1 and S2, checked for their length. */
function blocks(bytes: Uint8Array): { version: number; challenge: Uint8Array; answer: Uint8Array } {
  equal(bytes.length, 3073);
  return { version: bytes[0] ?? 0, challenge: bytes.slice(1, 1537), answer: bytes.slice(1537) };
}

const PLAIN_C1 = hex`0000002a 00000000 ${crypto.randomBytes(1528)}`;

function signedC1(layout: typeof LAYOUT_A): ReturnType<typeof encodeSignedChallenge> {
  return encodeSignedChallenge({ nowMs: 0, productVersion: 0x09007c02, layout, key: PLAYER_KEY, crypto });
}

for (const form of ["plain", "digest"] as const) {
  for (const strict of [false, true]) {
    test(`client and server meet in the ${form} form${strict ? ", both strict" : ""}`, () => {
      const left = client(form, strict);
      const right = server({ verifyClientSignature: strict });
      right.push(takeAll(left));
      deepEqual([left.result, right.result], [undefined, undefined]);
      left.push(takeAll(right));
      right.push(takeAll(left));
      for (const { result } of [left, right]) {
        equal(result?.form, form);
        equal(result?.bytesRead, 3073);
        equal(result?.trailing.length, 0);
        equal(result?.note, undefined);
        equal(result?.ciphers, undefined);
      }
      deepEqual(left.result?.serverSignatureTail, right.result?.serverSignatureTail);
      equal(left.result?.serverSignatureTail?.length, form === "digest" ? 32 : undefined);
      deepEqual([takeAll(left).length, takeAll(right).length], [0, 0]);
    });
  }

  test(`the server takes C0, C1, C2 and connect of the ${form} form in any split`, () => {
    const connect = hex`03 000000 000019 14 00000000 02 0007 636f6e6e656374`;
    const c0c1 = takeAll(client(form));
    const bytes = concatBytes([c0c1, new Uint8Array(1536).fill(7), connect]);
    for (const pieces of everySplit(bytes)) {
      const handshake = server();
      const outputs: (readonly Uint8Array[])[] = [];
      for (const piece of pieces) {
        handshake.push(piece);
        outputs.push(handshake.takeOutput());
      }
      deepEqual(
        outputs.flat().map((output) => output.length),
        [3073],
        "S0, S1 and S2 in one piece",
      );
      equal(handshake.result?.form, form);
      deepEqual(handshake.result?.trailing, connect);
      equal(handshake.result?.bytesRead, bytes.length);
    }
  });

  test(`the client takes S0, S1, S2 and glued chunks of the ${form} form in any split`, () => {
    const chunks = hex`02 000000 000004 05 00000000 002625a0`;
    const length = 3073 + chunks.length;
    for (const lengths of everySplit(new Uint8Array(length))) {
      const left = client(form, true);
      const right = server();
      right.push(takeAll(left));
      let rest = concatBytes([takeAll(right), chunks]);
      for (const piece of lengths) {
        left.push(rest.subarray(0, piece.length));
        rest = rest.subarray(piece.length);
      }
      equal(left.result?.form, form);
      equal(left.result?.note, undefined);
      deepEqual(left.result?.trailing, chunks);
      equal(takeAll(left).length, 1536);
    }
  });
}

test("the server sends nothing before C1 is whole", () => {
  const handshake = server();
  handshake.push(hex`03 ${PLAIN_C1.subarray(0, 1535)}`);
  equal(handshake.takeOutput().length, 0);
  handshake.push(PLAIN_C1.subarray(1535));
  equal(takeAll(handshake).length, 3073);
});

test("the pushed bytes may be used again at once", () => {
  const handshake = server();
  const pool = hex`03 ${PLAIN_C1} ${new Uint8Array(1536)} 42 43`;
  handshake.push(pool);
  pool.fill(0);
  deepEqual(blocks(takeAll(handshake)).answer, PLAIN_C1);
  deepEqual(handshake.result?.trailing, hex`42 43`);
});

test("bytes that are pushed after the end are added to the trailing ones", () => {
  const handshake = server();
  handshake.push(hex`03 ${PLAIN_C1} ${new Uint8Array(1536)} 42`);
  handshake.push(hex`43 44`);
  deepEqual(handshake.result?.trailing, hex`42 43 44`);
  equal(handshake.result?.bytesRead, 3076);
});

test("a plain C1 gets a plain S1 with the time and four zeros, and S2 is C1", () => {
  const handshake = server();
  handshake.push(hex`03 ${PLAIN_C1}`);
  const { version, challenge, answer } = blocks(takeAll(handshake));
  equal(version, 3);
  deepEqual(challenge.slice(0, 8), hex`01020304 00000000`);
  deepEqual(answer, PLAIN_C1);
});

test("the time of day in milliseconds is cut to 32 bits", () => {
  const handshake = server({ nowMs: 0x1_0000_0005 });
  handshake.push(hex`03 ${PLAIN_C1}`);
  deepEqual(blocks(takeAll(handshake)).challenge.slice(0, 4), hex`00000005`);
});

for (const layout of [LAYOUT_A, LAYOUT_B]) {
  test(`a C1 signed in layout ${layout.name} is answered in layout ${layout.name}`, () => {
    const c1 = signedC1(layout);
    const handshake = server();
    handshake.push(hex`03 ${c1.block}`);
    const { version, challenge, answer } = blocks(takeAll(handshake));
    equal(version, 3);
    ok((challenge[4] ?? 0) >= 3, "players look for a digest from version 3 on");
    equal(findDigest(challenge, [LAYOUT_A, LAYOUT_B], SERVER_KEY, crypto)?.layout.name, layout.name);
    equal(isSignedAnswer(answer, c1.digest, SERVER_ANSWER_KEY, crypto), true);
    handshake.push(new Uint8Array(1536));
    deepEqual(handshake.result?.serverSignatureTail, challenge.slice(1504));
  });
}

test("a version without a digest, as old libraries send it, is answered in the plain form", () => {
  const c1 = hex`00000000 09007c02 ${crypto.randomBytes(1528)}`;
  const handshake = server({ verifyClientSignature: true });
  handshake.push(hex`03 ${c1}`);
  const { challenge, answer } = blocks(takeAll(handshake));
  deepEqual(challenge.slice(4, 8), hex`00000000`);
  deepEqual(answer, c1);
  handshake.push(answer);
  equal(handshake.result?.form, "plain");
  equal(handshake.result?.serverSignatureTail, undefined);
  ok(handshake.result?.note?.includes("9.0.124.2"));
});

test("a version whose first part only is 0 may still be signed", () => {
  const c1 = hex`00000000 00000001 ${crypto.randomBytes(1528)}`;
  signChallenge(c1, LAYOUT_B, PLAYER_KEY, crypto);
  const handshake = server();
  handshake.push(hex`03 ${c1} ${new Uint8Array(1536)}`);
  equal(handshake.result?.form, "digest");
});

test("FFmpeg publishes with a signed C1 and C2 = S1: taken, unless signatures are demanded", () => {
  for (const verifyClientSignature of [false, true]) {
    const handshake = server({ verifyClientSignature });
    handshake.push(hex`03 ${signedC1(LAYOUT_A).block}`);
    const s1 = blocks(takeAll(handshake)).challenge;
    if (verifyClientSignature) {
      throws(() => handshake.push(s1), { code: "handshake.signature" });
      equal(handshake.result, undefined);
    } else {
      handshake.push(s1);
      equal(handshake.result?.form, "digest");
    }
  }
});

test("a signed C2, as Flash and FFmpeg's player send it, passes where signatures are demanded", () => {
  for (const layout of [LAYOUT_A, LAYOUT_B]) {
    const handshake = server({ verifyClientSignature: true });
    handshake.push(hex`03 ${signedC1(layout).block}`);
    const s1 = findDigest(blocks(takeAll(handshake)).challenge, [layout], SERVER_KEY, crypto);
    ok(s1);
    handshake.push(encodeSignedAnswer(s1, PLAYER_ANSWER_KEY, crypto));
    equal(handshake.result?.form, "digest");
  }
});

test("GStreamer's C2 has its own clock, encoders send zeros: the plain form looks at nothing in C2", () => {
  for (const verifyClientSignature of [false, true]) {
    for (const c2 of ["gstreamer", "zeros", "garbage"] as const) {
      const handshake = server({ verifyClientSignature });
      handshake.push(hex`03 ${PLAIN_C1}`);
      const answer = blocks(takeAll(handshake)).challenge;
      if (c2 === "gstreamer") answer.set(hex`00c0ffee`, 4);
      if (c2 === "zeros") answer.fill(0);
      if (c2 === "garbage") answer.fill(0x16);
      handshake.push(answer);
      equal(handshake.result?.form, "plain");
    }
  }
});

test("librtmp and OBS send C2 before they read S2: the server's answer is the same", () => {
  const handshake = server();
  handshake.push(hex`03 ${PLAIN_C1}`);
  const [output] = handshake.takeOutput();
  handshake.push(output?.slice(1, 1537) ?? hex``);
  equal(handshake.result?.form, "plain");
  equal(handshake.takeOutput().length, 0);
});

test("reserved versions are answered with 3", () => {
  for (const version of [0, 1, 2, 4, 5, 7, 10, 31]) {
    const handshake = server();
    handshake.push(Uint8Array.of(version));
    handshake.push(PLAIN_C1);
    equal(blocks(takeAll(handshake)).version, 3);
  }
});

test("the first byte alone is enough to refuse a stranger", () => {
  for (const [first, code, words] of [
    [0x16, "handshake.tls", /TLS/],
    [0x47, "handshake.http", /letter G.*HTTP/],
    [0x50, "handshake.http", /letter P/],
    [0x20, "handshake.version", /32/],
    [0xff, "handshake.version", /255/],
    [6, "handshake.version", /encrypted RTMP \(version 6, rtmpe:/],
    [8, "handshake.version", /version 8/],
    [9, "handshake.version", /version 9/],
  ] as const) {
    const plain = server({ families: ["clear"] });
    throws(() => plain.push(Uint8Array.of(first)), { name: "ProtocolError", code, message: words, byteOffset: 0 });
  }
});

test("a client that sends more than 16 KiB before it is answered is refused", () => {
  const bytes = new Uint8Array(16 * 1024 + 1).fill(3);
  const allowed = server();
  allowed.push(bytes.subarray(1));
  equal(allowed.result?.trailing.length, 16 * 1024 - 3073);
  throws(() => server().push(bytes), { code: "handshake.limit", message: /16385 bytes.*16384/ });
});

test("the limit is configurable, and does not count what comes after the answer", () => {
  throws(() => server({ maxUnansweredBytes: 1536 }).push(new Uint8Array(1537).fill(3)), { code: "handshake.limit" });
  const handshake = server();
  handshake.push(hex`03 ${PLAIN_C1}`);
  handshake.push(new Uint8Array(1536 + 64 * 1024));
  equal(handshake.result?.trailing.length, 64 * 1024);
});

test("a plain C0 and C1 are version 3, the time, four zeros and random bytes", () => {
  const output = takeAll(client("plain"));
  deepEqual(output.slice(0, 9), hex`03 01020304 00000000`);
  equal(output.length, 1537);
  notDeepEqual(output, takeAll(client("plain")));
});

test("a signed C1 has a Flash version and a digest in layout A", () => {
  const output = takeAll(client("digest"));
  deepEqual(output.slice(0, 9), hex`03 01020304 0a002d02`);
  equal(findDigest(output.slice(1), [LAYOUT_B, LAYOUT_A], PLAYER_KEY, crypto)?.layout.name, "A");
});

test("a plain client answers with C2 = S1, also where S1 is a copy of C1 as of nginx-rtmp", () => {
  const handshake = client("plain", true);
  const c0c1 = takeAll(handshake);
  handshake.push(hex`${c0c1} ${c0c1.subarray(1)}`);
  deepEqual(takeAll(handshake), c0c1.slice(1));
  equal(handshake.result?.note, undefined);
});

test("a plain client takes an S2 with the server's clock in bytes 4-7", () => {
  const handshake = client("plain", true);
  const s2 = takeAll(handshake).slice(1);
  s2.set(hex`00c0ffee`, 4);
  handshake.push(hex`03 ${PLAIN_C1} ${s2}`);
  equal(handshake.result?.form, "plain");
});

test("a plain client notes an S2 that does not repeat C1, a strict one refuses it", () => {
  const answer = hex`03 ${PLAIN_C1} ${new Uint8Array(1536)}`;
  const tolerant = client("plain");
  tolerant.push(answer);
  equal(tolerant.result?.form, "plain");
  ok(tolerant.result?.note?.includes("does not repeat C1"));
  throws(() => client("plain", true).push(answer), { code: "handshake.signature" });
});

test("a digest client falls back to C2 = S1 for a plain server, a strict one refuses it", () => {
  const answer = hex`03 ${PLAIN_C1} ${new Uint8Array(1536)}`;
  const tolerant = client("digest");
  takeAll(tolerant);
  tolerant.push(answer);
  equal(tolerant.result?.form, "plain");
  equal(tolerant.result?.serverSignatureTail, undefined);
  ok(tolerant.result?.note?.includes("plain form"));
  deepEqual(takeAll(tolerant), PLAIN_C1);
  throws(() => client("digest", true).push(answer), { code: "handshake.signature" });
});

test("a digest client goes on with a server whose version promises a digest that is not there", () => {
  const s1 = hex`00000000 0d0e0a0d ${crypto.randomBytes(1528)}`;
  const handshake = client("digest");
  takeAll(handshake);
  handshake.push(hex`03 ${s1} ${new Uint8Array(1536)}`);
  equal(handshake.result?.form, "plain");
  ok(handshake.result?.note?.includes("13.14.10.13"));
  deepEqual(takeAll(handshake), s1);
});

test("a digest client signs C2 for a signed S1 in either layout, with version 0 too as of MonaServer2", () => {
  for (const layout of [LAYOUT_A, LAYOUT_B]) {
    const handshake = client("digest", true);
    const c1 = findDigest(takeAll(handshake).slice(1), [LAYOUT_A], PLAYER_KEY, crypto);
    ok(c1);
    const s1 = encodeSignedChallenge({ nowMs: 0, productVersion: 0, layout, key: SERVER_KEY, crypto });
    handshake.push(hex`03 ${s1.block} ${encodeSignedAnswer(c1, SERVER_ANSWER_KEY, crypto)}`);
    equal(handshake.result?.form, "digest");
    equal(isSignedAnswer(takeAll(handshake), s1.digest, PLAYER_ANSWER_KEY, crypto), true);
  }
});

test("a digest client notes an S2 that is not signed, a strict one refuses it", () => {
  const s1 = encodeSignedChallenge({ nowMs: 0, productVersion: 0x04000001, layout: LAYOUT_A, key: SERVER_KEY, crypto });
  const answer = hex`03 ${s1.block} ${new Uint8Array(1536)}`;
  const tolerant = client("digest");
  tolerant.push(answer);
  equal(tolerant.result?.form, "digest");
  ok(tolerant.result?.note?.includes("S2 is not signed"));
  throws(() => client("digest", true).push(answer), { code: "handshake.signature" });
});

test("a client stops at the first byte of a server that answers something else", () => {
  for (const [first, code] of [
    [6, "handshake.version"],
    [0, "handshake.version"],
    [0x15, "handshake.tls"],
    [0x48, "handshake.http"],
  ] as const) {
    throws(() => client("plain").push(Uint8Array.of(first)), { code, byteOffset: 0 });
  }
});

test("a server that sends more than 16 KiB before it is answered is refused", () => {
  const bytes = new Uint8Array(16 * 1024 + 1).fill(3);
  const allowed = client("plain");
  allowed.push(bytes.subarray(1));
  equal(allowed.result?.bytesRead, 16 * 1024);
  throws(() => client("plain").push(bytes), { code: "handshake.limit" });
});
