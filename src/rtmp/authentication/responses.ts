import { encodeUtf8 } from "../../bytes/utf8.ts";
import { encodeBase64 } from "./base64.ts";

/** MD5 of the bytes, 16 bytes long. RFC 1321. */
export type Md5 = (bytes: Uint8Array) => Uint8Array;

/** What Adobe's response is made of: everything exactly as it stands in the server's text, and in the client's answer. */
export type AdobeChallenge = {
  readonly user: string;
  readonly salt: string;
  readonly challenge: string;
  /** Empty if the server sent none. */
  readonly opaque: string;
  /** The client's own nonce, any token. */
  readonly clientChallenge: string;
};

/** `response` of Adobe's scheme. Who knows `base64(MD5(user, salt, password))` can make it as well. */
export function adobeResponse(md5: Md5, password: string, challenge: AdobeChallenge): string {
  const { user, salt, opaque, clientChallenge } = challenge;
  const secret = encodeBase64(md5(encodeUtf8(user + salt + password)));
  const serverPart = opaque === "" ? challenge.challenge : opaque;
  return encodeBase64(md5(encodeUtf8(secret + serverPart + clientChallenge)));
}

/** What the response of Limelight's scheme is made of: HTTP's digest with fixed realm and method. */
export type LimelightChallenge = {
  readonly user: string;
  readonly nonce: string;
  readonly clientNonce: string;
  /** How often the nonce was used, as it is sent: `00000001`. */
  readonly nonceCount: string;
  /** As the client sent it, without query. */
  readonly app: string;
};

/** `response` of Limelight's scheme, in lower-case hex. */
export function limelightResponse(md5: Md5, password: string, challenge: LimelightChallenge): string {
  const { user, nonce, clientNonce, nonceCount, app } = challenge;
  const hash = (text: string): string => hexOf(md5(encodeUtf8(text)));
  const path = app.includes("/") ? app : `${app}/_definst_`;
  const who = hash(`${user}:live:${password}`);
  const what = hash(`publish:/${path}`);
  return hash(`${who}:${nonce}:${nonceCount}:${clientNonce}:auth:${what}`);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
