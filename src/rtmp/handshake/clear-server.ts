import { ProtocolError } from "../../errors.ts";
import {
  DIGEST_LENGTH,
  encodeSignedAnswer,
  encodeSignedChallenge,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import { describeProductVersion, encodePlainChallenge, isPlainChallenge } from "./plain.ts";
import { SERVER_PRODUCT_VERSION, type ServerAnswer, type ServerHandshakeOptions } from "./server-answer.ts";
import { HandshakeVersion } from "./version.ts";

/** Version 3: a signed C1 is answered with signatures, any other without. */
export function answerInClear(c1: Uint8Array, options: ServerHandshakeOptions): ServerAnswer {
  if (isPlainChallenge(c1)) return answerPlain(c1, options);
  const signed = answerSigned(c1, options);
  if (signed !== undefined) return signed;
  // Old client libraries and several hardware encoders set a version but never sign: docs/interop.md.
  const note = `C1 has the version ${describeProductVersion(c1)} but no valid digest: answered in the plain form`;
  return { ...answerPlain(c1, options), note };
}

function answerPlain(c1: Uint8Array, { nowMs, crypto }: ServerHandshakeOptions): ServerAnswer {
  return {
    form: "plain",
    version: HandshakeVersion.Clear,
    // Bytes 4-7 stay zero: FFmpeg as a player demands a digest where the first of them is 3 or more: docs/interop.md.
    s1: encodePlainChallenge(nowMs, crypto),
    s2: c1,
  };
}

function answerSigned(c1: Uint8Array, options: ServerHandshakeOptions): ServerAnswer | undefined {
  const { nowMs, crypto, verifyClientSignature = false } = options;
  const client = findDigest(c1, [LAYOUT_B, LAYOUT_A], PLAYER_KEY, crypto);
  if (client === undefined) return undefined;
  const server = encodeSignedChallenge({
    nowMs,
    productVersion: SERVER_PRODUCT_VERSION,
    // The client's own layout satisfies every known client.
    layout: client.layout,
    key: SERVER_KEY,
    crypto,
  });
  return {
    form: "digest",
    version: HandshakeVersion.Clear,
    s1: server.block,
    s2: encodeSignedAnswer(client, SERVER_ANSWER_KEY, crypto),
    serverSignatureTail: server.block.slice(-DIGEST_LENGTH),
    checkC2(c2): void {
      // FFmpeg as a publisher signs C1 but returns S1 as C2, so this is for those who ask for it: docs/interop.md.
      if (!verifyClientSignature || isSignedAnswer(c2, server.digest, PLAYER_ANSWER_KEY, crypto)) return;
      throw new ProtocolError("handshake.signature", "the client's C2 is not signed, and verifyClientSignature is set");
    },
  };
}
