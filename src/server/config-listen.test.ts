import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { parseListenAddress, parseListener } from "./config-listen.ts";
import type { ValueProblem } from "./config-value.ts";
import type { ListenAddress } from "./options.ts";

const READABLE: readonly (readonly [string, string, number])[] = [
  ["1935", "::", 1935],
  [":1935", "::", 1935],
  [" 1935 ", "::", 1935],
  ["0", "::", 0],
  ["65535", "::", 65535],
  ["127.0.0.1:25300", "127.0.0.1", 25300],
  ["0.0.0.0:1935", "0.0.0.0", 1935],
  ["localhost:1935", "localhost", 1935],
  ["live-1.example.org:1935", "live-1.example.org", 1935],
  ["[::1]:1935", "::1", 1935],
  ["[::]:1935", "::", 1935],
  ["[fe80::1%eth0]:1935", "fe80::1%eth0", 1935],
];

for (const [text, host, port] of READABLE) {
  test(`${JSON.stringify(text)} is ${host}, port ${port}, and takes every way`, () => {
    deepEqual(parseListenAddress(text), { host, port });
    deepEqual(parse(text), [{ host, port }]);
  });
}

for (const text of [
  "",
  ":",
  "localhost",
  "127.0.0.1",
  "65536",
  ":-1",
  "1935x",
  "::1:1935",
  "[::1]",
  "[::g]:1935",
  "[127.0.0.1]:1",
  "a b:1",
  "h:1/live",
]) {
  test(`${JSON.stringify(text)} is no address to listen on`, () => {
    equal(parseListenAddress(text), undefined);
    deepEqual(parse(text), [undefined, {}]);
    deepEqual(parse(`rtmp://${text}`), [undefined, {}]);
  });
}

/** The listener, and what was reported. */
function parse(value: unknown): readonly [ListenAddress | undefined, ...ValueProblem[]] {
  const problems: ValueProblem[] = [];
  const listener = parseListener(value, (problem) => problems.push(problem));
  return [listener, ...problems];
}

const GOOD: readonly (readonly [unknown, ListenAddress])[] = [
  [443, { host: "::", port: 443 }],
  ["rtmps://:443", { host: "::", port: 443, accept: ["rtmps"] }],
  ["rtmps://443", { host: "::", port: 443, accept: ["rtmps"] }],
  [" RTMPS+Wss+rtmps://0.0.0.0:443 ", { host: "0.0.0.0", port: 443, accept: ["rtmps", "wss"] }],
  ["rtmpt+ws://[::1]:80", { host: "::1", port: 80, accept: ["rtmpt", "ws"] }],
  [
    "1935?proxy=10.0.0.2&proxy=10.1.0.0/16&forwarded=2001:db8::/32",
    { host: "::", port: 1935, proxyProtocolFrom: ["10.0.0.2", "10.1.0.0/16"], forwardedFrom: ["2001:db8::/32"] },
  ],
  ["rtmp://h:1?", { host: "h", port: 1, accept: ["rtmp"] }],
  [{ address: 443 }, { host: "::", port: 443 }],
  [
    { address: "h:443", accept: ["rtmps", "wss"], proxyProtocolFrom: ["10.0.0.0/8"], forwardedFrom: ["::1"] },
    { host: "h", port: 443, accept: ["rtmps", "wss"], proxyProtocolFrom: ["10.0.0.0/8"], forwardedFrom: ["::1"] },
  ],
  [
    { address: "1935", accept: "rtmp+rtmpe", proxyProtocolFrom: "10.0.0.2", forwardedFrom: [] },
    { host: "::", port: 1935, accept: ["rtmp", "rtmpe"], proxyProtocolFrom: ["10.0.0.2"], forwardedFrom: [] },
  ],
];

for (const [value, listener] of GOOD) {
  test(`${JSON.stringify(value)} is a listener`, () => deepEqual(parse(value), [listener]));
}

const NETWORK = "as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32";
const WAYS = "rtmp, rtmps, rtmpe, rtmpt, rtmpts, rtmpte, ws, wss, http, https";

const WRONG: readonly (readonly [unknown, ...ValueProblem[]])[] = [
  [null, {}],
  [true, {}],
  ["://1935", {}],
  ["rtmps://", {}],
  ["rtmsp://443", { reason: 'there is no way "rtmsp": did you mean rtmps?' }],
  [
    "rtmp+webrtc+wsss://443",
    { reason: `there is no way "webrtc": use ${WAYS}` },
    { reason: 'there is no way "wsss": did you mean wss?' },
  ],
  ["rtmp+://443", { reason: `there is no way "": use ${WAYS}` }],
  ["443?prxy=::1", { reason: 'there is no parameter "prxy": did you mean proxy?' }],
  ["443?timeout=1", { reason: 'there is no parameter "timeout": use proxy, forwarded' }],
  ["443?proxy=10.0.0.0/33", { reason: `"10.0.0.0/33" is no address or network, ${NETWORK}` }],
  ["443?forwarded=", { reason: `"" is no address or network, ${NETWORK}` }],
  [{}, { path: ["address"], reason: "must be [host:]port, as 443 or 127.0.0.1:443" }],
  [{ address: "rtmps://443" }, { path: ["address"], reason: "must be [host:]port, as 443 or 127.0.0.1:443" }],
  [
    { address: 443, acept: [] },
    { path: ["acept"], reason: "did you mean accept?", isUnknownMember: true },
  ],
  [
    { address: 443, backlog: 5 },
    {
      path: ["backlog"],
      reason: "there are address, accept, proxyProtocolFrom, forwardedFrom",
      isUnknownMember: true,
    },
  ],
  [
    { address: 443, accept: [] },
    { path: ["accept"], reason: `must hold one of ${WAYS}` },
  ],
  [
    { address: 443, accept: ["rtmps", "wws"] },
    { path: ["accept", 1], reason: 'there is no way "wws": did you mean wss?' },
  ],
  [
    { address: 443, accept: "wss+rtp" },
    { path: ["accept"], reason: 'there is no way "rtp": did you mean rtmp?' },
  ],
  [
    { address: 443, proxyProtocolFrom: ["::1", "lb.example.org"] },
    { path: ["proxyProtocolFrom", 1], reason: `"lb.example.org" is no address or network, ${NETWORK}` },
  ],
  [
    { address: 443, forwardedFrom: null },
    { path: ["forwardedFrom"], reason: `"" is no address or network, ${NETWORK}` },
  ],
];

for (const [value, ...problems] of WRONG) {
  test(`${JSON.stringify(value)} is no listener`, () => deepEqual(parse(value), [undefined, ...problems]));
}
