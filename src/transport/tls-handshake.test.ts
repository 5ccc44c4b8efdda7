import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { tlsError } from "./tls-handshake.ts";

/** What really comes of clients is in test/loopback/one-port.test.ts; these are the codes of OpenSSL and of Node. */
for (const [code, words] of [
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", /the client refused the certificate$/],
  ["ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE", /refused the certificate/],
  ["ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED", /refused the certificate/],
  ["ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN", /refused the certificate/],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", /no TLS version in common/],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", /no TLS version in common/],
  ["ERR_SSL_NO_SHARED_CIPHER", /no cipher in common/],
  ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", /no cipher in common/],
  ["ERR_SSL_NO_APPLICATION_PROTOCOL", /by ALPN, and http\/1\.1 is none of them/],
  ["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", /as OpenSSL says it/],
  ["ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME", /does not know the server's name/],
  ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", /the client broke off/],
  ["ECONNRESET", /the client reset the connection/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", /what came is no TLS/],
  ["ERR_SSL_DATA_LENGTH_TOO_LONG", /what came is no TLS/],
  ["ERR_OSSL_CIPHER_OPERATION_FAILED", /what came is no TLS/],
  ["ERR_SSL_SOMETHING_NEW", /as OpenSSL says it/],
  [undefined, /as OpenSSL says it/],
] as const) {
  test(`${code} in words`, () => {
    const cause = Object.assign(new Error("as OpenSSL says it"), code !== undefined && { code });
    const error = tlsError(cause);
    equal(error.code, "handshake.tls-failed");
    match(error.message, words);
    match(error.message, /^the TLS handshake failed: /);
    equal(error.cause, cause);
  });
}
