import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { decodeProxyHeader } from "./proxy-protocol.ts";

const SIGNATURE = hex`0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a`;
/** What follows a header. */
const PAYLOAD = hex`03 00 00 00 00`;

const IPV4 = hex`
  21 11 000c                        ; version 2, PROXY; IPv4, stream; 12 bytes more
  c0 00 02 07  c6 33 64 01          ; 192.0.2.7 to 198.51.100.1
  c3 50  07 8f                      ; port 50000 to 1935
`;
const IPV6 = hex`
  21 21 0024                        ; version 2, PROXY; IPv6, stream; 36 bytes more
  20010db8 00000000 00000000 00000001
  20010db8 00000000 00000000 00000002
  c3 50  07 8f
`;
const MAPPED = hex`
  21 21 0024
  00000000 00000000 0000ffff c0000207
  00000000 00000000 0000ffff c6336401
  c3 50  07 8f
`;
const WITH_VALUES = hex`
  21 11 0016                        ; 22 bytes more
  c0 00 02 07  c6 33 64 01
  c3 50  07 8f
  03 0004 01020304                  ; a checksum
  04 0000                           ; nothing
`;

function line(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

for (const [name, header, source] of [
  ["1 of IPv4", line("PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935\r\n"), "192.0.2.7:50000"],
  ["1 of IPv6", line("PROXY TCP6 2001:0DB8:0:0::1 2001:db8::2 50000 1935\r\n"), "[2001:db8::1]:50000"],
  ["1 of mapped IPv4", line("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 1 2\r\n"), "192.0.2.7:1"],
  ["1 unknown", line("PROXY UNKNOWN\r\n"), undefined],
  ["1 unknown, with what is to be ignored", line("PROXY UNKNOWN ffff::1 what ever\r\n"), undefined],
  ["2 of IPv4", concatBytes([SIGNATURE, IPV4]), "192.0.2.7:50000"],
  ["2 of IPv6", concatBytes([SIGNATURE, IPV6]), "[2001:db8::1]:50000"],
  ["2 of mapped IPv4", concatBytes([SIGNATURE, MAPPED]), "192.0.2.7:50000"],
  ["2 with more values", concatBytes([SIGNATURE, WITH_VALUES]), "192.0.2.7:50000"],
  ["2 of the balancer itself", concatBytes([SIGNATURE, hex`20 00 0000`]), undefined],
  ["2 of the balancer itself, with addresses", concatBytes([SIGNATURE, hex`20`, IPV4.subarray(1)]), undefined],
  ["2 without a family", concatBytes([SIGNATURE, hex`21 00 0000`]), undefined],
  ["2 of a local socket", concatBytes([SIGNATURE, hex`21 31 00d8`, new Uint8Array(216)]), undefined],
] as const) {
  test(`version ${name}, whole, with what follows, and cut at each place`, () => {
    const expected = { byteLength: header.length, source };
    deepEqual(decodeProxyHeader(header), expected);
    deepEqual(decodeProxyHeader(concatBytes([header, PAYLOAD])), expected);
    for (let length = 0; length < header.length; length++) {
      equal(decodeProxyHeader(header.subarray(0, length)), undefined, `${length} bytes`);
    }
  });
}

for (const [name, header, words] of [
  ["RTMP", PAYLOAD, /begins without/],
  ["POST", line("POST / HTTP/1.1\r\n"), /begins without/],
  ["another protocol", line("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n"), /line is not/],
  ["no protocol", line("PROXY \r\n"), /line is not/],
  ["IPv6 as IPv4", line("PROXY TCP4 ::1 ::1 1 2\r\n"), /line is not/],
  ["IPv4 as IPv6", line("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n"), /line is not/],
  ["a zone", line("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n"), /line is not/],
  ["no destination", line("PROXY TCP4 192.0.2.7\r\n"), /line is not/],
  ["one port", line("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n"), /line is not/],
  ["port 65536", line("PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n"), /line is not/],
  ["port 01", line("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n"), /line is not/],
  ["port -1", line("PROXY TCP4 192.0.2.7 198.51.100.1 1 -1\r\n"), /line is not/],
  ["two spaces", line("PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n"), /line is not/],
  ["one word more", line("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n"), /line is not/],
  ["no carriage return", line("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n"), /carriage return/],
  ["version 1", concatBytes([SIGNATURE, hex`11 11 000c`]), /version and command/],
  ["version 3", concatBytes([SIGNATURE, hex`31 11 000c`]), /version and command/],
  ["command 2", concatBytes([SIGNATURE, hex`22 11 000c`]), /version and command/],
  ["datagrams", concatBytes([SIGNATURE, hex`21 12 000c`, IPV4.subarray(4)]), /family and protocol/],
  ["family 4", concatBytes([SIGNATURE, hex`21 41 000c`, IPV4.subarray(4)]), /family and protocol/],
  ["a stream of no family", concatBytes([SIGNATURE, hex`21 02 0000`]), /family and protocol/],
  ["11 bytes of IPv4", concatBytes([SIGNATURE, hex`21 11 000b`, IPV4.subarray(5)]), /before its addresses/],
  ["35 bytes of IPv6", concatBytes([SIGNATURE, hex`21 21 0023`, IPV6.subarray(5)]), /before its addresses/],
] as const) {
  test(`${name} is refused`, () => {
    throws(() => decodeProxyHeader(header), { code: "proxy.header", message: words });
  });
}

test("a line has 107 bytes at most, with its end", () => {
  const longest = line(`PROXY UNKNOWN ${"f".repeat(91)}\r\n`);
  equal(decodeProxyHeader(longest)?.byteLength, 107);
  equal(decodeProxyHeader(longest.subarray(0, 106)), undefined);
  throws(() => decodeProxyHeader(line(`PROXY UNKNOWN ${"f".repeat(92)}\r\n`)), {
    code: "proxy.header",
    message: /107/,
  });
});

test("version 2 takes 4096 bytes behind the fixed ones, and not one more", () => {
  const longest = concatBytes([SIGNATURE, hex`21 11 1000`, IPV4.subarray(4), new Uint8Array(4096 - 12)]);
  equal(decodeProxyHeader(longest)?.byteLength, 4112);
  equal(decodeProxyHeader(longest.subarray(0, 4111)), undefined);
  throws(() => decodeProxyHeader(concatBytes([SIGNATURE, hex`21 11 1001`])), { code: "proxy.header", message: /4097/ });
});
