import { ProtocolError } from "../../errors.ts";
import { type ClientAnswer, type ClientForm, type ClientHandshakeOptions, tolerate } from "./client-form.ts";
import { checkPublicKey, createKeyPair, sharedSecret } from "./diffie-hellman.ts";
import {
  DIGEST_LENGTH,
  encodeSignedAnswer,
  findDigest,
  isSignedAnswer,
  LAYOUT_A,
  LAYOUT_B,
  signChallenge,
} from "./digest.ts";
import { PLAYER_ANSWER_KEY, PLAYER_KEY, SERVER_ANSWER_KEY, SERVER_KEY } from "./genuine-keys.ts";
import { createCiphers, readPublicKey, writePublicKey } from "./key-exchange.ts";
import { encodeChallenge } from "./plain.ts";
import { HandshakeVersion } from "./version.ts";

/** 128.0.3.2, as librtmp and FFmpeg send it: a first part of 128 says that scrambled signatures are understood. */
const CLIENT_PRODUCT_VERSION = 0x80_00_03_02;

/** RTMPE: C1 has a public key, in the layout that encrypting clients use, and the server chooses among versions 6, 8 and 9. */
export function encryptedForm(options: ClientHandshakeOptions): ClientForm {
  const { nowMs, crypto, strict = false, refuseShortSecret = false } = options;
  const keys = createKeyPair(crypto);
  const c1 = encodeChallenge(nowMs, CLIENT_PRODUCT_VERSION, crypto);
  writePublicKey(c1, LAYOUT_B, keys.publicKey);
  const clientDigest = signChallenge(c1, LAYOUT_B, PLAYER_KEY, crypto);
  return {
    version: HandshakeVersion.Encrypted,
    c1,
    answer(s1, s2, s0): ClientAnswer {
      const server = findDigest(s1, [LAYOUT_B, LAYOUT_A], SERVER_KEY, crypto);
      if (server === undefined) {
        throw new ProtocolError("handshake.signature", "the server's S1 has no valid digest: its key is not found");
      }
      const serverKey = readPublicKey(s1, server.layout);
      checkPublicKey(serverKey);
      const secret = sharedSecret(keys.privateKey, serverKey, crypto);
      // Others put a shorter secret to the left: docs/interop.md.
      if (refuseShortSecret && secret[0] === 0) {
        throw new ProtocolError("handshake.short-secret", "the secret of this connection begins with a zero byte");
      }
      const answer: ClientAnswer = {
        form: "digest",
        c2: encodeSignedAnswer(server, PLAYER_ANSWER_KEY, crypto, s0),
        serverSignatureTail: s1.slice(-DIGEST_LENGTH),
        ciphers: createCiphers(secret, keys.publicKey, serverKey, crypto),
      };
      if (isSignedAnswer(s2, clientDigest, SERVER_ANSWER_KEY, crypto, s0)) return answer;
      return tolerate(answer, strict, "the server's S2 is not signed for C1");
    },
  };
}
