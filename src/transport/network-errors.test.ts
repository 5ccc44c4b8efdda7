import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { connectError, listenError, tlsConnectError } from "./network-errors.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`system call ${code}`), { code });
}

test("each reason why a port cannot be opened is said in words, with what to do", () => {
  for (const [code, words] of [
    ["EADDRINUSE", /another program has this port. Stop it/],
    ["EACCES", /this user may not open it. Choose a port above 1023/],
    ["EPERM", /this user may not open it/],
    ["EADDRNOTAVAIL", /does not have that address/],
    ["ENOTFOUND", /the host name example.org is unknown. Use an address of this machine/],
    ["EAI_AGAIN", /the host name example.org is unknown/],
    ["ESOMETHING", /system call ESOMETHING/],
  ] as const) {
    const cause = systemError(code);
    const error = listenError(cause, "example.org", 80);
    match(error.message, /^cannot listen on example.org:80: /);
    match(error.message, words);
    equal(error.cause, cause);
  }
});

test("each reason why a server cannot be reached is said in words, with what to do", () => {
  for (const [code, words] of [
    ["ECONNREFUSED", /nothing listens there. Start the server/],
    ["ENOTFOUND", /the host name ::1 is unknown. Check its spelling/],
    ["EAI_AGAIN", /the host name ::1 is unknown/],
    ["EHOSTUNREACH", /no way to that network/],
    ["ENETUNREACH", /no way to that network/],
    ["ETIMEDOUT", /does not answer/],
    ["ECONNRESET", /dropped the connection at once/],
    ["EADDRNOTAVAIL", /local address is not usable/],
    ["ESOMETHING", /system call ESOMETHING/],
  ] as const) {
    const cause = systemError(code);
    const error = connectError(cause, "::1", 1935);
    match(error.message, /^cannot connect to \[::1\]:1935: /);
    match(error.message, words);
    equal(error.cause, cause);
  }
});

test("several addresses that all failed are one error with the reason of the first", () => {
  const refused = Object.assign(new AggregateError([systemError("ECONNREFUSED")]), { code: "ECONNREFUSED" });
  match(connectError(refused, "localhost", 1935).message, /nothing listens there/);
});

test("an error of several addresses, which has no message, is told by its code", () => {
  const error = Object.assign(new AggregateError([]), { code: "EHOSTDOWN" });
  equal(connectError(error, "host", 1935).message, "cannot connect to host:1935: EHOSTDOWN");
});

test("what a server without our TLS says is told in words, whatever the version of OpenSSL calls it", () => {
  for (const [code, words] of [
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", /it refuses TLS 1.2 and 1.3. Update it/],
    ["ERR_SSL_TLS_ALERT_PROTOCOL_VERSION", /it refuses TLS 1.2 and 1.3/],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", /an old version of TLS only/],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", /no cipher or signature in common/],
    ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", /no cipher or signature in common/],
    ["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", /no certificate for example.org. Check the host/],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /no known authority/],
    ["SELF_SIGNED_CERT_IN_CHAIN", /no known authority/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", /is not for example.org\. Use a name of it/],
    ["ERR_SSL_SOMETHING", /system call ERR_SSL_SOMETHING/],
  ] as const) {
    const cause = systemError(code);
    const error = tlsConnectError(cause, "::1", 443, "example.org");
    match(error.message, /^no TLS connection with \[::1\]:443: /);
    match(error.message, words);
    equal(error.cause, cause);
  }
});
