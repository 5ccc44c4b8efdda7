import { ProtocolError } from "../../errors.ts";
import { checkPublicKey, createKeyPairFor } from "./diffie-hellman.ts";
import {
  DIGEST_LENGTH,
  type DigestLayout,
  encodeSignedAnswer,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
  type SignedChallenge,
  signChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import { createCiphers, hasRoomForBothKeys, readPublicKey, writePublicKey } from "./key-exchange.ts";
import { encodeChallenge } from "./plain.ts";
import { SERVER_PRODUCT_VERSION, type ServerAnswer, type ServerHandshakeOptions } from "./server-answer.ts";
import type { EncryptedVersion } from "./version.ts";

/** About three of four draws have room for the key in both places. */
const MAX_DRAWS = 64;

/**
 * RTMPE: S1 answers the client's public key with one of ours, and what comes behind the handshake is encrypted. Throws
 * `handshake.signature` and `handshake.public-key`: there is no way on in clear.
 */
export function answerEncrypted(c0: EncryptedVersion, c1: Uint8Array, options: ServerHandshakeOptions): ServerAnswer {
  const { crypto, encryptedVersion: version = c0, verifyClientSignature = false } = options;
  const client = findDigest(c1, [LAYOUT_B, LAYOUT_A], PLAYER_KEY, crypto);
  if (client === undefined) {
    throw new ProtocolError(
      "handshake.signature",
      `C0 is ${c0} (RTMPE), but C1 has no valid digest: its key is not found`,
    );
  }
  const clientKey = readPublicKey(c1, client.layout);
  checkPublicKey(clientKey);
  const { keys, secret } = createKeyPairFor(clientKey, crypto);
  const server = encodeKeyChallenge(client.layout, keys.publicKey, options);
  return {
    form: "digest",
    version,
    s1: server.block,
    s2: encodeSignedAnswer(client, SERVER_ANSWER_KEY, crypto, version),
    serverSignatureTail: server.block.slice(-DIGEST_LENGTH),
    ciphers: createCiphers(secret, keys.publicKey, clientKey, crypto),
    checkC2(c2): void {
      // FFmpeg as a publisher returns S1 as C2 here too: docs/interop.md.
      if (!verifyClientSignature || isSignedAnswer(c2, server.digest, PLAYER_ANSWER_KEY, crypto, version)) return;
      throw new ProtocolError("handshake.signature", "the client's C2 is not signed, and verifyClientSignature is set");
    },
  };
}

/**
 * S1 in the client's layout, with the public key in the places of both layouts: FFmpeg as a publisher looks for it in that
 * of layout A, wherever the digest is (docs/interop.md).
 */
function encodeKeyChallenge(
  layout: DigestLayout,
  publicKey: Uint8Array,
  { nowMs, crypto }: ServerHandshakeOptions,
): SignedChallenge {
  const other = layout === LAYOUT_A ? LAYOUT_B : LAYOUT_A;
  const draw = (): Uint8Array => encodeChallenge(nowMs, SERVER_PRODUCT_VERSION, crypto);
  let block = draw();
  for (let count = 1; count < MAX_DRAWS && !hasRoomForBothKeys(block, layout, other); count++) block = draw();
  if (hasRoomForBothKeys(block, layout, other)) writePublicKey(block, other, publicKey);
  writePublicKey(block, layout, publicKey);
  return { block, digest: signChallenge(block, layout, SERVER_KEY, crypto), layout };
}
