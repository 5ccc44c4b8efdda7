import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { connectError, listenError } from "./network-errors.ts";

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
