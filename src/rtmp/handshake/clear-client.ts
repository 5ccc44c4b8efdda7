import { equalBytes } from "../../bytes/concat.ts";
import { type ClientAnswer, type ClientForm, type ClientHandshakeOptions, tolerate } from "./client-form.ts";
import {
  DIGEST_LENGTH,
  encodeSignedAnswer,
  encodeSignedChallenge,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
  type SignedChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import type { HandshakeCrypto } from "./handshake.ts";
import { describeProductVersion, encodePlainAnswer, encodePlainChallenge, isPlainChallenge } from "./plain.ts";
import { HandshakeVersion } from "./version.ts";

/** 10.0.45.2, as librtmp sends it. */
const CLIENT_PRODUCT_VERSION = 0x0a_00_2d_02;

/** A C1 without a signature. */
export function plainForm({ nowMs, crypto, strict = false }: ClientHandshakeOptions): ClientForm {
  const c1 = encodePlainChallenge(nowMs, crypto);
  return {
    version: HandshakeVersion.Clear,
    c1,
    answer(s1, s2): ClientAnswer {
      const plain = answerPlain(s1);
      // Bytes 4-7 may be the server's clock.
      if (equalBytes(s2.subarray(8), c1.subarray(8))) return plain;
      return tolerate(plain, strict, "the server's S2 does not repeat C1");
    },
  };
}

/** A signed C1. */
export function digestForm({ nowMs, crypto, strict = false }: ClientHandshakeOptions): ClientForm {
  // Adobe's server takes a signed C1 without encryption only in layout A: docs/interop.md.
  const productVersion = CLIENT_PRODUCT_VERSION;
  const client = encodeSignedChallenge({ nowMs, productVersion, layout: LAYOUT_A, key: PLAYER_KEY, crypto });
  return {
    version: HandshakeVersion.Clear,
    c1: client.block,
    answer(s1, s2): ClientAnswer {
      // Also where bytes 4-7 are zero: MonaServer2 signs such an S1. docs/interop.md.
      const server = findDigest(s1, [LAYOUT_A, LAYOUT_B], SERVER_KEY, crypto);
      if (server === undefined) return tolerate(answerPlain(s1), strict, unsignedNote(s1));
      const signed = answerSigned(server, crypto);
      if (isSignedAnswer(s2, client.digest, SERVER_ANSWER_KEY, crypto)) return signed;
      return tolerate(signed, strict, "the server's S2 is not signed for C1");
    },
  };
}

function answerPlain(s1: Uint8Array): ClientAnswer {
  return { form: "plain", c2: encodePlainAnswer(s1) };
}

function answerSigned(server: SignedChallenge, crypto: HandshakeCrypto): ClientAnswer {
  const c2 = encodeSignedAnswer(server, PLAYER_ANSWER_KEY, crypto);
  return { form: "digest", c2, serverSignatureTail: server.block.slice(-DIGEST_LENGTH) };
}

function unsignedNote(s1: Uint8Array): string {
  if (isPlainChallenge(s1)) return "the server answered in the plain form";
  return `the server's S1 has the version ${describeProductVersion(s1)} but no valid digest`;
}
